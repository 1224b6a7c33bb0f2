// authentication: imports core, contracts, x509.

import { ConfigurationError } from '../../core/errors.js';

/** A token (RFC 9110 section 5.6.2) in lower case, without underscore: proxies and gateways confuse `_` with `-`. */
const HEADER_NAME = /^[a-z0-9!#$%&'*+\-.^`|~]{1,128}$/;

/**
 * Checks header names at creation.
 *
 * @param names option -> header name; an option that is not set is passed over
 * @throws ConfigurationError unless each is a lower-case HTTP token without underscore, and no name comes twice
 */
export function assertHeaderNames(names: Readonly<Record<string, string | undefined>>): void {
  const seen = new Set<string>();
  for (const [option, name] of Object.entries(names)) {
    if (name === undefined) continue;
    if (!HEADER_NAME.test(name)) {
      throw new ConfigurationError(option, {
        message: 'must be the lower-case name of a header, without underscore',
      });
    }
    if (seen.has(name)) throw new ConfigurationError(option, { message: `names ${name}, as another does` });
    seen.add(name);
  }
}
