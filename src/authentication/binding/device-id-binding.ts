// authentication: imports core, contracts, x509.

import { ConfigurationError } from '../../core/errors.js';
import type { TokenBinding } from '../../contracts/token-binding.js';

/** Options of {@link deviceIdBinding}. */
export interface DeviceIdBindingOptions {
  /** Name of the claim. Default `device_id`. */
  readonly claim?: string;
}

/**
 * Binds a token to the device: a private claim holds the device id as this library assigned it, letter for letter. The token
 * lives through renewals and changes of the key, until it expires or the device is suspended or banned.
 *
 * @throws ConfigurationError if `claim` is empty or `cnf`
 */
export function deviceIdBinding({ claim = 'device_id' }: DeviceIdBindingOptions = {}): TokenBinding {
  if (claim === '' || claim === 'cnf') {
    throw new ConfigurationError('claim', { message: 'must be the name of a private claim' });
  }
  return {
    name: claim,
    confirmation: null,
    evaluate({ claims }, { deviceId }) {
      if (!Object.hasOwn(claims, claim)) return 'unbound';
      return claims[claim] === deviceId ? 'bound' : 'mismatch';
    },
  };
}
