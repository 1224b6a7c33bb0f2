// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { parseArgs } from 'node:util';
import { AUDIT_COLUMNS, describeAuditEntry, printAuditRow } from './audit-view.js';
import type { CommandContext } from './command-context.js';
import { parseNumber } from './parse-option.js';
import { printJson, printTable } from './print-table.js';
import { storeOptions, withStores } from './store-options.js';

const DEFAULT_LIMIT = '100';
const MAX_LIMIT = 1000;

/** Lists entries of the audit trail. */
export async function auditList(words: readonly string[], context: CommandContext): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      ...storeOptions,
      device: { type: 'string' },
      after: { type: 'string' },
      limit: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const { device, json = false } = values;
  const afterSequence = parseNumber('--after', values.after ?? '0', 0, Number.MAX_SAFE_INTEGER);
  const limit = parseNumber('--limit', values.limit ?? DEFAULT_LIMIT, 1, MAX_LIMIT);
  return withStores(values, context, async ({ audit }) => {
    const entries = await audit.listAudit({
      afterSequence,
      limit,
      ...(device === undefined ? {} : { deviceId: device }),
    });
    // A full page may be the last one; then the next is empty.
    const after = entries.length < limit ? null : (entries.at(-1)?.sequence ?? null);
    if (json) {
      context.print(printJson({ entries: entries.map(describeAuditEntry), after }));
      return 0;
    }
    const more = after === null ? '' : `\nmore: --after ${after}\n`;
    context.print(`${printTable(AUDIT_COLUMNS, entries.map(printAuditRow))}${more}`);
    return 0;
  });
}
