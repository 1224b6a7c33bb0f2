// integrity/android: imports core only.

import { MalformedError } from '../../core/errors.js';

/**
 * Status by serial number: lower-case hex without leading zeros. `REVOKED` for good, `SUSPENDED` for a while; what other word
 * may come is kept, and counts as the former.
 */
export type AttestationStatuses = ReadonlyMap<string, string>;

/**
 * Reads `{ "entries": { "<serial>": { "status": "REVOKED" } } }`. All serial numbers are hex, those too that look decimal.
 * An entry in another form makes the whole list malformed: it may be the one that matters.
 *
 * @throws MalformedError `evidence_malformed`
 */
export function parseStatusList(json: unknown): AttestationStatuses {
  const entries = memberOf(json, 'entries');
  if (!isObject(entries)) throw malformed('the status list has no entries');
  const statuses = new Map<string, string>();
  for (const [serialNumber, entry] of Object.entries(entries)) {
    const status = memberOf(entry, 'status');
    if (!/^[0-9a-fA-F]{1,64}$/.test(serialNumber) || typeof status !== 'string') {
      throw malformed('an entry of the status list is not in its form');
    }
    statuses.set(serialNumber.toLowerCase().replace(/^0+(?=.)/, ''), status);
  }
  return statuses;
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(message: string): MalformedError {
  return new MalformedError('evidence_malformed', { message });
}
