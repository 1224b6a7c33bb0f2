// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { parseArgs } from 'node:util';
import type { CertificateRecord } from '../contracts/certificate-store.js';
import type { Stores } from '../contracts/stores.js';
import type { CommandContext } from './command-context.js';
import { describeCertificate, listProviders, printTime } from './device-view.js';
import { filterOptions, parseFilter } from './filter-options.js';
import { Misuse } from './misuse.js';
import { parseNumber } from './parse-option.js';
import { printJson, printTable } from './print-table.js';
import { showDevice } from './show-device.js';
import { storeOptions, withStores } from './store-options.js';

const DEFAULT_LIMIT = '100';
const MAX_LIMIT = 1000;
const COLUMNS = ['DEVICE', 'TIER', 'PROVIDER', 'APP VERSION', 'ENDS', 'SERIAL'];

/** Lists the latest certificate of each device that a filter finds, counts them, or shows one device. */
export async function devices(words: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      ...storeOptions,
      ...filterOptions,
      limit: { type: 'string' },
      after: { type: 'string' },
      count: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  const { json = false, count = false, after } = values;
  const [deviceId, ...others] = positionals;
  const filter = parseFilter(values);
  if (deviceId !== undefined) {
    const isAlone = Object.keys(filter).length === 0 && after === undefined && !count;
    if (others.length > 0 || !isAlone) throw new Misuse('devices shows one device, or those of a filter');
    return withStores(values, context, (stores) => showDevice(deviceId, json, stores, context));
  }
  if (count && after !== undefined)
    throw new Misuse('--count counts from the start: it goes without --after');
  const limit = parseNumber('--limit', values.limit ?? DEFAULT_LIMIT, 1, MAX_LIMIT);
  return withStores(values, context, async ({ certificates }) => {
    const query = { ...filter, latestOnly: true };
    if (count) {
      const found = await certificates.count(query);
      context.print(json ? printJson({ count: found }) : `${found}\n`);
      return 0;
    }
    const page = await certificates.search({
      ...query,
      limit,
      ...(after === undefined ? {} : { cursor: after }),
    });
    context.print(json ? printPageAsJson(page) : printPage(page));
    return 0;
  });
}

type Page = Awaited<ReturnType<Stores['certificates']['search']>>;

function printPageAsJson({ records, cursor }: Page): string {
  return printJson({ devices: records.map(describeCertificate), cursor });
}

function printPage({ records, cursor }: Page): string {
  const next = cursor === null ? '' : `\nmore: --after ${cursor}\n`;
  return `${printTable(COLUMNS, records.map(printRow))}${next}`;
}

function printRow(record: CertificateRecord): readonly string[] {
  return [
    record.deviceId,
    record.tier,
    listProviders(record).join(','),
    record.appraisal.claimed.appVersion ?? '',
    printTime(record.notAfter),
    record.serialNumber,
  ];
}
