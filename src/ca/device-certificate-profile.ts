// ca: imports core, contracts, x509.

import { der, encodeElement, headerLength, writeHeader } from '../x509/der-writer.js';
import { constructedContextTag, derTag } from '../x509/der-tag.js';
import { encodedVersion3 } from '../x509/encode-certificate.js';
import {
  encodeAuthorityInfoAccess,
  encodeAuthorityKeyIdentifier,
  encodeBasicConstraints,
  encodeCertificatePolicies,
  encodeCrlDistributionPoint,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectAltName,
  encodeSubjectKeyIdentifier,
} from '../x509/encode-extensions.js';
import { encodeName } from '../x509/encode-name.js';
import { oid } from '../x509/oid.js';
import type { LocalIssuer } from './local-issuer.js';
import { SERIAL_NUMBER_BYTES } from './serial-number.js';
import type { StatusUrls } from './status-urls.js';

/** What is different from one device certificate to the next. */
export interface DeviceCertificateFields {
  /** 16 octets, as {@link createSerialNumber} makes them. */
  readonly serialNumber: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Lower-case UUID. */
  readonly deviceId: string;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** The 20 octets that name the key. */
  readonly keyIdentifier: Uint8Array;
  /** Tier as a certificate policy OID. */
  readonly policyOid: string;
  readonly crlShard: number;
}

/** Writes device certificates of one issuer. */
export interface DeviceCertificateProfile {
  /** DER TBSCertificate. Checks nothing: {@link verifyDeviceProfile} does, from the bytes. */
  encode(fields: DeviceCertificateFields): Uint8Array;
}

/** Only to find out what stands before a device id; it is not in any certificate. */
const PLACEHOLDER_ID = '00000000-0000-0000-0000-000000000000';
/** For how many values a piece is kept once it is made. Tiers are few, shards 128 unless the operator wants more. */
const MAX_KEPT_PIECES = 4096;

/**
 * The profile of device certificates (RFC 5280), in this order:
 *
 * - version 3; the issuer's subject, byte for byte; subject `CN=<deviceId>`;
 * - basicConstraints, critical, empty: no CA;
 * - keyUsage, critical: digitalSignature alone, all that TLS 1.3 and ECDHE need;
 * - extKeyUsage: clientAuth;
 * - subjectKeyIdentifier: SHA-1 of the key bits (method 1); authorityKeyIdentifier: that of the issuer;
 * - subjectAltName: `urn:uuid:<deviceId>` (RFC 9562 section 4);
 * - certificatePolicies: the OID of the tier;
 * - cRLDistributionPoints: the URL of its shard; authorityInfoAccess: where the issuer is, and OCSP if there is any.
 *
 * Nearly all of it is the same for all certificates of an issuer, so it is encoded once; a certificate is put together from
 * such pieces and the few octets of its own.
 */
export function createDeviceCertificateProfile(
  { published, certificate, key, keyIdentifier }: LocalIssuer,
  urls: StatusUrls,
  options: { readonly ocsp: boolean },
): DeviceCertificateProfile {
  const { issuerId } = published;
  const beforeSerial = Buffer.concat([encodedVersion3, Uint8Array.of(derTag.integer, SERIAL_NUMBER_BYTES)]);
  const algorithmAndIssuer = Buffer.concat([key.signatureAlgorithm, certificate.subject]);
  const beforeCommonName = head(encodeName({ commonName: PLACEHOLDER_ID }), PLACEHOLDER_ID.length);
  const constantExtensions = Buffer.concat([
    encodeBasicConstraints({ ca: false }),
    encodeKeyUsage('digitalSignature'),
    encodeExtendedKeyUsage(oid.clientAuth),
    encodeAuthorityKeyIdentifier(keyIdentifier),
    encodeAuthorityInfoAccess({
      caIssuers: urls.issuer(issuerId),
      ...(options.ocsp ? { ocsp: urls.ocsp } : {}),
    }),
  ]);
  const beforeKeyIdentifier = head(encodeSubjectKeyIdentifier(keyIdentifier), keyIdentifier.length);
  const beforeUuid = head(
    encodeSubjectAltName({ type: 'uri', value: `urn:uuid:${PLACEHOLDER_ID}` }),
    PLACEHOLDER_ID.length,
  );
  const policyPiece = keepPieces((policyOid: string) => encodeCertificatePolicies(policyOid));
  const distributionPiece = keepPieces((shard: number) =>
    encodeCrlDistributionPoint(urls.crl(issuerId, shard)),
  );

  return {
    encode(fields) {
      const deviceId = Buffer.from(fields.deviceId, 'latin1');
      const extensions = [
        constantExtensions,
        beforeKeyIdentifier,
        fields.keyIdentifier,
        beforeUuid,
        deviceId,
        policyPiece(fields.policyOid),
        distributionPiece(fields.crlShard),
      ];
      return encodeElement(
        derTag.sequence,
        beforeSerial,
        fields.serialNumber,
        algorithmAndIssuer,
        der.sequence(der.time(fields.notBefore), der.time(fields.notAfter)),
        beforeCommonName,
        deviceId,
        fields.publicKey,
        extensionsHeader(extensions),
        ...extensions,
      );
    },
  };
}

/** All of an element but its last octets. */
function head(element: Uint8Array, lastOctets: number): Uint8Array {
  return element.subarray(0, element.length - lastOctets);
}

/** `[3]` and the SEQUENCE in it, in front of the extensions. */
function extensionsHeader(extensions: readonly Uint8Array[]): Uint8Array {
  const length = extensions.reduce((sum, piece) => sum + piece.length, 0);
  const inner = headerLength(length);
  const header = new Uint8Array(headerLength(inner + length) + inner);
  writeHeader(
    header,
    writeHeader(header, 0, constructedContextTag(3), inner + length),
    derTag.sequence,
    length,
  );
  return header;
}

/** Encodes each value once, up to a number of values; beyond it, each time. */
function keepPieces<Value>(encode: (value: Value) => Uint8Array): (value: Value) => Uint8Array {
  const kept = new Map<Value, Uint8Array>();
  return (value) => {
    const known = kept.get(value);
    if (known) return known;
    const piece = encode(value);
    if (kept.size < MAX_KEPT_PIECES) kept.set(value, piece);
    return piece;
  };
}
