// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { parseCrl, type Crl } from '../x509/crl.js';
import { describeName } from '../x509/distinguished-name.js';
import { describeCrlTolerantly } from '../x509/second-opinion.js';
import { explain, type Finding } from './report.js';

/** How many entries are printed. */
const MAX_PRINTED = 10;

/** Describes a CRL, and what of it would be refused. */
export function inspectCrl(der: Uint8Array, now: Date): Finding {
  const what = 'a certificate revocation list';
  try {
    const crl = parseCrl(der);
    return { what, facts: describe(crl), refusals: findRefusals(crl, now) };
  } catch (error) {
    return { what, facts: describeCrlTolerantly(der), refusals: explain(error) };
  }
}

function describe(crl: Crl): Finding['facts'] {
  const facts: (readonly [string, string])[] = [
    ['issuer', describeName(crl.issuer)],
    ['number', crl.number?.toString() ?? '(none)'],
    ['made', crl.thisUpdate.toISOString()],
    ['next', crl.nextUpdate?.toISOString() ?? '(does not say)'],
    ['signature', crl.signatureAlgorithm?.name ?? '(none that we accept)'],
    [
      'covers',
      crl.issuingDistributionPoint === null ? 'everything of this issuer' : 'one distribution point',
    ],
    ['entries', String(crl.entryCount)],
  ];
  for (const { serialNumber, revokedAt } of crl.entries()) {
    if (facts.length >= 7 + MAX_PRINTED) {
      facts.push(['', '...']);
      break;
    }
    facts.push(['revoked', `${serialNumber} at ${revokedAt.toISOString()}`]);
  }
  return facts;
}

function findRefusals(crl: Crl, now: Date): readonly string[] {
  const refusals: string[] = [];
  if (crl.signatureAlgorithm === null) refusals.push('its signature algorithm is not one that we accept');
  if (crl.criticalUnknown.length > 0)
    refusals.push(`critical extensions unknown: ${crl.criticalUnknown.join(', ')}`);
  if (crl.thisUpdate.getTime() > now.getTime()) refusals.push('it was made in the future');
  if (crl.nextUpdate === null) refusals.push('it does not say when the next one is out');
  else if (crl.nextUpdate.getTime() < now.getTime()) refusals.push('it is out of date');
  if (crl.issuingDistributionPoint?.indirectCrl === true)
    refusals.push('it is an indirect list, of certificates that others issued');
  if (crl.deltaBase !== null) refusals.push('it is a delta list, and no complete list stands beside it');
  return refusals;
}
