// integrity/android: imports core, x509 and this folder only.

import { ConfigurationError, MalformedError } from '../../core/errors.js';
import type { KnownReasonCode } from '../../core/reason-code.js';
import type { Certificate } from '../../x509/certificate.js';
import { parseStatusList, type AttestationStatuses } from './parse-status-list.js';

/** Google's list of attestation certificates that are not to be trusted any more. */
export interface AttestationStatusList {
  /**
   * The entries that count now.
   *
   * @param signal aborts the wait for a newer list
   * @throws UnavailableError `provider_unavailable` if there are none that are young enough
   */
  load(signal?: AbortSignal): Promise<AttestationStatuses>;
}

/**
 * A status list that never changes: for servers that cannot reach Google and are given the list in another way, and for tests.
 * `{ "entries": {} }` is how to say that no list is to be looked at: leaked keys of phones are then as good as others.
 *
 * @param json the document, or its text
 * @throws ConfigurationError `json` if it is not in the form of Google's list
 */
export function createFixedStatusList(json: unknown): AttestationStatusList {
  const statuses = readStatuses(json);
  return { load: async () => statuses };
}

/**
 * Why certificates are refused by the list: each of them counts, whatever its place.
 *
 * @param suspended whether an entry that may go away again refuses too
 */
export function findStatusFault(
  certificates: readonly Pick<Certificate, 'serialNumber'>[],
  statuses: AttestationStatuses,
  suspended: 'refuse' | 'accept',
): KnownReasonCode | null {
  const isRefused = certificates.some(({ serialNumber }) => {
    const status = statuses.get(nameOf(serialNumber));
    return status !== undefined && (status !== 'SUSPENDED' || suspended === 'refuse');
  });
  return isRefused ? 'attestation_revoked' : null;
}

/** Serial numbers stand in the list without leading zeros, not even half an octet of them. */
function nameOf(serialNumber: string): string {
  return serialNumber.replace(/^0+(?=.)/, '');
}

function readStatuses(json: unknown): AttestationStatuses {
  try {
    return parseStatusList(typeof json === 'string' ? JSON.parse(json) : json);
  } catch (cause) {
    if (!(cause instanceof MalformedError || cause instanceof SyntaxError)) throw cause;
    throw new ConfigurationError('json', { message: 'must be a status list', cause });
  }
}
