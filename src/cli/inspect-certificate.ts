// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { defaultTiers } from '../core/tier-scale.js';
import { parseCertificate, type Certificate } from '../x509/certificate.js';
import { findPathFaults, findTargetFaults, type PathRequirements } from '../x509/chain-rules.js';
import { describeName, isSameName } from '../x509/distinguished-name.js';
import type { GeneralNames } from '../x509/general-name.js';
import { oid } from '../x509/oid.js';
import { findNameConstraintFault } from '../x509/permitted-name.js';
import { describeCertificateTolerantly } from '../x509/second-opinion.js';
import { findIssuanceFault } from '../x509/verify-issued-by.js';
import { describeAddress } from './describe-address.js';
import { describeKey } from './inspect-certification-request.js';
import { explain, explainReasons, type Finding } from './report.js';

/**
 * Describes a certificate, and what of it would be refused: as a CA if it is one, as a server's if it is for servers only, else
 * as that of a client. Whether a chain leads to a pinned root is a question about more than one certificate, and not asked.
 */
export function inspectCertificate(der: Uint8Array, now: Date): Finding {
  try {
    const certificate = parseCertificate(der);
    const role = roleOf(certificate);
    return {
      what: roles[role],
      facts: describe(certificate),
      refusals: findRefusals(certificate, role, now),
    };
  } catch (error) {
    return { what: 'a certificate', facts: describeCertificateTolerantly(der), refusals: explain(error) };
  }
}

const roles = {
  ca: 'a CA certificate',
  server: 'a server certificate',
  client: 'a client certificate',
} as const;

function roleOf({ extensions }: Certificate): keyof typeof roles {
  if (extensions.basicConstraints?.ca === true) return 'ca';
  const purposes = extensions.extendedKeyUsage ?? [];
  return purposes.includes(oid.serverAuth) && !purposes.includes(oid.clientAuth) ? 'server' : 'client';
}

function describe(certificate: Certificate): Finding['facts'] {
  const { extensions, publicKey, signatureAlgorithm } = certificate;
  const { basicConstraints, keyUsage, extendedKeyUsage, subjectAltNames } = extensions;
  const tier = defaultTiers.find((known) => extensions.policies?.includes(known.oid));
  const pathLength = basicConstraints?.pathLength ?? null;
  const facts: (readonly [string, string | undefined | null])[] = [
    ['subject', describeName(certificate.subject) || '(empty)'],
    ['issuer', describeName(certificate.issuer)],
    ['serial', certificate.serialNumber],
    ['from', certificate.notBefore.toISOString()],
    ['until', certificate.notAfter.toISOString()],
    ['key', describeKey(publicKey)],
    ['key SHA-256', publicKey.sha256],
    ['signature', signatureAlgorithm?.name ?? '(none that we accept)'],
    [
      'CA',
      basicConstraints?.ca ? `yes${pathLength === null ? '' : `, with ${pathLength} CAs below it`}` : 'no',
    ],
    ['key usage', keyUsage && [...keyUsage].join(', ')],
    ['purposes', extendedKeyUsage?.map(nameOf).join(', ')],
    ['names', subjectAltNames && listNames(subjectAltNames).join(', ')],
    ['policies', extensions.policies?.join(', ')],
    ['tier', tier?.name],
    ['CRL', extensions.crlDistributionPoints?.flatMap((point) => point.names?.uris ?? []).join(', ')],
    ['issuer id', extensions.authorityKeyIdentifier?.keyId],
    ['own id', extensions.subjectKeyIdentifier],
    ['SHA-256', certificate.sha256],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name, value] as const] : []));
}

function findRefusals(certificate: Certificate, role: keyof typeof roles, now: Date): readonly string[] {
  const requirements: PathRequirements =
    role === 'ca'
      ? { now, target: 'ca', extendedKeyUsage: null, keyUsage: 'keyCertSign' }
      : {
          now,
          extendedKeyUsage: role === 'server' ? oid.serverAuth : oid.clientAuth,
          keyUsage: 'digitalSignature',
        };
  const faults = [
    ...findTargetFaults(certificate, requirements),
    ...findPathFaults([certificate], requirements),
  ];
  const nameFault = findNameConstraintFault([certificate]);
  if (nameFault !== null) faults.push(nameFault);
  if (certificate.signatureAlgorithm === null) faults.push('algorithm_refused');
  const ownFault = isSelfSigned(certificate) ? findIssuanceFault(certificate, certificate) : null;
  if (ownFault !== null) faults.push(ownFault);
  return explainReasons([...new Set(faults)]);
}

/** Issued under its own name and, if it says so, with its own key. */
function isSelfSigned({ issuer, subject, extensions }: Certificate): boolean {
  const keyId = extensions.authorityKeyIdentifier?.keyId ?? null;
  return isSameName(issuer, subject) && (keyId === null || keyId === extensions.subjectKeyIdentifier);
}

function listNames({ uris, dnsNames, emailAddresses, ipAddresses }: GeneralNames): readonly string[] {
  return [...uris, ...dnsNames, ...emailAddresses, ...ipAddresses.map(describeAddress)];
}

function nameOf(purpose: string): string {
  return Object.entries(oid).find(([, value]) => value === purpose)?.[0] ?? purpose;
}
