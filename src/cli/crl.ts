// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { RejectedError } from '../core/errors.js';
import type { CrlDescription } from '../contracts/crl-store.js';
import type { CrlScope } from '../contracts/revoked-certificates.js';
import type { Stores } from '../contracts/stores.js';
import { MAX_CRL_SHARDS } from '../ca/limits.js';
import { encodePem } from '../x509/pem.js';
import type { CommandContext } from './command-context.js';
import { printTime } from './device-view.js';
import { Misuse } from './misuse.js';
import { parseHex, parseNumber } from './parse-option.js';
import { printTable } from './print-table.js';
import { storeOptions, withStores } from './store-options.js';

const COLUMNS = ['ISSUER', 'SHARD', 'NUMBER', 'AGE', 'ENDS', 'ENTRIES', 'BYTES', 'WARNING'];
/** What a shard is to stay below. */
const MAX_BYTES = 1_000_000;

/** Lists the published CRLs, or writes one to a file. */
export async function crl(words: readonly string[], context: CommandContext): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      ...storeOptions,
      issuer: { type: 'string' },
      shard: { type: 'string' },
      out: { type: 'string' },
      pem: { type: 'boolean' },
    },
  });
  const { issuer, shard, out, pem = false } = values;
  if (issuer === undefined && shard === undefined && out === undefined && !pem) {
    return withStores(values, context, ({ crls }) => listLists(crls, context));
  }
  if (issuer === undefined || shard === undefined || out === undefined) {
    throw new Misuse('crl writes a list with all of --issuer, --shard and --out');
  }
  const scope = {
    issuerId: parseHex('--issuer', issuer, { exactly: 40 }),
    crlShard: shard === 'full' ? null : parseNumber('--shard', shard, 0, MAX_CRL_SHARDS - 1),
  };
  return withStores(values, context, async ({ crls }) => {
    const der = await findList(crls, scope);
    replaceFile(out, pem ? encodePem('X509 CRL', der) : der);
    return 0;
  });
}

async function listLists(crls: Stores['crls'], { clock, print }: CommandContext): Promise<number> {
  const now = clock.now();
  const lists = [...(await crls.listCrls())].sort(byScope);
  print(
    printTable(
      COLUMNS,
      lists.map((list) => printRow(list, now)),
    ),
  );
  return 0;
}

function printRow(list: CrlDescription, now: Date): readonly string[] {
  const warnings = [
    ...(list.nextUpdate.getTime() < now.getTime() ? ['! out of date'] : []),
    ...(list.bytes > MAX_BYTES ? ['! over 1 MB'] : []),
  ];
  return [
    list.issuerId,
    list.crlShard === null ? 'full' : String(list.crlShard),
    list.number.toString(),
    printAge(now.getTime() - list.thisUpdate.getTime()),
    printTime(list.nextUpdate),
    String(list.entryCount),
    String(list.bytes),
    warnings.join(' '),
  ];
}

/** The complete list of an issuer before its shards. */
function byScope(one: CrlDescription, other: CrlDescription): number {
  if (one.issuerId !== other.issuerId) return one.issuerId < other.issuerId ? -1 : 1;
  return (one.crlShard ?? -1) - (other.crlShard ?? -1);
}

/** In the largest unit of which there are two. */
function printAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

async function findList(crls: Stores['crls'], scope: CrlScope): Promise<Uint8Array> {
  const list = await crls.findCrl(scope);
  if (list !== null && list !== 'unchanged') return list.crl;
  throw new RejectedError('subject_unknown', { message: 'no such list was published' });
}

/** In one step, for a proxy may read the file at any time. */
function replaceFile(path: string, content: string | Uint8Array): void {
  const draft = `${path}.new`;
  try {
    writeFileSync(draft, content);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
