import { fork, type ChildProcess } from 'node:child_process';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  inspectAuditTrail,
  RejectedError,
  type CertificateRecord,
  type PeerCertificate,
} from '../../src/index.js';
import { decodeBase64, sha256Hex } from '../../src/core/bytes.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { parseCrl } from '../../src/x509/crl.js';
import { encodePem } from '../../src/x509/pem.js';
import { createBackend, createCsr, newKey, peerFrom, peerOf, type Backend } from '../backend.js';
import { createTestDatabase, hasServer as hasPostgres } from '../stores/postgres/server.js';
import { hasServer as hasRedis, startServer } from '../stores/redis/server.js';
import { betterSqlite, createFolder } from '../stores/sqlite/drivers.js';
import { rejectionOf } from '../thrown-by.js';
import { perform, type Act, type Assignment, type Completion, type Moment } from './act.js';
import { openStores, type OpenStores, type StoresAddress } from './open-stores.js';

const SCRIPT = fileURLToPath(new URL('killed-process.ts', import.meta.url));
const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
/** No act takes as many operations. */
const MAX_OPERATIONS = 40;

/** What the stores of a kind are kept in, of a test's own. */
interface Place {
  readonly address: StoresAddress;
  dispose(): void | Promise<void>;
}

interface Kind {
  readonly name: string;
  readonly available: boolean;
  /**
   * Where operations are cut. What is durable before one is what was after the one before it; what only a server can be left
   * with is a request whose sender is gone: `during`.
   */
  readonly moments: readonly Moment[];
  /** Whether reads are cut too. They leave the stores as they were, so one kind of store is enough to see that. */
  readonly reads: boolean;
  create(): Promise<Place>;
}

const kinds: readonly Kind[] = [
  {
    name: 'SQLite',
    available: betterSqlite.available,
    moments: ['before', 'after'],
    reads: true,
    create: async () => {
      const folder = createFolder();
      return { address: { kind: 'sqlite', path: join(folder.path, 'stores.db') }, dispose: folder.dispose };
    },
  },
  {
    name: 'PostgreSQL',
    available: hasPostgres,
    moments: ['during', 'after'],
    reads: false,
    create: async () => {
      const database = await createTestDatabase();
      return { address: { kind: 'postgres', database: database.name }, dispose: () => database.drop() };
    },
  },
  {
    name: 'Redis',
    available: hasRedis,
    moments: ['during', 'after'],
    reads: false,
    create: async () => {
      const server = await startServer();
      return { address: { kind: 'redis', port: server.port }, dispose: () => server.dispose() };
    },
  },
];

const built = createFolder();

// More than a hundred processes are started: as one file they start four times as fast as from their sources.
beforeAll(async () => {
  symlinkSync(NODE_MODULES, join(built.path, 'node_modules'), 'junction');
  await build({
    entry: [SCRIPT],
    format: 'esm',
    target: 'node20',
    outDir: built.path,
    outExtension: () => ({ js: '.mjs' }),
    skipNodeModulesBundle: true,
    config: false,
    silent: true,
  });
});
afterAll(() => {
  built.dispose();
});

describe.each(kinds)('a process that is killed, over $name', (kind) => {
  describe.skipIf(!kind.available).each(kind.moments)('%s an operation', { timeout: 120_000 }, (moment) => {
    let place: Place;
    let open: OpenStores;
    let world: World;

    beforeAll(async () => {
      place = await kind.create();
      open = await openStores(place.address);
      world = await createWorld(place.address, open, { moment, reads: kind.reads });
    });
    afterAll(async () => {
      await world.dispose();
      await open.close();
      await place.dispose();
    });

    it('leaves an enrolment that is completed by the same request, with the same certificate', async () => {
      const { backend } = world;
      const operations = await world.killAtEach(async () => {
        const key = newKey();
        const act = await askFor(backend, 'enroll', key, world.bootstrap);
        return {
          act,
          async check(completion) {
            const answer = await completeIssuance(world, act, completion);
            expect(await listOf(backend, { publicKeySha256: hashOf(key) })).toHaveLength(1);
            await expectAdmitted(backend, peerFrom(answer));
          },
        };
      });
      expect(operations).toEqual(
        expect.arrayContaining(['replays.consume', 'certificates.recordIntent', ...SIGNING]),
      );
    });

    it('leaves a renewal that is completed by the same request, and two certificates in the right order', async () => {
      const { backend } = world;
      const operations = await world.killAtEach(async () => {
        const first = await enrolled(backend);
        const act = await askFor(backend, 'renew', newKey(), first.pem);
        return {
          act,
          async check(completion) {
            // Whatever became of the renewal, the device is not locked out.
            await expectAdmitted(backend, peerOf(first.pem));
            const answer = await completeIssuance(world, act, completion);
            expect(answer.body['deviceId']).toBe(first.deviceId);
            expect(await listOf(backend, first)).toHaveLength(2);
            await expectAdmitted(backend, peerOf(first.pem));
            await expectAdmitted(backend, peerFrom(answer));
            await expectRefused(backend, peerOf(first.pem), ['certificate_superseded']);
          },
        };
      });
      expect(operations).toEqual(
        expect.arrayContaining(['replays.consume', 'certificates.recordIntent', ...SIGNING]),
      );
    });

    it('leaves a revocation that takes nothing back and is completed by the same order', async () => {
      const { backend } = world;
      const operations = await world.killAtEach(async () => {
        const first = await enrolled(backend);
        const second = await perform(backend, await askFor(backend, 'renew', newKey(), first.pem));
        const peers = [peerOf(first.pem), peerFrom(second)];
        const act: Act = { kind: 'revoke', body: { deviceId: first.deviceId, reason: 'keyCompromise' } };
        return {
          act,
          async check(completion, appended) {
            if (appended > 0) {
              for (const peer of peers) await expectRefused(backend, peer, REVOKED);
              expect(await auditOf(backend, first)).toContainEqual(
                expect.objectContaining({ type: 'revoked' }),
              );
            }
            const again = await perform(backend, act);
            expect(again.status).toBe(200);
            // An order that was under way when its sender died may be carried out after the log was read.
            if (appended > 0) expect(again.body).toEqual({ revoked: 0 });
            if (completion !== null) expect(completion).toMatchObject({ status: 200, body: { revoked: 1 } });
            await expectWhollyRevoked(backend, first, peers);
            world.revoked.push(...peers);
          },
        };
      });
      expect(operations.filter((operation) => operation === 'revocations.revoke')).toHaveLength(5);
    });

    it('leaves nothing that comes back later', async () => {
      const { backend } = world;
      expect(world.revoked.length).toBeGreaterThan(0);
      for (const peer of world.revoked) await expectRefused(backend, peer, REVOKED);
      await world.assertSound();
    });
  });
});

const SIGNING = ['audit.appendAudit', 'authority.issue', 'certificates.recordIssued'];
/** What a certificate of a banned device is refused with, whichever entry of the log is found first. */
const REVOKED = ['certificate_revoked', 'device_banned', 'key_blocked'];

/** An act, and what must be true once the process that did it is dead, or has completed it. */
interface Attempt {
  readonly act: Act;
  /**
   * @param completion `null` if the process died
   * @param appended how many entries the revocation log has got from it
   */
  readonly check: (completion: Completion | null, appended: number) => Promise<void>;
}

/** A backend that lives on, over the stores in which others die. */
interface World {
  readonly backend: Backend;
  /** PEM of the bootstrap certificate. */
  readonly bootstrap: string;
  /** Certificates that must never be admitted again. */
  readonly revoked: PeerCertificate[];
  /** Attempts the act anew for each of its operations until one is completed; resolves to the operations of that one. */
  killAtEach(attempt: () => Promise<Attempt>): Promise<readonly string[]>;
  /** Certificates that dead processes have signed for one key. */
  signedFor(publicKeySha256: string): readonly Uint8Array[];
  /** That no certificate is unknown to the store, none comes back, and the audit trail is whole. */
  assertSound(): Promise<void>;
  dispose(): Promise<void>;
}

async function createWorld(
  address: StoresAddress,
  { stores }: OpenStores,
  cut: Omit<Assignment['death'], 'operation'>,
): Promise<World> {
  // Asks the store each time: what others did is known at once.
  const backend = await createBackend({ stores, maxStalenessSeconds: 0 });
  const { pki, play, clock } = backend;
  const folder = createFolder();
  const signed = join(folder.path, 'signed');
  const processes = createProcesses();
  const revoked: PeerCertificate[] = [];

  const banned = await enrolled(backend);
  await backend.revoke({ deviceId: banned.deviceId, reason: 'keyCompromise' });
  revoked.push(peerOf(banned.pem));

  const listSigned = () => {
    const lines = existsSync(signed) ? readFileSync(signed, 'utf8').split('\n') : [];
    return lines.filter((line) => line !== '').map((line) => Buffer.from(line, 'base64'));
  };
  const readLog = () => stores.revocations.list({ afterSequence: 0, limit: 10_000 });

  async function assertSound(): Promise<void> {
    for (const der of listSigned()) {
      const { serialNumber } = parseCertificate(der);
      const [issuer] = pki.authority.issuers;
      const record = await stores.certificates.find({ by: 'name', issuerId: issuer.issuerId, serialNumber });
      expect(record).not.toBeNull();
    }
    await expectRefused(backend, peerOf(banned.pem), REVOKED);
    expect(await inspectAuditTrail({ audit: stores.audit })).toMatchObject({ intact: true });
  }

  return {
    backend,
    bootstrap: pki.bootstrap.certificate,
    revoked,
    assertSound,
    signedFor: (publicKeySha256) =>
      listSigned().filter((der) => parseCertificate(der).publicKey.sha256 === publicKeySha256),

    async killAtEach(attempt) {
      for (let operation = 1; operation <= MAX_OPERATIONS; operation += 1) {
        const { act, check } = await attempt();
        const logBefore = await readLog();
        const completion = await processes.run({
          stores: address,
          now: clock.now().toISOString(),
          issuer: pki.deviceCa,
          bootstrapIssuer: pki.bootstrapCa.certificate,
          play: { ...play },
          act,
          death: { operation, ...cut },
          signed,
        });
        await assertSound();
        const logAfter = await readLog();
        expect(logAfter.slice(0, logBefore.length)).toEqual(logBefore);
        await check(completion, logAfter.length - logBefore.length);
        if (completion !== null) return completion.operations;
      }
      throw new Error('the act was never completed');
    },

    async dispose() {
      await processes.dispose();
      folder.dispose();
    },
  };
}

/** The processes that die. The next ones start up while one is at work. */
function createProcesses() {
  const waiting: { readonly child: ChildProcess; readonly ready: Promise<unknown> }[] = [];

  function start() {
    const child = fork(join(built.path, 'killed-process.mjs'), { execArgv: [] });
    return { child, ready: messageOf(child) };
  }

  return {
    /** What the process tells; `null` if it was killed. */
    async run(assignment: Assignment): Promise<Completion | null> {
      while (waiting.length < 2) waiting.push(start());
      const next = waiting.shift();
      if (next === undefined || (await next.ready) === null) throw new Error('the process did not start');
      const answer = messageOf(next.child);
      next.child.send(assignment);
      const completion = (await answer) as Completion | null;
      await kill(next.child);
      return completion;
    },
    async dispose() {
      for (const { child } of waiting) await kill(child);
    },
  };
}

/** The next message of a process; `null` if it was killed before. Any other end fails the test. */
async function messageOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve(null);
      else reject(new Error(`the process ended by itself: ${String(code ?? signal)}`));
    });
  });
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

interface Enrolled {
  readonly deviceId: string;
  /** Its certificate. */
  readonly pem: string;
}

async function enrolled(backend: Backend): Promise<Enrolled> {
  const { status, body } = await backend.enroll();
  expect(status).toBe(201);
  return { deviceId: String(body['deviceId']), pem: String(body['certificate']) };
}

async function askFor(
  backend: Backend,
  kind: 'enroll' | 'renew',
  key: KeyObject,
  peer: string,
): Promise<Act & { readonly kind: 'enroll' | 'renew' }> {
  const challenge = await backend.challenge(kind, peerOf(peer));
  return { kind, peer, csr: createCsr(key), challenge, evidence: backend.evidenceFor(challenge, key) };
}

/** Sends a request again after the process that had it is dead, and compares what comes of it with all that is known. */
async function completeIssuance(
  world: World,
  act: Act & { readonly kind: 'enroll' | 'renew' },
  completion: Completion | null,
) {
  const { backend } = world;
  const requestId = sha256Hex(decodeBase64(act.challenge) ?? new Uint8Array());
  const before = await backend.options.stores.certificates.find({ by: 'request', requestId });
  const signed = before === null ? [] : world.signedFor(before.publicKeySha256);
  if (before !== null && signed.length > 0) await expectAudited(backend, before);

  const answer = await perform(backend, act);
  expect(answer.status).toBe(201);
  const after = await backend.options.stores.certificates.find({ by: 'request', requestId });
  if (after === null) throw new Error('the request is not in the store');
  await expectAudited(backend, after);
  expect(after.serialNumber).toBe(before?.serialNumber ?? after.serialNumber);
  for (const der of signed) expect(parseCertificate(der).serialNumber).toBe(after.serialNumber);
  if (before?.certificate) {
    expect(answer.body['certificate']).toBe(encodePem('CERTIFICATE', before.certificate));
  }
  if (completion !== null) expect(completion).toMatchObject({ status: 201, body: answer.body });
  return answer;
}

const hashOf = (key: KeyObject) => sha256Hex(createPublicKey(key).export({ format: 'der', type: 'spki' }));

async function listOf(
  { options }: Backend,
  of: { readonly deviceId: string } | { readonly publicKeySha256: string },
): Promise<readonly CertificateRecord[]> {
  const { records } = await options.stores.certificates.list({ limit: 1000, ...of });
  return records;
}

/** The events of a device in the audit trail. */
async function auditOf({ options }: Backend, { deviceId }: { readonly deviceId: string }) {
  const entries = await options.stores.audit.listAudit({ afterSequence: 0, deviceId, limit: 1000 });
  return entries.map(({ body }): unknown => JSON.parse(body));
}

async function expectAudited(backend: Backend, { deviceId, serialNumber }: CertificateRecord): Promise<void> {
  expect(await auditOf(backend, { deviceId })).toContainEqual(
    expect.objectContaining({ type: 'certificate_issued', serialNumber }),
  );
}

async function expectAdmitted(backend: Backend, peer: PeerCertificate): Promise<void> {
  expect(await backend.authenticate(peer)).toMatchObject({ accessToken: { subject: 'alice' } });
}

async function expectRefused(
  backend: Backend,
  peer: PeerCertificate,
  codes: readonly string[],
): Promise<void> {
  const error = await rejectionOf(backend.authenticate(peer));
  expect(codes).toContain(error instanceof RejectedError ? error.code : error);
}

/** That device, keys and certificates are revoked, in the log, on the lists and for requests. */
async function expectWhollyRevoked(
  backend: Backend,
  { deviceId }: Enrolled,
  peers: readonly PeerCertificate[],
): Promise<void> {
  const records = await listOf(backend, { deviceId });
  expect(records).toHaveLength(peers.length);
  const [{ issuerId }] = backend.pki.authority.issuers;
  // The publisher looks for news no more often than its clock allows.
  backend.clock.advance(10);
  const published = await backend.trust.crls.find(issuerId, null);
  if (published === null) throw new Error('there is no list');
  const listed = [...parseCrl(published.crl).entries()].map(({ serialNumber }) => serialNumber);
  for (const record of records) {
    expect(await backend.options.stores.revocations.find(record)).toMatchObject({
      certificate: { reason: 'keyCompromise' },
      device: { subject: { state: 'banned' } },
      key: { reason: 'keyCompromise' },
    });
    expect(listed.filter((serialNumber) => serialNumber === record.serialNumber)).toHaveLength(1);
  }
  for (const peer of peers) await expectRefused(backend, peer, REVOKED);
}
