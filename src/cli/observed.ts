// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { parseArgs } from 'node:util';
import type { AuditEntry, AuditStore } from '../contracts/audit-store.js';
import type { CommandContext } from './command-context.js';
import { Misuse } from './misuse.js';
import {
  createObservedTally,
  OBSERVED_DIMENSIONS,
  type ObservedCase,
  type ObservedCount,
  type ObservedDimension,
  type ObservedTally,
} from './observed-tally.js';
import { parseTime } from './parse-option.js';
import { printJson, printTable } from './print-table.js';
import { asObject, readEvent } from './read-event.js';
import { storeOptions, withStores } from './store-options.js';

const PAGE = 1000;

/** Sums up what would have been refused, if it were not only observed. */
export async function observed(words: readonly string[], context: CommandContext): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      ...storeOptions,
      since: { type: 'string' },
      by: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const since = values.since === undefined ? null : parseTime('--since', values.since);
  const dimensions = parseDimensions(values.by ?? 'reason');
  return withStores(values, context, async ({ audit }) => {
    const tally = createObservedTally(dimensions);
    const issued = await countIssued(audit, since, tally);
    const report = { since, issued, dimensions, tally };
    context.print(values.json === true ? printAsJson(report) : printAsTable(report));
    return 0;
  });
}

interface Report {
  readonly since: Date | null;
  /** Certificates that were issued since then. */
  readonly issued: number;
  readonly dimensions: readonly ObservedDimension[];
  readonly tally: ObservedTally;
}

function parseDimensions(text: string): readonly ObservedDimension[] {
  const named = new Set(text.split(','));
  const known = OBSERVED_DIMENSIONS.filter((dimension) => named.delete(dimension));
  if (named.size > 0) throw new Misuse(`--by takes ${OBSERVED_DIMENSIONS.join(', ')}, with commas`);
  return known;
}

/** Reads the whole trail, a page at a time; resolves to the number of certificates. */
async function countIssued(
  audit: Pick<AuditStore, 'listAudit'>,
  since: Date | null,
  tally: ObservedTally,
): Promise<number> {
  let issued = 0;
  let last = 0;
  let page: readonly AuditEntry[];
  do {
    page = await audit.listAudit({ afterSequence: last, limit: PAGE });
    for (const entry of page) {
      last = entry.sequence;
      const event = readEvent(entry.body);
      if (event?.['type'] !== 'certificate_issued') continue;
      if (since !== null && !(Date.parse(asText(event['at'])) >= since.getTime())) continue;
      issued += 1;
      const cases = findCases(event);
      if (cases.length > 0) tally.add(entry.deviceId ?? '', cases);
    }
  } while (page.length === PAGE);
  return issued;
}

function findCases(event: Readonly<Record<string, unknown>>): readonly ObservedCase[] {
  const appraisal = asObject(event['appraisal']);
  const claimed = asObject(appraisal?.['claimed']);
  const model = asText(claimed?.['model']);
  const version = asText(claimed?.['appVersion']);
  return asList(appraisal?.['observed']).flatMap((value) => {
    const refusal = asObject(value);
    return asList(refusal?.['reasons']).map((reason) => ({
      by: asText(refusal?.['by']),
      reason: asText(reason),
      model,
      'app-version': version,
    }));
  });
}

function printAsTable({ since, issued, dimensions, tally }: Report): string {
  const total = tally.total();
  const period = since === null ? '' : ` since ${since.toISOString()}`;
  const summary =
    `issued ${issued}${period}; if all were enforced, ${total.requests} of them ` +
    `(${printShare(total, issued)}), of ${printDevices(total)} devices, would have been refused\n`;
  const rows = tally.rows();
  if (rows.length === 0) return summary;
  const header = ['BY', ...dimensions.map(toColumn), 'REQUESTS', 'DEVICES', 'SHARE'];
  const lines = rows.map((row) => [
    ...row.values,
    String(row.requests),
    printDevices(row),
    printShare(row, issued),
  ]);
  const bound = rows.some(({ devicesAtLeast }) => devicesAtLeast) ? '\n+: at least; there may be more\n' : '';
  return `${summary}\n${printTable(header, lines)}${bound}`;
}

function printAsJson({ since, issued, dimensions, tally }: Report): string {
  const describe = ({ requests, devices, devicesAtLeast }: ObservedCount) => ({
    requests,
    devices,
    devicesAtLeast,
    share: issued === 0 ? 0 : requests / issued,
  });
  const rows = tally.rows().map((row) => ({
    ...Object.fromEntries(
      ['by', ...dimensions.map(toMember)].map((name, index) => [name, row.values[index] ?? '']),
    ),
    ...describe(row),
  }));
  return printJson({ since, issued, observed: describe(tally.total()), rows });
}

function toColumn(dimension: ObservedDimension): string {
  return dimension.replace('-', ' ').toUpperCase();
}

function toMember(dimension: ObservedDimension): string {
  return dimension === 'app-version' ? 'appVersion' : dimension;
}

function printDevices({ devices, devicesAtLeast }: ObservedCount): string {
  return `${devices}${devicesAtLeast ? '+' : ''}`;
}

function printShare({ requests }: ObservedCount, issued: number): string {
  return `${(issued === 0 ? 0 : (100 * requests) / issued).toFixed(2)} %`;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
