// testing: may import everything; nothing imports it.

import type { CertificateFilter } from '../../contracts/certificate-search.js';
import type { AppraisalSummary, CertificateIntent } from '../../contracts/certificate-store.js';
import { days, sampleDevice } from './sample-intent.js';

const OTHER_RELEASE = 'f6'.repeat(32);

/** One filter, the intents that it is asked of, by number, and the numbers that it finds. */
export const searchFilters: readonly {
  readonly what: string;
  readonly filter: CertificateFilter;
  readonly intents: Readonly<Record<number, Partial<CertificateIntent>>>;
  readonly found: readonly number[];
}[] = [
  {
    what: 'a tier',
    filter: { tier: 'device' },
    intents: { 1: {}, 2: { tier: 'basic' }, 3: { tier: 'devices' }, 4: {} },
    found: [1, 4],
  },
  {
    what: 'a provider, whichever piece of the evidence it verified',
    filter: { provider: 'second' },
    intents: {
      1: providers('first', 'second'),
      2: providers('first'),
      3: providers('second'),
      4: providers(),
    },
    found: [1, 3],
  },
  {
    what: 'no provider at all',
    filter: { provider: '' },
    intents: { 1: providers(), 2: providers('first'), 3: providers() },
    found: [1, 3],
  },
  {
    what: 'a provider that verified two pieces, once',
    filter: { provider: 'first' },
    intents: { 1: providers('first', 'first'), 2: providers('other') },
    found: [1],
  },
  {
    what: 'a version of the app',
    filter: { appVersion: '1.2.3' },
    intents: { 1: {}, 2: version('1.2.30'), 3: version(null), 4: version('1.2.3') },
    found: [1, 4],
  },
  {
    what: 'the release that the device enrolled with',
    filter: { bootstrapCertificateSha256: OTHER_RELEASE },
    intents: {
      1: {},
      2: { bootstrapCertificateSha256: OTHER_RELEASE },
      3: { bootstrapCertificateSha256: null },
    },
    found: [2],
  },
  {
    what: 'an enrolment at a time or later',
    filter: { enrolledFrom: days(-20) },
    intents: { 1: enrolled(-20, -1), 2: enrolled(-20), 3: enrolled(-20, 1) },
    found: [2, 3],
  },
  {
    what: 'an enrolment before a time',
    filter: { enrolledBefore: days(-20) },
    intents: { 1: enrolled(-20, -1), 2: enrolled(-20), 3: enrolled(-20, 1) },
    found: [1],
  },
  {
    what: 'an end after a time',
    filter: { notAfterFrom: days(5) },
    intents: { 1: ending(5, -1), 2: ending(5), 3: ending(5, 1) },
    found: [3],
  },
  {
    what: 'an end before a time',
    filter: { notAfterBefore: days(5) },
    intents: { 1: ending(5, -1), 2: ending(5), 3: ending(5, 1) },
    found: [1],
  },
  {
    what: 'the latest of each device: the one that was intended last, whatever its dates',
    filter: { latestOnly: true },
    intents: {
      1: { deviceId: sampleDevice(1) },
      2: { deviceId: sampleDevice(2) },
      3: { deviceId: sampleDevice(1), notAfter: days(1), intendedAt: days(-2) },
    },
    found: [2, 3],
  },
  {
    what: 'all of them if not only the latest are asked for',
    filter: { latestOnly: false },
    intents: { 1: { deviceId: sampleDevice(1) }, 2: { deviceId: sampleDevice(1) } },
    found: [1, 2],
  },
  {
    what: 'the latest of each device, and that of a tier: an older one of that tier does not count',
    filter: { latestOnly: true, tier: 'device' },
    intents: {
      1: { deviceId: sampleDevice(1) },
      2: { deviceId: sampleDevice(1), tier: 'basic' },
      3: { deviceId: sampleDevice(3), tier: 'basic' },
      4: { deviceId: sampleDevice(3) },
    },
    found: [4],
  },
  {
    what: 'everything at once',
    filter: {
      tier: 'device',
      provider: 'first',
      appVersion: '9',
      bootstrapCertificateSha256: OTHER_RELEASE,
      enrolledFrom: days(-20),
      enrolledBefore: days(-10),
      notAfterFrom: days(4),
      notAfterBefore: days(6),
      latestOnly: true,
    },
    intents: {
      1: everything(),
      2: everything({ tier: 'basic' }),
      3: everything({ appraisal: sampleAppraisal(['other'], '9') }),
      4: everything({ appraisal: sampleAppraisal(['first'], '8') }),
      5: everything({ bootstrapCertificateSha256: null }),
      6: everything(enrolled(-21)),
      7: everything(enrolled(-10)),
      8: everything(ending(4)),
      9: everything(ending(6)),
      10: everything({ deviceId: sampleDevice(11) }),
      11: everything(),
    },
    found: [1, 11],
  },
  { what: 'everything if nothing is asked for', filter: {}, intents: { 1: {}, 2: {} }, found: [1, 2] },
];

/** An appraisal with verdicts of these providers. */
export function sampleAppraisal(
  names: readonly string[],
  appVersion: string | null = null,
): AppraisalSummary {
  return {
    reasons: ['tier_assigned'],
    verdicts: names.map((provider) => ({
      provider,
      kind: 'classic',
      issuedAt: days(0),
      deviceIntegrity: 'device',
      appRecognition: 'recognized',
    })),
    claimed: appVersion === null ? {} : { appVersion },
    evidenceAt: names.length === 0 ? null : days(0),
    evidenceDueAt: null,
    outage: null,
    observed: [],
  };
}

function providers(...names: readonly string[]): Partial<CertificateIntent> {
  return { appraisal: sampleAppraisal(names) };
}

function version(appVersion: string | null): Partial<CertificateIntent> {
  return { appraisal: sampleAppraisal(['play-integrity'], appVersion) };
}

function enrolled(day: number, milliseconds = 0): Partial<CertificateIntent> {
  return { enrolledAt: new Date(days(day).getTime() + milliseconds) };
}

function ending(day: number, milliseconds = 0): Partial<CertificateIntent> {
  return { notAfter: new Date(days(day).getTime() + milliseconds) };
}

/** An intent to which every member of the filter above applies. */
function everything(change: Partial<CertificateIntent> = {}): Partial<CertificateIntent> {
  return {
    appraisal: sampleAppraisal(['first'], '9'),
    bootstrapCertificateSha256: OTHER_RELEASE,
    ...enrolled(-15),
    ...ending(5),
    ...change,
  };
}
