// authentication: imports core, contracts, x509.

import { encodeBase64Url, sha256 } from '../../core/bytes.js';
import type { TokenBinding } from '../../contracts/token-binding.js';
import { evaluateConfirmation } from './confirmation.js';

const CONFIRMATION = 'x5t#S256';

/**
 * Binds a token to one certificate: `cnf["x5t#S256"]` is the SHA-256 of the DER of the client certificate, base64url without
 * padding (RFC 8705 section 3.1). Compared to the letter: padding, hex or another alphabet is a `mismatch`.
 *
 * Such a token ends with its certificate: after each renewal the client needs a new one. See {@link keyBinding} and
 * {@link deviceIdBinding} for what lives longer.
 */
export function certificateBinding(): TokenBinding {
  return {
    name: CONFIRMATION,
    confirmation: CONFIRMATION,
    evaluate: (token, { certificate }) =>
      evaluateConfirmation(token, CONFIRMATION, () => encodeBase64Url(sha256(certificate))),
  };
}
