// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { parseArgs } from 'node:util';
import { inspectAuditTrail, type AuditAnchor, type AuditProblem } from '../audit/inspect-audit-trail.js';
import type { CommandContext } from './command-context.js';
import { Misuse } from './misuse.js';
import { storeOptions, withStores } from './store-options.js';

const PROBLEMS: Readonly<Record<AuditProblem, string>> = {
  gap: 'it is not there',
  chain_broken: 'it does not follow the entry before it',
  body_changed: 'its text is not what was hashed',
  device_changed: 'it is filed under another device than its text names',
  anchor_missing: 'the trail ends before it, or has another entry in its place than the one written down',
};

/** Proves the chain of the audit trail; ends with 1 if something is wrong with it. */
export async function auditVerify(words: readonly string[], context: CommandContext): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: { ...storeOptions, anchor: { type: 'string' } },
  });
  const anchor = values.anchor === undefined ? null : parseAnchor(values.anchor);
  return withStores(values, context, async ({ audit }) => {
    const result = await inspectAuditTrail({ audit, ...(anchor === null ? {} : { anchor }) });
    if (!result.intact) {
      context.print(
        `not intact: entry ${result.sequence}: ${PROBLEMS[result.problem]} (${result.problem})\n`,
      );
      return 1;
    }
    const { entries, head } = result;
    const end = head === null ? 'no head' : `head ${head.sequence}:${head.hash}`;
    context.print(`intact, ${entries} ${entries === 1 ? 'entry' : 'entries'}, ${end}\n`);
    return 0;
  });
}

function parseAnchor(text: string): AuditAnchor {
  const [, sequence = '', hash = ''] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/i.exec(text) ?? [];
  if (hash === '') throw new Misuse('--anchor must be a head as this command prints it: SEQUENCE:HASH');
  return { sequence: Number(sequence), hash: hash.toLowerCase() };
}
