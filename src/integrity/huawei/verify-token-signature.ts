// integrity/huawei: imports core and this folder only.

import { constants, verify, type KeyObject } from 'node:crypto';
import { RejectedError } from '../../core/errors.js';
import type { HuaweiAlgorithm } from './token-profile.js';

/** Length of the salt in PS256: as long as the hash (RFC 7518 section 3.5). */
const PS256_SALT_LENGTH = 32;

/** How node:crypto is told of each algorithm (RFC 7518 sections 3.3 to 3.5). */
const verifiers: Readonly<
  Record<HuaweiAlgorithm, (input: Uint8Array, key: KeyObject, signature: Uint8Array) => boolean>
> = {
  RS256: (input, key, signature) =>
    verify('sha256', input, { key, padding: constants.RSA_PKCS1_PADDING }, signature),
  PS256: (input, key, signature) =>
    verify(
      'sha256',
      input,
      { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: PS256_SALT_LENGTH },
      signature,
    ),
  ES256: (input, key, signature) => verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature),
};

/**
 * Verifies the signature of a token over its text as it came.
 *
 * This is done over `node:crypto` and not by a JOSE library: HMS Core pads its base64url, and strict libraries refuse that.
 *
 * @throws RejectedError `evidence_rejected` with `signature_invalid`
 */
export function verifyTokenSignature(
  token: { readonly signingInput: Uint8Array; readonly signature: Uint8Array },
  signer: { readonly algorithm: HuaweiAlgorithm; readonly key: KeyObject },
): void {
  if (!verifiers[signer.algorithm](token.signingInput, signer.key, token.signature)) {
    throw new RejectedError('evidence_rejected', {
      message: 'the signature of the SysIntegrity token does not verify',
      reasons: ['signature_invalid'],
    });
  }
}
