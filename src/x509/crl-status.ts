// x509: imports core and x509 only.

import type { Certificate } from './certificate.js';
import type { RevokedCertificate } from './crl-entry.js';
import { isSameName } from './distinguished-name.js';
import type { DistributionPoint } from './distribution-point.js';
import { createNames, type GeneralNames } from './general-name.js';
import type { IssuingDistributionPoint } from './issuing-distribution-point.js';
import type { VerifiedCrl } from './verify-crl.js';

/** What a CRL says of a certificate; `unknown` if it does not speak for it, or not for every reason. */
export type CrlStatus =
  | { readonly status: 'good' }
  | { readonly status: 'revoked'; readonly entry: RevokedCertificate }
  | { readonly status: 'unknown' };

const UNKNOWN: CrlStatus = { status: 'unknown' };

/**
 * Finds what a verified CRL says of a certificate of the same issuer (RFC 5280 section 6.3.3 (b)). A list of one distribution
 * point speaks only for certificates that name that point, so that the list of another shard cannot stand in for it. Absence
 * is good news only from a list that would hold the certificate, whatever the reason of its revocation.
 */
export function findCrlStatus({ crl }: VerifiedCrl, certificate: Certificate): CrlStatus {
  const scope = crl.issuingDistributionPoint;
  if (!isSameName(certificate.issuer, crl.issuer)) return UNKNOWN;
  if (scope !== null && !coversKind(scope, certificate)) return UNKNOWN;
  const points = certificate.extensions.crlDistributionPoints;
  // A certificate without distribution points counts as naming its issuer (section 6.3.3, last paragraph).
  const named =
    points === null ? [ownIssuer(certificate)] : points.filter(({ hasCrlIssuer }) => !hasCrlIssuer);
  const covering = named.filter((point) => scope === null || coversPoint(scope, point));
  if (covering.length === 0) return UNKNOWN;

  for (const entry of crl.entries()) {
    if (entry.serialNumber === certificate.serialNumber) return { status: 'revoked', entry };
  }
  const everyReason = scope?.onlySomeReasons !== true && covering.some(({ hasReasons }) => !hasReasons);
  return everyReason ? { status: 'good' } : UNKNOWN;
}

function coversKind(scope: IssuingDistributionPoint, certificate: Certificate): boolean {
  if (scope.onlyContainsAttributeCerts || scope.indirectCrl || scope.hasRelativeName) return false;
  const isCa = certificate.extensions.basicConstraints?.ca === true;
  // Before version 3 a certificate does not tell whether it is a CA.
  const isKnown = certificate.version === 3;
  if (scope.onlyContainsUserCerts) return isKnown && !isCa;
  return !scope.onlyContainsCaCerts || (isKnown && isCa);
}

function coversPoint(scope: IssuingDistributionPoint, point: DistributionPoint): boolean {
  return scope.names === null || (point.names !== null && shareName(scope.names, point.names));
}

/** Two points are the same if they share a name, byte for byte in the case of a URL. */
function shareName(a: GeneralNames, b: GeneralNames): boolean {
  return (
    a.uris.some((uri) => b.uris.includes(uri)) ||
    a.directoryNames.some((name) => b.directoryNames.some((other) => isSameName(name, other)))
  );
}

function ownIssuer(certificate: Certificate): DistributionPoint {
  const names = { ...createNames(), directoryNames: [certificate.issuer] };
  return { names, hasRelativeName: false, hasReasons: false, hasCrlIssuer: false };
}
