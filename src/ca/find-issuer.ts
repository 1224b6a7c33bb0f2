// ca: imports core, contracts, x509.

import { authorityUnavailable } from './authority-unavailable.js';

/**
 * What belongs to the issuing CA of that id.
 *
 * @throws UnavailableError `authority_unavailable` if there is no such CA
 */
export function findIssuer<T>(byId: ReadonlyMap<string, T>, issuerId: string): T {
  const found = byId.get(issuerId);
  if (found === undefined) throw authorityUnavailable('the authority has no issuing CA of that id');
  return found;
}
