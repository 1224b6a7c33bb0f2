// integrity/apple: imports core, x509 and this folder only.

import { sha256 } from '../../core/bytes.js';
import { MalformedError } from '../../core/errors.js';
import type { KnownReasonCode } from '../../core/reason-code.js';
import { type PublicKey, parsePublicKey } from '../../x509/public-key.js';
import { hasValidSignature, type SignatureAlgorithm } from '../../x509/signature-algorithm.js';
import { type AppId, findAppId } from './app-id.js';
import { parseAssertion } from './parse-assertion.js';
import type { AppAttestExtensions } from './parse-extensions.js';

/** One assertion, and what it must be for. */
export interface AssertionClaim {
  /** The assertion as the device gave it. */
  readonly assertion: Uint8Array;
  /** DER SubjectPublicKeyInfo of the key, from its attestation. */
  readonly publicKey: Uint8Array;
  /** What the app passed to `generateAssertion`, as the server knows it, never as the client says. */
  readonly clientDataHash: Uint8Array;
}

/** An assertion with what is wrong with it, the use of its counter apart. */
export interface EvaluatedAssertion {
  readonly reasons: readonly KnownReasonCode[];
  /** Which of the apps it names; `null` if none of them. */
  readonly appId: AppId | null;
  readonly counter: number;
  readonly extensions: AppAttestExtensions;
}

/** The only one that keys of App Attest sign with. */
const ecdsaSha256: SignatureAlgorithm = {
  name: 'ecdsa-with-SHA256',
  family: 'EC',
  hash: 'sha256',
  pss: false,
};

/**
 * Evaluates an assertion by Apple's page "Validating apps that connect to your server". The signature is over the nonce as a
 * message: the nonce, a SHA-256 itself, is hashed again.
 *
 * The counter is returned, and must be above 0. Whether it is above the last one is for the caller to say, at once and
 * atomically.
 *
 * @returns with the reasons `signature_invalid`, `app_id_mismatch`, `counter_refused`
 * @throws MalformedError `evidence_malformed`
 */
export function evaluateAssertion(claim: AssertionClaim, appIds: readonly AppId[]): EvaluatedAssertion {
  const { signature, authenticatorData, data } = parseAssertion(claim.assertion);
  const reasons: KnownReasonCode[] = [];
  const nonce = sha256(authenticatorData, claim.clientDataHash);
  const key = readKey(claim.publicKey);
  if (key === null || !hasValidSignature({ algorithm: ecdsaSha256, signed: nonce, signature }, key)) {
    reasons.push('signature_invalid');
  }
  const appId = findAppId(appIds, data.rpIdHash);
  if (appId === null) reasons.push('app_id_mismatch');
  if (data.counter === 0) reasons.push('counter_refused');
  return { reasons, appId, counter: data.counter, extensions: data.extensions };
}

/** A key that is none verifies nothing. */
function readKey(spki: Uint8Array): PublicKey | null {
  try {
    const key = parsePublicKey(spki);
    return key.kind === 'P-256' ? key : null;
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
