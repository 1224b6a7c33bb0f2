// authentication: imports core, contracts, x509.

import { equalBytes, sha256 } from '../../core/bytes.js';
import { ConfigurationError } from '../../core/errors.js';
import { assertHeaderNames } from './header-name.js';
import type { ProxyTrust } from './proxy-trust.js';

/** A secret that only the proxy and this server know. */
export interface ProxySecretOptions {
  /** The header in which the proxy sends it, lower-case, such as `x-proxy-secret`. */
  readonly header: string;
  /** The secret; two while it is being changed. Each has 32 printable ASCII characters or more, and no space. */
  readonly secrets: readonly string[];
}

/**
 * Trusts requests that carry the secret. The proxy must set the header, not add to it, on every request; over a network
 * that others can read, only TLS between proxy and server keeps it a secret. It is compared in constant time. Absent,
 * wrong or there twice, it is `proxy_untrusted`.
 *
 * @throws ConfigurationError if the header is not a lower-case header name without underscore, or a secret is not in form
 */
export function proxySecret(options: ProxySecretOptions): ProxyTrust {
  const { header, secrets } = options;
  assertHeaderNames({ header });
  if (secrets.length === 0) throw new ConfigurationError('secrets', { message: 'at least one is needed' });
  for (const [index, secret] of secrets.entries()) {
    if (!/^[\x21-\x7e]{32,1024}$/.test(secret)) {
      throw new ConfigurationError(`secrets[${index}]`, {
        message: 'must have 32 to 1,024 printable ASCII characters, and no space',
      });
    }
  }
  const digests = secrets.map((secret) => sha256(Buffer.from(secret)));

  return {
    headers: [header],
    findFault({ rawHeaders }) {
      let value: string | null = null;
      for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
        const name = rawHeaders[at];
        if (name?.length !== header.length || name.toLowerCase() !== header) continue;
        if (value !== null) return `${header} comes twice`;
        value = rawHeaders[at + 1] ?? '';
      }
      if (value === null) return `there is no ${header}`;
      const digest = sha256(Buffer.from(value, 'latin1'));
      // Every digest is compared, so that the time does not tell which one it was.
      const equal = digests.filter((known) => equalBytes(known, digest));
      return equal.length > 0 ? null : `${header} is wrong`;
    },
  };
}
