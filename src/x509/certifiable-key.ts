// x509: imports core and x509 only.

import { MalformedError } from '../core/errors.js';
import type { PublicKey } from './public-key.js';

const MIN_RSA_BITS = 2048;
/** Larger keys make every handshake slow and nothing safer. */
const MAX_RSA_BITS = 4096;
/** The public exponent is at most 2^256 - 1 (FIPS 186-5 section A.1.1). */
const MAX_EXPONENT_BYTES = 32;

/** The product of the odd primes below 752: a modulus that shares one of them was made by a broken generator. */
const SMALL_PRIMES = productOfOddPrimesBelow(752);

/**
 * Checks that a key is one that we certify: P-256, P-384, Ed25519, or RSA of 2048 to 4096 bits with an odd exponent from
 * 65537 to 2^256 - 1 and a modulus without small prime factors (CA/Browser Forum Baseline Requirements section 6.1.6).
 * Points must be on their curve.
 *
 * @returns the key
 * @throws MalformedError `csr_key_unsupported`
 */
export function verifyCertifiableKey(key: PublicKey): PublicKey {
  if (key.rsa !== null) verifyRsa(key.rsa, key.bits);
  else if (key.kind !== 'P-256' && key.kind !== 'P-384' && key.kind !== 'Ed25519') {
    throw unsupported('the key is of a kind that we do not certify');
  }
  try {
    key.keyObject();
  } catch (cause) {
    throw unsupported('the key is not usable', cause);
  }
  return key;
}

function verifyRsa(rsa: NonNullable<PublicKey['rsa']>, bits: number): void {
  if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS)
    throw unsupported('the RSA modulus is too short or too long');
  const { modulus, exponent } = rsa;
  if (exponent.length > MAX_EXPONENT_BYTES) throw unsupported('the RSA exponent is too large');
  const e = toBigInt(exponent);
  if (e < 65537n || (e & 1n) === 0n) throw unsupported('the RSA exponent is even or too small');
  const n = toBigInt(modulus);
  if ((n & 1n) === 0n || greatestCommonDivisor(SMALL_PRIMES, n % SMALL_PRIMES) !== 1n) {
    throw unsupported('the RSA modulus has a small prime factor');
  }
}

function unsupported(message: string, cause?: unknown): MalformedError {
  return new MalformedError('csr_key_unsupported', cause === undefined ? { message } : { message, cause });
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function productOfOddPrimesBelow(limit: number): bigint {
  const primes: number[] = [];
  for (let candidate = 3; candidate < limit; candidate += 2) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes.reduce((product, prime) => product * BigInt(prime), 1n);
}
