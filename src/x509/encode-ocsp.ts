// x509: imports core and x509 only.

import { hash } from 'node:crypto';
import { ConfigurationError } from '../core/errors.js';
import { crlReasons, type CrlReason } from './crl-reason.js';
import { der } from './der-writer.js';
import { oid } from './oid.js';
import type { SigningKey } from './signing-key.js';

/** What an OCSP answer says of a certificate. */
export type OcspCertificateStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly revokedAt: Date; readonly reason: CrlReason }
  | { readonly status: 'unknown' };

/** What an OCSP answer says to one question. */
export interface OcspSingleContent {
  /** DER CertID, as the question has it. */
  readonly certId: Uint8Array;
  readonly status: OcspCertificateStatus;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

/** What an OCSP answer says. */
export interface OcspContent {
  /** At least one. */
  readonly responses: readonly OcspSingleContent[];
  readonly producedAt: Date;
  /** As the question has it, 1 to 128 octets (RFC 9654); `null` for none. */
  readonly nonce: Uint8Array | null;
  /** SHA-1 of the bits of the signing key: see {@link encodeKeyIdentifier}. */
  readonly responderKeyHash: Uint8Array;
  /** DER certificate of the signer. */
  readonly responderCertificate: Uint8Array;
}

/** What an unsigned answer says (RFC 6960 section 4.2.1: OCSPResponseStatus). */
const errorStatuses = { malformedRequest: 1, internalError: 2, tryLater: 3, unauthorized: 6 } as const;

/** Why there is no OCSP answer. */
export type OcspErrorStatus = keyof typeof errorStatuses;

const successful = der.enumerated(0);
const basicType = der.objectIdentifier(oid.ocspBasic);
const nonceType = der.objectIdentifier(oid.ocspNonce);

/**
 * Writes and signs a DER OCSPResponse with a basic response (RFC 6960 section 4.2.1). The certificate of the signer goes with it, even if that is the issuing CA, which the client has: GnuTLS and Apache look for it nowhere else.
 *
 * @throws ConfigurationError if there is no question, or the times or the nonce are not those of an answer
 * @throws UnavailableError `authority_unavailable` if the key store could not sign
 */
export async function encodeOcspResponse(content: OcspContent, key: SigningKey): Promise<Uint8Array> {
  const { nonce, responses } = content;
  if (responses.length === 0)
    throw new ConfigurationError('responses', { message: 'at least one is needed' });
  if (nonce !== null && (nonce.length < 1 || nonce.length > 128)) {
    throw new ConfigurationError('nonce', { message: 'must be 1 to 128 octets' });
  }
  const responseData = der.sequence(
    der.constructedContext(2, der.octetString(content.responderKeyHash)),
    der.generalizedTime(content.producedAt),
    der.sequence(...responses.map(encodeSingleResponse)),
    ...(nonce === null ? [] : [encodeNonce(nonce)]),
  );
  const basic = der.sequence(
    responseData,
    key.signatureAlgorithm,
    der.bitString(await key.sign(responseData)),
    der.constructedContext(0, der.sequence(content.responderCertificate)),
  );
  const bytes = der.sequence(basicType, der.octetString(basic));
  return der.sequence(successful, der.constructedContext(0, bytes));
}

function encodeSingleResponse({ certId, status, thisUpdate, nextUpdate }: OcspSingleContent): Uint8Array {
  if (!(nextUpdate.getTime() > thisUpdate.getTime())) {
    throw new ConfigurationError('nextUpdate', { message: 'must be after thisUpdate' });
  }
  return der.sequence(
    certId,
    encodeStatus(status),
    der.generalizedTime(thisUpdate),
    der.constructedContext(0, der.generalizedTime(nextUpdate)),
  );
}

/** Writes a DER OCSPResponse that holds no answer and so is not signed. */
export function encodeOcspError(status: OcspErrorStatus): Uint8Array {
  return der.sequence(der.enumerated(errorStatuses[status]));
}

/** Which certificate a CertID names. */
export interface OcspCertIdContent {
  readonly hash: 'sha1' | 'sha256';
  /** DER Name of the issuer. */
  readonly issuer: Uint8Array;
  /** Bits of the issuer's public key. */
  readonly issuerKeyBits: Uint8Array;
  /** Big-endian octets. */
  readonly serialNumber: Uint8Array;
}

/** Writes the DER CertID of a certificate (RFC 6960 section 4.1.1). Clients ask with SHA-1 unless they are told otherwise. */
export function encodeOcspCertId(content: OcspCertIdContent): Uint8Array {
  const { hash: algorithm, issuer, issuerKeyBits, serialNumber } = content;
  return der.sequence(
    der.sequence(der.objectIdentifier(oid[algorithm]), der.null()),
    der.octetString(hash(algorithm, issuer, 'buffer')),
    der.octetString(hash(algorithm, issuerKeyBits, 'buffer')),
    der.integer(serialNumber),
  );
}

/** `responseExtensions [1]` with the nonce alone (RFC 9654 section 2.1). */
function encodeNonce(nonce: Uint8Array): Uint8Array {
  const extension = der.sequence(nonceType, der.octetString(der.octetString(nonce)));
  return der.constructedContext(1, der.sequence(extension));
}

/** CertStatus: `good [0]` and `unknown [2]` are NULL, `revoked [1]` has the time and, unless unspecified, the reason. */
function encodeStatus(status: OcspCertificateStatus): Uint8Array {
  switch (status.status) {
    case 'good':
      return der.context(0);
    case 'unknown':
      return der.context(2);
    case 'revoked': {
      const code = crlReasons[status.reason];
      const reason = code === 0 ? [] : [der.constructedContext(0, der.enumerated(code))];
      return der.constructedContext(1, der.generalizedTime(status.revokedAt), ...reason);
    }
  }
}
