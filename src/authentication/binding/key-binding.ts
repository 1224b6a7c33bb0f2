// authentication: imports core, contracts, x509.

import { assertWholeNumber } from '../../core/assert-option.js';
import { createBoundedCache } from '../../core/bounded-cache.js';
import { MalformedError } from '../../core/errors.js';
import type { TokenBinding, TokenPresenter } from '../../contracts/token-binding.js';
import { parseCertificate } from '../../x509/certificate.js';
import { evaluateConfirmation } from './confirmation.js';
import { computeJwkThumbprint } from './jwk-thumbprint.js';

/** Options of {@link keyBinding}. */
export interface KeyBindingOptions {
  /** Most thumbprints to remember, about 200 bytes each. Default 10,000. */
  readonly cacheCapacity?: number;
}

const CONFIRMATION = 'jkt';

/**
 * Binds a token to the key of the device certificate: `cnf.jkt` is its JWK thumbprint (RFC 7638, SHA-256, base64url). The
 * token lives through renewals that keep the key, and ends with the key.
 *
 * The member is the one of DPoP (RFC 9449 section 6.1); here the proof of possession is the TLS handshake with the device
 * certificate, so a DPoP token of another key is a `mismatch`.
 *
 * @throws ConfigurationError if `cacheCapacity` is not from 2 to 10,000,000
 */
export function keyBinding({ cacheCapacity = 10_000 }: KeyBindingOptions = {}): TokenBinding {
  assertWholeNumber('cacheCapacity', cacheCapacity, 2, 10_000_000);
  const thumbprints = createBoundedCache<string>(cacheCapacity);

  function findThumbprint(presenter: TokenPresenter): string | null {
    const known = thumbprints.get(presenter.publicKeySha256);
    if (known !== undefined) return known;
    const thumbprint = computeThumbprint(presenter);
    if (thumbprint !== null) thumbprints.set(presenter.publicKeySha256, thumbprint);
    return thumbprint;
  }

  return {
    name: CONFIRMATION,
    confirmation: CONFIRMATION,
    evaluate: (token, presenter) =>
      evaluateConfirmation(token, CONFIRMATION, () => findThumbprint(presenter)),
  };
}

/** What is remembered under the name of a key must be of that key. */
function computeThumbprint({ certificate, publicKeySha256 }: TokenPresenter): string | null {
  try {
    const { publicKey } = parseCertificate(certificate);
    return publicKey.sha256 === publicKeySha256 ? computeJwkThumbprint(publicKey.keyObject()) : null;
  } catch (cause) {
    if (cause instanceof MalformedError) return null;
    throw cause;
  }
}
