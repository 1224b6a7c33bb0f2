// ca: imports core, contracts, x509.

import { createCipheriv, createPrivateKey, type KeyObject, pbkdf2Sync } from 'node:crypto';
import { ConfigurationError } from '../core/errors.js';
import { systemRandom, type Random } from '../core/random.js';
import { der } from '../x509/der-writer.js';
import { oid } from '../x509/oid.js';
import { encodePem } from '../x509/pem.js';

/** A private key as it lies on a disk. */
export interface EncodedPrivateKey {
  /** PKCS #8 in PEM: `ENCRYPTED PRIVATE KEY`, or `PRIVATE KEY` for one that something else protects. */
  readonly pem: string;
  /** Needed if it is encrypted. */
  readonly passphrase?: string;
}

const MIN_PASSPHRASE_LENGTH = 8;
/** What OWASP asks of PBKDF2 with HMAC-SHA-256; OpenSSL's own default is 2048. Costs about 0.2 seconds, once, at the start. */
const ITERATIONS = 600_000;
const SALT_BYTES = 16;
const IV_BYTES = 16;

/**
 * Encrypts a private key for keeping: PKCS #8 under PBES2 with PBKDF2 (HMAC-SHA-256, 600,000 rounds) and AES-256-CBC (RFC 8018
 * section 6.2), in PEM. OpenSSL, Node and Java read it. What is encrypted this way has no integrity check of its own; a changed
 * key does not match its certificate.
 *
 * @param passphrase at least 8 characters
 * @throws ConfigurationError `privateKey`, `passphrase`
 */
export function encodeEncryptedPrivateKey(
  privateKey: KeyObject,
  passphrase: string,
  random: Random = systemRandom,
): string {
  if (privateKey.type !== 'private') {
    throw new ConfigurationError('privateKey', { message: 'must be a private key' });
  }
  if (passphrase.length < MIN_PASSPHRASE_LENGTH) {
    throw new ConfigurationError('passphrase', {
      message: `must have ${MIN_PASSPHRASE_LENGTH} characters or more`,
    });
  }
  const salt = random(SALT_BYTES);
  const iv = random(IV_BYTES);
  const key = pbkdf2Sync(passphrase, salt, ITERATIONS, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const plain = privateKey.export({ format: 'der', type: 'pkcs8' });
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  plain.fill(0);
  const pseudoRandomFunction = der.sequence(der.objectIdentifier(oid.hmacWithSha256), der.null());
  const derivation = der.sequence(
    der.objectIdentifier(oid.pbkdf2),
    der.sequence(der.octetString(salt), der.integer(BigInt(ITERATIONS)), pseudoRandomFunction),
  );
  const encryption = der.sequence(der.objectIdentifier(oid.aes256Cbc), der.octetString(iv));
  const scheme = der.sequence(der.objectIdentifier(oid.pbes2), der.sequence(derivation, encryption));
  return encodePem('ENCRYPTED PRIVATE KEY', der.sequence(scheme, der.octetString(encrypted)));
}

/**
 * Reads a private key in PEM.
 *
 * @param option path of the option it came from, for the error
 * @throws ConfigurationError if it is none, the passphrase is missing, or the passphrase is wrong
 */
export function parsePrivateKey({ pem, passphrase }: EncodedPrivateKey, option = 'privateKey'): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (cause) {
    const message = 'is not a private key in PEM, or the passphrase is missing or wrong';
    throw new ConfigurationError(option, { message, cause });
  }
}
