// integrity/android: imports core, contracts, x509 and this folder only.

import type { UnverifiedEvidence } from '../../contracts/evidence.js';
import { decodeBase64 } from '../../core/bytes.js';
import { MalformedError } from '../../core/errors.js';
import { parseCertificate, type Certificate } from '../../x509/certificate.js';
import { chainLength } from './attestation-shape.js';
import { ANDROID_KEY_ATTESTATION } from './key-attestation-verdict.js';

/** Base64 of 64 KiB: chains seen have 3 to 6 KB. */
const MAX_CHARACTERS = 88_000;

/**
 * Reads `{ "provider": "android-key-attestation", "chain": ["<base64 DER>", ...] }`, leaf first: what
 * `KeyStore.getCertificateChain` gives, each certificate as base64 or base64url.
 *
 * @throws MalformedError `evidence_malformed`, for fewer than 2 or more than 7 certificates too
 */
export function parseAttestationEvidence(evidence: UnverifiedEvidence): readonly Certificate[] {
  if (evidence.provider !== ANDROID_KEY_ATTESTATION) {
    throw malformed(`the evidence is not of ${ANDROID_KEY_ATTESTATION}`);
  }
  const chain = evidence['chain'];
  if (!isListOfStrings(chain) || chain.length < chainLength.least || chain.length > chainLength.most) {
    throw malformed(`chain is not a list of ${chainLength.least} to ${chainLength.most} texts`);
  }
  if (chain.reduce((sum, { length }) => sum + length, 0) > MAX_CHARACTERS)
    throw malformed('chain is too long');
  return chain.map(readCertificate);
}

function readCertificate(text: string, index: number): Certificate {
  const der = decodeBase64(text);
  if (der === null) throw malformed(`chain[${index}] is not base64`);
  try {
    return parseCertificate(der);
  } catch (cause) {
    throw malformed(`chain[${index}] is not a certificate`, cause);
  }
}

function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function malformed(message: string, cause?: unknown): MalformedError {
  return new MalformedError('evidence_malformed', cause === undefined ? { message } : { message, cause });
}
