// authentication: imports core, contracts, x509.

import { ConfigurationError, RejectedError } from '../core/errors.js';
import type { TokenBinding, TokenBindingPolicy } from '../contracts/token-binding.js';
import { readConfirmation } from './binding/confirmation.js';

/** Options of {@link createTokenBindingPolicy}. */
export interface TokenBindingPolicyOptions {
  /** How a token may name its presenter: {@link certificateBinding}, {@link keyBinding}, {@link deviceIdBinding}, or your own. */
  readonly bindings: readonly TokenBinding[];
  /**
   * What to do with a token that names nobody. `refuse`: only bound tokens count, so a stolen one is worthless. `accept`: it
   * counts from any device, as long as authorization server or clients do not bind all of them yet.
   */
  readonly unbound: 'refuse' | 'accept';
}

/**
 * Puts bindings together. **A token is never taken for less than it is**: whatever it says of its presenter must hold, also
 * where unbound tokens are accepted. One with a `cnf` member that no binding reads, such as the `jkt` of DPoP without
 * {@link keyBinding}, was issued for one sender only and is refused.
 *
 * Its refusals: `access_token_binding_mismatch` if something that the token says of its presenter does not hold, cannot be
 * read, or is read by no binding; `access_token_unbound` if it says nothing and that is refused.
 *
 * @throws ConfigurationError if unbound tokens are refused and there is no binding, or `unbound` is neither word
 */
export function createTokenBindingPolicy(options: TokenBindingPolicyOptions): TokenBindingPolicy {
  const { unbound } = options;
  const bindings = [...options.bindings];
  // Also for callers in JavaScript: a misspelt word must not accept.
  if (!['refuse', 'accept'].includes(unbound)) {
    throw new ConfigurationError('unbound', { message: 'must be refuse or accept' });
  }
  if (bindings.length === 0 && unbound === 'refuse') {
    throw new ConfigurationError('bindings', { message: 'without one, every token would be refused' });
  }
  const readable = new Set(bindings.map(({ confirmation }) => confirmation));

  return {
    verify(token, presenter) {
      const methods = readConfirmation(token);
      if (methods === null) throw mismatch('cnf');
      for (const method of methods.keys()) {
        if (!readable.has(method)) throw mismatch('cnf');
      }
      let bound = false;
      for (const binding of bindings) {
        const outcome = binding.evaluate(token, presenter);
        if (outcome === 'bound') bound = true;
        else if (outcome !== 'unbound') throw mismatch(binding.name);
      }
      if (!bound && unbound === 'refuse') {
        throw new RejectedError('access_token_unbound', {
          message: 'the access token does not say who may present it',
        });
      }
    },
  };
}

function mismatch(name: string): RejectedError {
  return new RejectedError('access_token_binding_mismatch', {
    message: `what the access token says of its presenter does not hold: ${name}`,
  });
}
