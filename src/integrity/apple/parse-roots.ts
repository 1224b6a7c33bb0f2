// integrity/apple: imports core, x509 and this folder only.

import { ConfigurationError } from '../../core/errors.js';
import { type Certificate, parseCertificate } from '../../x509/certificate.js';
import { parsePem } from '../../x509/pem.js';

/**
 * Reads trust anchors.
 *
 * @param option its name, for the error
 * @throws ConfigurationError unless it is PEM of at least one certificate
 */
export function parseRoots(option: string, pems: readonly string[]): readonly Certificate[] {
  let certificates: readonly Certificate[];
  try {
    certificates = pems.flatMap((pem) => parsePem(pem, 'CERTIFICATE')).map(parseCertificate);
  } catch (cause) {
    throw new ConfigurationError(option, { message: 'must be PEM certificates', cause });
  }
  if (certificates.length > 0) return certificates;
  throw new ConfigurationError(option, { message: 'must hold at least one PEM certificate' });
}
