// x509: imports core and x509 only.

import { ConfigurationError } from '../core/errors.js';
import { parseCertificate, type Certificate } from './certificate.js';
import { parsePem } from './pem.js';

/**
 * Reads trust anchors that were given as an option.
 *
 * @param option its name, for the error
 * @throws ConfigurationError if they are not PEM certificates, or there is none
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
