// x509: imports core and x509 only.

import { constructedContextTag, contextTag, derTag } from './der-tag.js';
import { type DerReader, malformed } from './der-reader.js';
import { type GeneralNames, readGeneralNames } from './general-name.js';
import { skipWellFormed } from './skip-well-formed.js';

/** Where a CRL for a certificate is to be had (RFC 5280 section 4.2.1.13). */
export interface DistributionPoint {
  /** Full names; `null` if there is no name, or only one relative to the issuer. */
  readonly names: GeneralNames | null;
  /** The point has a name relative to the CRL issuer, which we do not resolve. */
  readonly hasRelativeName: boolean;
  /** Only some revocation reasons are told there. */
  readonly hasReasons: boolean;
  /** Another one than the issuer of the certificate signs the CRL. */
  readonly hasCrlIssuer: boolean;
}

/** Reads the value of a cRLDistributionPoints extension. */
export function readDistributionPoints(reader: DerReader): readonly DistributionPoint[] {
  const list = reader.enter(derTag.sequence);
  if (list.atEnd()) throw malformed('a list of distribution points is empty');
  const points: DistributionPoint[] = [];
  while (!list.atEnd()) points.push(readDistributionPoint(list));
  return points;
}

function readDistributionPoint(list: DerReader): DistributionPoint {
  const fields = list.enter(derTag.sequence);
  const name = readDistributionPointName(fields);
  const hasReasons = fields.nextTag() === contextTag(1);
  if (hasReasons) fields.namedBits(contextTag(1));
  const hasCrlIssuer = fields.nextTag() === constructedContextTag(2);
  if (hasCrlIssuer) readGeneralNames(fields, constructedContextTag(2));
  fields.finish();
  if (name === null && !hasCrlIssuer) throw malformed('a distribution point has neither name nor issuer');
  return {
    names: name?.names ?? null,
    hasRelativeName: name !== null && name.names === null,
    hasReasons,
    hasCrlIssuer,
  };
}

/** Reads an optional `[0] DistributionPointName`; its `names` are `null` if it is relative to the issuer. */
export function readDistributionPointName(fields: DerReader): { readonly names: GeneralNames | null } | null {
  if (fields.nextTag() !== constructedContextTag(0)) return null;
  const choice = fields.enter(constructedContextTag(0));
  const full = choice.nextTag() === constructedContextTag(0);
  const names = full ? readGeneralNames(choice, constructedContextTag(0)) : null;
  if (!full) {
    choice.setOf(constructedContextTag(1), (set) => {
      skipWellFormed(set);
    });
  }
  choice.finish();
  return { names };
}
