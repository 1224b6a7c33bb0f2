// authentication: imports core, contracts, x509.

import { MalformedError, RejectedError } from '../../core/errors.js';

/** The headers are not in the form of this kind of proxy. */
export function malformed(message: string, cause?: unknown): MalformedError {
  return new MalformedError('forwarded_certificate_malformed', {
    message,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The proxy says that it did not verify the certificate. */
export function unverified(): RejectedError {
  return new RejectedError('forwarded_certificate_unverified', {
    message: 'the proxy did not verify the client certificate',
  });
}

/** The proxy verified a certificate and did not forward it. */
export function missing(): RejectedError {
  return new RejectedError('forwarded_certificate_missing', {
    message: 'the proxy verified a client certificate and did not forward it',
  });
}
