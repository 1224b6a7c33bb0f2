// ca: imports core, contracts, x509.

import { KeyObject } from 'node:crypto';
import { ConfigurationError, MalformedError } from '../core/errors.js';
import { decodeHex, equalBytes } from '../core/bytes.js';
import { type Certificate, parseCertificate } from '../x509/certificate.js';
import { parsePem } from '../x509/pem.js';
import { createSigningKey, type SigningKey } from '../x509/signing-key.js';
import { createVerifiedSigningKey } from '../x509/verified-signing-key.js';
import { type EncodedPrivateKey, parsePrivateKey } from './encrypted-private-key.js';

/** A CA certificate and its private key. */
export interface CertificateIssuerOptions {
  /** PEM or DER. */
  readonly certificate: string | Uint8Array;
  /**
   * A key of node:crypto, the PEM of one, or a signing key that lives elsewhere, such as in an HSM. Each signature of the
   * last kind is verified before it is used; a key of node:crypto given as such is not slowed down by that.
   */
  readonly privateKey: KeyObject | EncodedPrivateKey | SigningKey;
}

/** A CA that is able to sign, and whose key is the one that its certificate names. */
export interface CertificateIssuer {
  readonly certificate: Certificate;
  readonly key: SigningKey;
  /** The 20 octets of its subjectKeyIdentifier extension. */
  readonly keyIdentifier: Uint8Array;
}

/**
 * Puts a CA certificate and its key together.
 *
 * @param option path of the options, for the error
 * @throws ConfigurationError unless it is a CA certificate (version 3, `cA`, `keyCertSign`, `cRLSign`, no critical extension that we
 *   do not know) with a subjectKeyIdentifier of 20 octets, and the key is its key
 */
export function createCertificateIssuer(
  options: CertificateIssuerOptions,
  option: string,
): CertificateIssuer {
  const certificate = readOneCertificate(options.certificate, `${option}.certificate`);
  const fault = findIssuerFault(certificate);
  if (fault !== null) throw new ConfigurationError(`${option}.certificate`, { message: fault });
  const keyIdentifier = decodeHex(certificate.extensions.subjectKeyIdentifier ?? '');
  if (keyIdentifier?.length !== 20) {
    throw new ConfigurationError(`${option}.certificate`, {
      message: 'must have a subjectKeyIdentifier of 20 octets',
    });
  }
  const key = readSigningKey(options.privateKey, `${option}.privateKey`);
  if (!equalBytes(key.publicKey, certificate.publicKey.spki)) {
    throw new ConfigurationError(`${option}.privateKey`, { message: 'is not the key of the certificate' });
  }
  return { certificate, key, keyIdentifier };
}

/**
 * Reads certificates: every block of a PEM text, or one in DER.
 *
 * @throws ConfigurationError if there is none, or one cannot be read
 */
export function readCertificates(value: string | Uint8Array, option: string): readonly Certificate[] {
  try {
    const encoded = typeof value === 'string' ? parsePem(value, 'CERTIFICATE') : [value];
    if (encoded.length > 0) return encoded.map(parseCertificate);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new ConfigurationError(option, { message: 'cannot be read as a certificate', cause });
  }
  throw new ConfigurationError(option, { message: 'holds no certificate' });
}

/** @throws ConfigurationError unless there is exactly one, and it can be read */
export function readOneCertificate(value: string | Uint8Array, option: string): Certificate {
  const [certificate, ...others] = readCertificates(value, option);
  if (certificate === undefined || others.length > 0) {
    throw new ConfigurationError(option, { message: 'must hold one certificate' });
  }
  return certificate;
}

function findIssuerFault({ version, extensions }: Certificate): string | null {
  const { basicConstraints, keyUsage, criticalUnknown } = extensions;
  if (version !== 3 || basicConstraints?.ca !== true) return 'is not the certificate of a CA';
  if (keyUsage?.has('keyCertSign') !== true) return 'must have the key usage keyCertSign';
  if (!keyUsage.has('cRLSign')) return 'must have the key usage cRLSign';
  return criticalUnknown.length > 0 ? 'has a critical extension that is not known' : null;
}

/** @throws ConfigurationError if it is no key that we sign with */
export function readSigningKey(
  privateKey: CertificateIssuerOptions['privateKey'],
  option: string,
): SigningKey {
  if (!isObject(privateKey)) {
    // JavaScript's own error would have the text, and so the key, in its message.
    throw new ConfigurationError(option, {
      message: 'must be a KeyObject, an object with a pem member, or a SigningKey',
    });
  }
  try {
    if (privateKey instanceof KeyObject) return createSigningKey(privateKey);
    if ('pem' in privateKey) return createSigningKey(parsePrivateKey(privateKey));
    return createVerifiedSigningKey(privateKey);
  } catch (cause) {
    if (!(cause instanceof ConfigurationError)) throw cause;
    throw new ConfigurationError(option, { message: cause.message, cause });
  }
}

/** For callers without types. */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
