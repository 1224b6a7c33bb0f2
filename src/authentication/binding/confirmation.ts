// authentication: imports core, contracts, x509.

import type { AccessToken } from '../../contracts/access-token-verifier.js';
import type { TokenBindingOutcome } from '../../contracts/token-binding.js';

/**
 * Reads the confirmation methods of a token: the members of its `cnf` claim (RFC 7800 section 3.1).
 *
 * @returns empty if there is no such claim; `null` if there is one that names no method or is no object
 */
export function readConfirmation({ claims }: AccessToken): ReadonlyMap<string, unknown> | null {
  if (!Object.hasOwn(claims, 'cnf')) return new Map();
  const { cnf } = claims;
  if (typeof cnf !== 'object' || cnf === null || Array.isArray(cnf)) return null;
  const methods = new Map<string, unknown>(Object.entries(cnf));
  return methods.size === 0 ? null : methods;
}

/**
 * Compares one confirmation method with the presenter.
 *
 * @param expected what the method says in a token of the presenter; `null` if that can not be told. Asked only if the
 *   token has the method
 */
export function evaluateConfirmation(
  token: AccessToken,
  method: string,
  expected: () => string | null,
): TokenBindingOutcome {
  const methods = readConfirmation(token);
  if (methods === null) return 'mismatch';
  if (!methods.has(method)) return 'unbound';
  const value = expected();
  return value !== null && methods.get(method) === value ? 'bound' : 'mismatch';
}
