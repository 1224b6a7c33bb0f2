// x509: imports core and x509 only.

import { encodeHex } from '../core/bytes.js';
import { readAuthorityKeyIdentifier } from './certificate-extensions.js';
import { DerReader, malformed } from './der-reader.js';
import { type DistributionPoint, readDistributionPoints } from './distribution-point.js';
import type { Extension } from './extension.js';
import { type IssuingDistributionPoint, readIssuingDistributionPoint } from './issuing-distribution-point.js';
import { oid } from './oid.js';

const MAX_NUMBER_BYTES = 20;

/** What the extensions of a CRL say (RFC 5280 section 5.2). */
export interface CrlExtensions {
  /** `null` if it has no number. */
  readonly number: bigint | null;
  /** Key identifier of the issuer, lower-case hex; `null` if it has none. */
  readonly authorityKeyId: string | null;
  /** `null`: the list covers everything that the issuer issued. */
  readonly issuingDistributionPoint: IssuingDistributionPoint | null;
  /**
   * Number of the complete list to which this one, a delta CRL, is the difference (RFC 5280 section 5.2.4); `null`: it is
   * complete itself.
   */
  readonly deltaBase: bigint | null;
  /** Where delta CRLs to this list are (RFC 5280 section 5.2.6); `null` if it does not say. */
  readonly freshestCrl: readonly DistributionPoint[] | null;
  /** OIDs of critical extensions, of the list and of its entries, that we do not process: the list must not be used. */
  readonly criticalUnknown: readonly string[];
}

/**
 * Sorts out the extensions of a CRL (RFC 5280 section 5.2): those we know are read strictly.
 *
 * @throws MalformedError `der_malformed`
 */
export function parseCrlExtensions(extensions: readonly Extension[]): CrlExtensions {
  let number: bigint | null = null;
  let authorityKeyId: string | null = null;
  let issuingDistributionPoint: IssuingDistributionPoint | null = null;
  let deltaBase: bigint | null = null;
  let freshestCrl: readonly DistributionPoint[] | null = null;
  const criticalUnknown: string[] = [];
  for (const { type, critical, value } of extensions) {
    const reader = new DerReader(value);
    switch (type) {
      case oid.issuingDistributionPoint:
        issuingDistributionPoint = readIssuingDistributionPoint(reader);
        reader.finish();
        continue;
      case oid.crlNumber:
        number = readCrlNumber(reader);
        reader.finish();
        break;
      case oid.authorityKeyIdentifier:
        authorityKeyId = readAuthorityKeyIdentifier(reader).keyId;
        reader.finish();
        break;
      case oid.deltaCrlIndicator:
        deltaBase = readCrlNumber(reader);
        reader.finish();
        break;
      case oid.freshestCrl:
        freshestCrl = readDistributionPoints(reader);
        reader.finish();
        break;
      default:
        break;
    }
    if (critical) criticalUnknown.push(type);
  }
  return { number, authorityKeyId, issuingDistributionPoint, deltaBase, freshestCrl, criticalUnknown };
}

/** CRLNumber, and BaseCRLNumber, which is one (RFC 5280 sections 5.2.3 and 5.2.4). */
function readCrlNumber(reader: DerReader): bigint {
  const octets = reader.unsignedInteger();
  if (octets.length > MAX_NUMBER_BYTES) throw malformed('a CRL number is longer than 20 octets');
  return BigInt(`0x${encodeHex(octets)}`);
}
