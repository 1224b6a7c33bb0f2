// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import type { CertificateFilter } from '../contracts/certificate-search.js';
import { parseHex, parseTime } from './parse-option.js';

/** The options that say which certificates are meant. */
export const filterOptions = {
  tier: { type: 'string' },
  provider: { type: 'string' },
  'app-version': { type: 'string' },
  release: { type: 'string' },
  'enrolled-from': { type: 'string' },
  'enrolled-before': { type: 'string' },
  'ends-before': { type: 'string' },
} as const;

/** Reads those that were given; a filter without members if none was. */
export function parseFilter(
  values: Readonly<Partial<Record<keyof typeof filterOptions, string>>>,
): CertificateFilter {
  const { tier, provider, release } = values;
  const appVersion = values['app-version'];
  const from = values['enrolled-from'];
  const before = values['enrolled-before'];
  const ends = values['ends-before'];
  return {
    ...(tier === undefined ? {} : { tier }),
    ...(provider === undefined ? {} : { provider }),
    ...(appVersion === undefined ? {} : { appVersion }),
    ...(release === undefined
      ? {}
      : { bootstrapCertificateSha256: parseHex('--release', release, { exactly: 64 }) }),
    ...(from === undefined ? {} : { enrolledFrom: parseTime('--enrolled-from', from) }),
    ...(before === undefined ? {} : { enrolledBefore: parseTime('--enrolled-before', before) }),
    ...(ends === undefined ? {} : { notAfterBefore: parseTime('--ends-before', ends) }),
  };
}
