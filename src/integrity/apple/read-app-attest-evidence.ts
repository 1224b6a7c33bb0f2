// integrity/apple: imports core, contracts and this folder only.

import type { UnverifiedEvidence } from '../../contracts/evidence.js';
import { decodeBase64 } from '../../core/bytes.js';
import { APPLE_APP_ATTEST } from './app-attest-verdict.js';
import { malformed } from './malformed-evidence.js';

/** App Attest evidence with its binary members decoded; nothing in it is verified. */
export type AppAttestEvidence =
  | { readonly keyId: Uint8Array; readonly kind: 'attestation'; readonly attestation: Uint8Array }
  | { readonly keyId: Uint8Array; readonly kind: 'assertion'; readonly assertion: Uint8Array };

/** A SHA-256. */
const KEY_ID_BYTES = 32;
/** Far above what 32 KiB of attestation take in base64. */
const MAX_TEXT_LENGTH = 65_536;

/**
 * Reads `{"provider":"apple-app-attest","keyId","attestation"}` or `{"provider":"apple-app-attest","keyId","assertion"}`:
 * each base64 or base64url, padded or not.
 *
 * @throws MalformedError `evidence_malformed`; also for both an attestation and an assertion, or none
 */
export function readAppAttestEvidence(evidence: UnverifiedEvidence): AppAttestEvidence {
  if (evidence.provider !== APPLE_APP_ATTEST) throw malformed(`the evidence is not of ${APPLE_APP_ATTEST}`);
  const keyId = decodeMember(evidence, 'keyId');
  if (keyId.length !== KEY_ID_BYTES) throw malformed('keyId does not have 32 octets');
  const isAttestation = evidence['attestation'] !== undefined;
  if (isAttestation === (evidence['assertion'] !== undefined)) {
    throw malformed('the evidence must have either an attestation or an assertion');
  }
  return isAttestation
    ? { keyId, kind: 'attestation', attestation: decodeMember(evidence, 'attestation') }
    : { keyId, kind: 'assertion', assertion: decodeMember(evidence, 'assertion') };
}

function decodeMember(evidence: UnverifiedEvidence, name: string): Uint8Array {
  const text = evidence[name];
  const bytes = typeof text === 'string' && text.length <= MAX_TEXT_LENGTH ? decodeBase64(text) : null;
  if (bytes === null) throw malformed(`${name} is not base64`);
  return bytes;
}
