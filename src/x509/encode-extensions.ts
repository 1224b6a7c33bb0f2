// x509: imports core and x509 only.

import { der } from './der-writer.js';
import { encodeGeneralNames, type SubjectAltName } from './encode-general-name.js';
import { oid } from './oid.js';

/** Bits of the key usage extension by name (RFC 5280 section 4.2.1.3). */
const keyUsageBits = { digitalSignature: 0, keyEncipherment: 2, keyCertSign: 5, cRLSign: 6 } as const;

/** A key usage that this library gives out. */
type IssuedKeyUsage = keyof typeof keyUsageBits;

/** Writes one Extension (RFC 5280 section 4.1); `critical` FALSE is the default and so not written. */
export function encodeExtension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  const criticality = critical ? [der.boolean(true)] : [];
  return der.sequence(der.objectIdentifier(id), ...criticality, der.octetString(value));
}

/** Critical. An end entity has the empty sequence: `cA` FALSE is the default (RFC 5280 section 4.2.1.9). */
export function encodeBasicConstraints(
  constraints: { readonly ca: false } | { readonly ca: true; readonly pathLength?: number },
): Uint8Array {
  const fields: Uint8Array[] = [];
  if (constraints.ca) {
    fields.push(der.boolean(true));
    if (constraints.pathLength !== undefined) fields.push(der.integer(BigInt(constraints.pathLength)));
  }
  return encodeExtension(oid.basicConstraints, true, der.sequence(...fields));
}

/** Critical. */
export function encodeKeyUsage(...usages: readonly IssuedKeyUsage[]): Uint8Array {
  return encodeExtension(oid.keyUsage, true, der.namedBits(usages.map((usage) => keyUsageBits[usage])));
}

/** @param purposes OIDs, such as `oid.clientAuth` */
export function encodeExtendedKeyUsage(...purposes: readonly string[]): Uint8Array {
  return encodeExtension(oid.extKeyUsage, false, der.sequence(...purposes.map(der.objectIdentifier)));
}

export function encodeSubjectKeyIdentifier(keyIdentifier: Uint8Array): Uint8Array {
  return encodeExtension(oid.subjectKeyIdentifier, false, der.octetString(keyIdentifier));
}

/** Tells clients not to ask for the status of the responder's own certificate (RFC 6960 section 4.2.2.2.1). */
export function encodeOcspNoCheck(): Uint8Array {
  return encodeExtension(oid.ocspNoCheck, false, der.null());
}

/** Names the issuer's key alone, not its name and serial number: a CA may then be certified anew with the same key. */
export function encodeAuthorityKeyIdentifier(keyIdentifier: Uint8Array): Uint8Array {
  return encodeExtension(oid.authorityKeyIdentifier, false, der.sequence(der.context(0, keyIdentifier)));
}

/** Not critical: for certificates whose subject is not empty (RFC 5280 section 4.2.1.6). */
export function encodeSubjectAltName(...names: readonly SubjectAltName[]): Uint8Array {
  return encodeExtension(oid.subjectAltName, false, der.sequence(encodeGeneralNames(names)));
}

/** @param policies OIDs, without qualifiers */
export function encodeCertificatePolicies(...policies: readonly string[]): Uint8Array {
  const information = policies.map((policy) => der.sequence(der.objectIdentifier(policy)));
  return encodeExtension(oid.certificatePolicies, false, der.sequence(...information));
}

/** One distribution point with one URL, from which the certificate's own issuer publishes its CRL. */
export function encodeCrlDistributionPoint(url: string): Uint8Array {
  return encodeExtension(oid.crlDistributionPoints, false, encodeDistributionPoints(url));
}

/** Where the delta CRL to a complete one is: written as a distribution point is (RFC 5280 section 5.2.6). */
export function encodeFreshestCrl(url: string): Uint8Array {
  return encodeExtension(oid.freshestCrl, false, encodeDistributionPoints(url));
}

function encodeDistributionPoints(url: string): Uint8Array {
  return der.sequence(der.sequence(der.constructedContext(0, encodeDistributionPointName(url))));
}

/** The `fullName` form of a DistributionPointName, which certificates and CRLs share (RFC 5280 section 4.2.1.13). */
export function encodeDistributionPointName(url: string): Uint8Array {
  return der.constructedContext(0, encodeGeneralNames([{ type: 'uri', value: url }]));
}

/** Where the issuer's certificate is, and its OCSP responder if it has one. */
export function encodeAuthorityInfoAccess(urls: {
  readonly caIssuers: string;
  readonly ocsp?: string;
}): Uint8Array {
  const describe = (method: string, value: string): Uint8Array =>
    der.sequence(der.objectIdentifier(method), encodeGeneralNames([{ type: 'uri', value }]));
  const responder = urls.ocsp === undefined ? [] : [describe(oid.ocsp, urls.ocsp)];
  const access = der.sequence(...responder, describe(oid.caIssuers, urls.caIssuers));
  return encodeExtension(oid.authorityInfoAccess, false, access);
}
