// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { parseArgs } from 'node:util';
import { isRevocationReason, revocationReasons } from '../core/revocation-reason.js';
import type { CertificateFilter } from '../contracts/certificate-search.js';
import type { RevocationReason } from '../contracts/revocation-store.js';
import type { RevocationTarget } from '../revocation/revocation-desk.js';
import { actOptions, openDesk, parseAct } from './act-options.js';
import type { CommandContext } from './command-context.js';
import { filterOptions, parseFilter } from './filter-options.js';
import { issuerOptions, readIssuerIds } from './issuer-ids.js';
import { Misuse } from './misuse.js';
import { parseHex } from './parse-option.js';
import { escapeControls } from './report.js';
import { revokeFilter } from './revoke-filter.js';
import { storeOptions, withStores } from './store-options.js';
import { findTarget } from './find-target.js';

/** Revokes one certificate, device or key, or all certificates that a filter finds. */
export async function revoke(words: readonly string[], context: CommandContext): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      ...storeOptions,
      ...actOptions,
      ...filterOptions,
      ...issuerOptions,
      serial: { type: 'string' },
      device: { type: 'string' },
      ban: { type: 'boolean' },
      key: { type: 'string' },
      reason: { type: 'string' },
      'dry-run': { type: 'boolean' },
      after: { type: 'string' },
    },
  });
  const { ban = false, after } = values;
  const dryRun = values['dry-run'] ?? false;
  const filter = parseFilter(values);
  const target = parseTarget(values, filter);
  const reason = parseReason(values.reason);
  if (ban && values.device === undefined) throw new Misuse('--ban goes with --device');
  if (after !== undefined && (target !== null || dryRun)) {
    throw new Misuse('--after goes on with a filter: it goes without --dry-run');
  }
  const act = parseAct(values, context);
  const issuerIds = target !== null && 'serialNumber' in target ? readIssuerIds(values, context) : [];

  return withStores(values, context, async (stores) => {
    if (target === null) {
      const desk = openDesk(stores, [], context);
      return revokeFilter({ desk, filter, reason, dryRun, after, act }, context);
    }
    const what = escapeControls(describeTarget(target));
    if (dryRun) {
      await findTarget(target, stores.certificates, issuerIds);
      context.print(`would revoke ${what}; nothing was changed\n`);
      return 0;
    }
    const { revoked } = await openDesk(stores, issuerIds, context).revoke({ target, reason, ...act });
    context.print(revoked === 0 ? `${what} was revoked already\n` : `revoked ${what}\n`);
    return 0;
  });
}

/** What one of the three options names; `null` where a filter does. */
function parseTarget(
  values: {
    readonly serial?: string;
    readonly device?: string;
    readonly ban?: boolean;
    readonly key?: string;
  },
  filter: CertificateFilter,
): RevocationTarget | null {
  const { serial, device, key } = values;
  const named = [serial, device, key].filter((value) => value !== undefined).length;
  if (named + (Object.keys(filter).length > 0 ? 1 : 0) !== 1) {
    throw new Misuse('revoke needs just one of --serial, --device, --key, or the options of a filter');
  }
  if (serial !== undefined) {
    // As some tools print it, with a zero before a high first bit.
    return { serialNumber: parseHex('--serial', serial, 'any').replace(/^(00)+(?=.)/, '') };
  }
  if (device !== undefined) return { deviceId: device, ...(values.ban ? { state: 'banned' } : {}) };
  return key === undefined ? null : { publicKeySha256: parseHex('--key', key, { exactly: 64 }) };
}

function parseReason(text: string | undefined): RevocationReason {
  if (isRevocationReason(text)) return text;
  throw new Misuse(`--reason must be one of ${revocationReasons.join(', ')}`);
}

function describeTarget(target: RevocationTarget): string {
  if ('serialNumber' in target) return `certificate ${target.serialNumber}`;
  return 'deviceId' in target ? `device ${target.deviceId}` : `key ${target.publicKeySha256}`;
}
