// x509: imports core and x509 only.

import { constructedContextTag, contextTag, derTag } from './der-tag.js';
import { DerReader, malformed } from './der-reader.js';
import { type DistributionPoint, readDistributionPoints } from './distribution-point.js';
import { type Extension, readExtensions } from './extension.js';
import { type GeneralNames, readGeneralNames } from './general-name.js';
import { type NameConstraints, readNameConstraints } from './name-constraints.js';
import { oid } from './oid.js';
import { skipWellFormed } from './skip-well-formed.js';

/** Uses of a key (RFC 5280 section 4.2.1.3), each at the number of its bit. */
const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

/** A use of a key. */
export type KeyUsage = (typeof keyUsages)[number];

/** The extensions of a certificate that we read (RFC 5280 section 4.2); `null` where it does not have one. */
export interface CertificateExtensions {
  /** Whether it may issue certificates, and how many CAs may stand below it; `pathLength` is `null` for any number. */
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | null } | null;
  readonly keyUsage: ReadonlySet<KeyUsage> | null;
  /** OIDs in dotted form. */
  readonly extendedKeyUsage: readonly string[] | null;
  /** Lower-case hex. */
  readonly subjectKeyIdentifier: string | null;
  /** `keyId` is lower-case hex; `null` if the issuer is named in another way. */
  readonly authorityKeyIdentifier: { readonly keyId: string | null } | null;
  readonly subjectAltNames: GeneralNames | null;
  /** Certificate policy OIDs in dotted form; qualifiers are passed over. */
  readonly policies: readonly string[] | null;
  readonly crlDistributionPoints: readonly DistributionPoint[] | null;
  readonly nameConstraints: NameConstraints | null;
  /** It has policy constraints, policy mappings or inhibitAnyPolicy, which we do not process. */
  readonly hasPolicyConstraints: boolean;
  /** No revocation information is published for it (RFC 9608). */
  readonly noRevAvail: boolean;
  /** OIDs of critical extensions that are not processed: by RFC 5280 section 4.2 such a certificate is refused. */
  readonly criticalUnknown: readonly string[];
  /** All of them, in order, for those who know more. */
  readonly all: readonly Extension[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Sorts out the extensions of a certificate: those we know are read strictly, others are kept as they are.
 *
 * @param all every extension; empty for a certificate without any
 * @throws MalformedError `der_malformed`
 */
export function parseCertificateExtensions(all: readonly Extension[]): CertificateExtensions {
  const criticalUnknown: string[] = [];
  const extensions: Mutable<CertificateExtensions> = {
    basicConstraints: null,
    keyUsage: null,
    extendedKeyUsage: null,
    subjectKeyIdentifier: null,
    authorityKeyIdentifier: null,
    subjectAltNames: null,
    policies: null,
    crlDistributionPoints: null,
    nameConstraints: null,
    hasPolicyConstraints: false,
    noRevAvail: false,
    criticalUnknown,
    all,
  };
  for (const extension of all) {
    const reader = new DerReader(extension.value);
    const processed = readExtension(extension.type, reader, extensions);
    if (processed === 'no') {
      if (extension.critical) criticalUnknown.push(extension.type);
      continue;
    }
    reader.finish();
    // RFC 5280 wants these non-critical; no reader of ours does what "critical" would ask for.
    if (processed === 'hint' && extension.critical) criticalUnknown.push(extension.type);
  }
  return extensions;
}

/** Reads one extension. `hint`: read, but nothing depends on it; `no`: not known. */
function readExtension(
  type: string,
  reader: DerReader,
  into: Mutable<CertificateExtensions>,
): 'yes' | 'hint' | 'no' {
  switch (type) {
    case oid.basicConstraints:
      into.basicConstraints = readBasicConstraints(reader);
      return 'yes';
    case oid.keyUsage:
      into.keyUsage = readKeyUsage(reader);
      return 'yes';
    case oid.extKeyUsage:
      into.extendedKeyUsage = readIdentifiers(reader, (list) => list.objectIdentifier());
      return 'yes';
    case oid.subjectAltName:
      into.subjectAltNames = readGeneralNames(reader, derTag.sequence);
      checkIpAddresses(into.subjectAltNames);
      return 'yes';
    case oid.certificatePolicies:
      into.policies = readIdentifiers(reader, readPolicy);
      return 'yes';
    case oid.crlDistributionPoints:
      into.crlDistributionPoints = readDistributionPoints(reader);
      return 'yes';
    case oid.nameConstraints:
      into.nameConstraints = readNameConstraints(reader);
      return 'yes';
    case oid.policyConstraints:
    case oid.policyMappings:
    case oid.inhibitAnyPolicy:
      skipWellFormed(reader);
      into.hasPolicyConstraints = true;
      return 'yes';
    case oid.subjectKeyIdentifier:
      into.subjectKeyIdentifier = reader.hex(derTag.octetString);
      return 'hint';
    case oid.authorityKeyIdentifier:
      into.authorityKeyIdentifier = readAuthorityKeyIdentifier(reader);
      return 'hint';
    case oid.noRevAvail:
      reader.null();
      into.noRevAvail = true;
      return 'hint';
    default:
      return 'no';
  }
}

/** BasicConstraints (RFC 5280 section 4.2.1.9). */
function readBasicConstraints(reader: DerReader): NonNullable<CertificateExtensions['basicConstraints']> {
  const fields = reader.enter(derTag.sequence);
  const ca = fields.nextTag() === derTag.boolean;
  if (ca && !fields.boolean()) throw malformed('a default value is encoded');
  const pathLength = fields.nextTag() === derTag.integer ? fields.smallInteger() : null;
  fields.finish();
  if (!ca && pathLength !== null) throw malformed('a path length is given for what is no CA');
  return { ca, pathLength };
}

function readKeyUsage(reader: DerReader): ReadonlySet<KeyUsage> {
  // RFC 5280 wants at least one bit; phones with a key that may do nothing exist, and an empty set allows nothing.
  const bits = reader.namedBits();
  const uses = new Set<KeyUsage>();
  let bit = 1;
  for (const use of keyUsages) {
    if ((bits & bit) !== 0) uses.add(use);
    bit <<= 1;
  }
  return uses;
}

/** Each identifier of a list is compared with all before it. */
const MAX_IDENTIFIERS = 128;

/** A SEQUENCE of 1 to 128 things that are named by an OID, and that come once. */
function readIdentifiers(reader: DerReader, read: (list: DerReader) => string): readonly string[] {
  const list = reader.enter(derTag.sequence);
  const identifiers: string[] = [];
  if (list.atEnd()) throw malformed('a list of object identifiers is empty');
  while (!list.atEnd()) {
    const identifier = read(list);
    if (identifiers.length >= MAX_IDENTIFIERS) throw malformed('there are too many object identifiers');
    if (identifiers.includes(identifier)) throw malformed('an object identifier comes twice');
    identifiers.push(identifier);
  }
  return identifiers;
}

/** PolicyInformation (RFC 5280 section 4.2.1.4). */
function readPolicy(list: DerReader): string {
  const fields = list.enter(derTag.sequence);
  const policy = fields.objectIdentifier();
  if (!fields.atEnd()) {
    if (fields.nextTag() !== derTag.sequence) throw malformed('the qualifiers of a policy are no list');
    skipWellFormed(fields);
  }
  fields.finish();
  return policy;
}

/** AuthorityKeyIdentifier (RFC 5280 section 4.2.1.1). */
export function readAuthorityKeyIdentifier(reader: DerReader): { readonly keyId: string | null } {
  const fields = reader.enter(derTag.sequence);
  const keyId = fields.nextTag() === contextTag(0) ? fields.hex(contextTag(0)) : null;
  if (fields.nextTag() === constructedContextTag(1)) readGeneralNames(fields, constructedContextTag(1));
  if (fields.nextTag() === contextTag(2)) fields.integer(contextTag(2));
  fields.finish();
  return { keyId };
}

function checkIpAddresses(names: GeneralNames): void {
  if (names.ipAddresses.some(({ length }) => length !== 4 && length !== 16)) {
    throw malformed('an IP address does not have 4 or 16 octets');
  }
}

/** Reads the `Extensions` of a certificate. */
export function readCertificateExtensions(reader: DerReader): CertificateExtensions {
  return parseCertificateExtensions(readExtensions(reader));
}
