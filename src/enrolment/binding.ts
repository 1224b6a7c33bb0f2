// enrolment: imports core, contracts, x509.

import { sha256 } from '../core/bytes.js';
import type { ExpectedBinding } from '../contracts/evidence.js';

const DOMAIN = Buffer.from('device-trust/v1\0', 'ascii');

/**
 * Binds evidence to one challenge and one key:
 * `SHA-256("device-trust/v1" || 0x00 || SHA-256(challenge) || SHA-256(publicKey))`.
 *
 * Both hashes have a fixed length, so no two pairs of challenge and key give the same input.
 *
 * @param challenge bytes of the challenge
 * @param publicKey DER SubjectPublicKeyInfo
 */
export function createBinding(challenge: Uint8Array, publicKey: Uint8Array): ExpectedBinding {
  return { challenge, publicKey, binding: sha256(DOMAIN, sha256(challenge), sha256(publicKey)) };
}

/**
 * The weaker form, `SHA-256(challenge)`, for apps in the field whose evidence does not name the key: whoever can relay
 * the evidence of a good device within the life of a challenge gets a certificate for a key of their own.
 */
export function createChallengeOnlyBinding(challenge: Uint8Array, publicKey: Uint8Array): ExpectedBinding {
  return { challenge, publicKey, binding: sha256(challenge) };
}
