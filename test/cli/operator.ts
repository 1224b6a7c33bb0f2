import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { CommandContext } from '../../src/cli/command-context.js';
import { openStores, type OpenedStores } from '../../src/cli/open-stores.js';
import { runVerb } from '../../src/cli/run-verb.js';
import type { Stores } from '../../src/contracts/stores.js';
import type { CertificateIntent } from '../../src/contracts/certificate-store.js';
import { days, sampleIntent, SAMPLE_TIME } from '../../src/testing/contracts/sample-intent.js';
import { createTestDatabase, type TestDatabase } from '../stores/postgres/server.js';
import { makeFolder, type Folder } from './folder.js';
import type { CommandAnswer } from './run-command.js';

/** A place for stores, each test with its own. */
export interface StorePlace {
  /** URL of stores that nobody has used. */
  makeUrl(): Promise<string>;
  /** Runs a statement behind the back of the stores. */
  tamper(url: string, statement: string): Promise<void>;
  end(): Promise<void>;
}

export async function createSqlitePlace(): Promise<StorePlace> {
  const folder: Folder = makeFolder();
  return {
    makeUrl: async () => {
      const path = folder.at(`${randomBytes(8).toString('hex')}.db`);
      writeFileSync(path, '');
      return `sqlite:${path}`;
    },
    tamper: async (url, statement) => {
      const { default: Database } = await import('better-sqlite3');
      const database = new Database(url.slice('sqlite:'.length));
      database.exec(statement);
      database.close();
    },
    end: async () => {
      folder.end();
    },
  };
}

export async function createPostgresPlace(): Promise<StorePlace> {
  const database: TestDatabase = await createTestDatabase();
  const pool = database.openPool();
  const schemaOf = (url: string) => url.split('%3D').at(-1) ?? '';
  return {
    makeUrl: async () => {
      const schema = `place_${randomBytes(8).toString('hex')}`;
      await pool.query(`CREATE SCHEMA ${schema}`);
      return `postgres://postgres@127.0.0.1:5432/${database.name}?options=-c%20search_path%3D${schema}`;
    },
    tamper: async (url, statement) => {
      await pool.query(`SET search_path = ${schemaOf(url)}; ${statement}; RESET search_path`);
    },
    end: () => database.drop(),
  };
}

/** A person at the command, in this process. */
export interface Operator {
  run(...words: string[]): Promise<CommandAnswer>;
}

export const ACTOR = 'alice';

/** The command over a store, at `SAMPLE_TIME`; what is given in `change` is instead of what a process has. */
export function createOperator(url: string | null, change: Partial<CommandContext> = {}): Operator {
  return {
    run: async (...words) => {
      let stdout = '';
      let stderr = '';
      const status = await runVerb(words, {
        clock: { now: () => new Date(SAMPLE_TIME) },
        environment: url === null ? {} : { STORE_URL: url },
        openStores,
        userName: () => ACTOR,
        listenForInterrupt: () => new AbortController().signal,
        ...change,
        print: (text) => {
          stdout += text;
        },
        report: (text) => {
          stderr += text;
          change.report?.(text);
        },
      });
      return { status, stdout, stderr };
    },
  };
}

/** Does something with the stores of a URL. */
export async function withStoresOf<T>(url: string, work: (stores: Stores) => Promise<T>): Promise<T> {
  const { stores, close }: OpenedStores = await openStores({ url, redisAsOnlyStore: true, directory: '.' });
  try {
    return await work(stores);
  } finally {
    await close();
  }
}

/** Records certificates as issued, in that order. */
export async function issue(stores: Stores, intents: readonly CertificateIntent[]): Promise<void> {
  for (const intent of intents) {
    await stores.certificates.recordIntent(intent, { keyHeldFrom: days(0) });
    await stores.certificates.recordIssued(intent, {
      certificate: Uint8Array.of(0x30, 0x00),
      issuedAt: intent.intendedAt,
    });
  }
}

const { appraisal } = sampleIntent(0);

/** Five devices that differ, the fourth with two certificates. */
export const FLEET: readonly CertificateIntent[] = [
  sampleIntent(1),
  sampleIntent(2, { tier: 'strong', enrolledAt: days(-2) }),
  sampleIntent(3, {
    tier: 'none',
    notAfter: days(1),
    appraisal: { ...appraisal, verdicts: [], claimed: { appVersion: '\u001b[2J9\n\u202e' } },
  }),
  sampleIntent(4),
  sampleIntent(5, { deviceId: sampleIntent(4).deviceId, tier: 'strong', action: 'renew' }),
  sampleIntent(6, { bootstrapCertificateSha256: 'f0'.repeat(32) }),
];

/** What the log of revocations and the audit trail hold. */
export async function readLogs(url: string) {
  return withStoresOf(url, async ({ revocations, audit }) => ({
    revocations: await revocations.list({ afterSequence: 0, limit: 1000 }),
    audit: await audit.listAudit({ afterSequence: 0, limit: 1000 }),
  }));
}
