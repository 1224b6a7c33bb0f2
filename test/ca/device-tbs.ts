import { der } from '../../src/x509/der-writer.js';
import { encodedVersion3 } from '../../src/x509/encode-certificate.js';
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
} from '../../src/x509/encode-extensions.js';
import { encodeName } from '../../src/x509/encode-name.js';
import { encodeKeyIdentifier } from '../../src/x509/key-identifier.js';
import { oid } from '../../src/x509/oid.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import type { DeviceCertificateFields } from '../../src/ca/device-certificate-profile.js';
import type { LocalIssuer } from '../../src/ca/local-issuer.js';
import { daysFromNow, newKey, now, policyOid, spkiOf, statusUrl } from './pki.js';

/** The extensions of a device certificate by name, in their order. */
export type DeviceExtensions = Record<
  | 'basicConstraints'
  | 'keyUsage'
  | 'extKeyUsage'
  | 'authorityKeyIdentifier'
  | 'authorityInfoAccess'
  | 'subjectKeyIdentifier'
  | 'subjectAltName'
  | 'certificatePolicies'
  | 'cRLDistributionPoints',
  Uint8Array
>;

/** Every part of a device certificate, each a whole DER element. */
export interface DeviceTbsParts {
  readonly version: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuer: Uint8Array;
  readonly validity: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly extensions: DeviceExtensions;
}

export const fields: DeviceCertificateFields = createFields(spkiOf(newKey()));

export function createFields(publicKey: Uint8Array): DeviceCertificateFields {
  return {
    serialNumber: Buffer.from('7f'.repeat(16), 'hex'),
    notBefore: now,
    notAfter: daysFromNow(7),
    deviceId: '9b2d3c54-1f0a-4d7e-8a6b-0c1d2e3f4a5b',
    publicKey,
    keyIdentifier: encodeKeyIdentifier(parsePublicKey(publicKey)),
    policyOid,
    crlShard: 42,
  };
}

/** The parts of a good certificate, each made by the general encoder. */
export function goodParts(issuer: LocalIssuer, given = fields): DeviceTbsParts {
  const { issuerId } = issuer.published;
  return {
    version: encodedVersion3,
    serialNumber: der.integer(given.serialNumber),
    signature: issuer.key.signatureAlgorithm,
    issuer: issuer.certificate.subject,
    validity: der.sequence(der.time(given.notBefore), der.time(given.notAfter)),
    subject: encodeName({ commonName: given.deviceId }),
    publicKey: given.publicKey,
    extensions: {
      basicConstraints: encodeBasicConstraints({ ca: false }),
      keyUsage: encodeKeyUsage('digitalSignature'),
      extKeyUsage: encodeExtendedKeyUsage(oid.clientAuth),
      authorityKeyIdentifier: encodeAuthorityKeyIdentifier(issuer.keyIdentifier),
      authorityInfoAccess: encodeAuthorityInfoAccess({ caIssuers: `${statusUrl}/issuers/${issuerId}.cer` }),
      subjectKeyIdentifier: encodeSubjectKeyIdentifier(given.keyIdentifier),
      subjectAltName: encodeSubjectAltName({ type: 'uri', value: `urn:uuid:${given.deviceId}` }),
      certificatePolicies: encodeCertificatePolicies(given.policyOid),
      cRLDistributionPoints: encodeCrlDistributionPoint(`${statusUrl}/crl/${issuerId}/${given.crlShard}.crl`),
    },
  };
}

/** Puts the parts together. */
export function assemble(parts: DeviceTbsParts, extensions = Object.values(parts.extensions)): Uint8Array {
  const { version, serialNumber, signature, issuer, validity, subject, publicKey } = parts;
  const explicit = der.constructedContext(3, der.sequence(...extensions));
  return der.sequence(version, serialNumber, signature, issuer, validity, subject, publicKey, explicit);
}
