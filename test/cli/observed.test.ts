import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuditTrail } from '../../src/audit/audit-trail.js';
import type { CertificateIssuedEvent } from '../../src/contracts/event-sink.js';
import type { ClaimedDevice, ObservedRefusal } from '../../src/contracts/policy.js';
import type { Stores } from '../../src/contracts/stores.js';
import { createMemoryStores } from '../../src/memory.js';
import { auditChain } from '../../src/testing/contracts/sample-audit.js';
import { days, sampleDevice, sampleIntent } from '../../src/testing/contracts/sample-intent.js';
import { createOperator, withStoresOf, type Operator, type StorePlace } from './operator.js';
import { places } from './places.js';

const LICENCE = { by: 'rule:licensed app', reasons: ['app_not_licensed'] };
const PROVIDER = { by: 'provider:trial', reasons: ['evidence_too_old', 'binding_mismatch'] };

/** A certificate that a device got, with what was only observed. */
function issued(
  device: number,
  day: number,
  observed: readonly ObservedRefusal[] = [],
  claimed: ClaimedDevice = {},
): CertificateIssuedEvent {
  const { appraisal, ...intent } = sampleIntent(device);
  return {
    type: 'certificate_issued',
    at: days(day),
    action: 'enroll',
    deviceId: sampleDevice(device),
    issuerId: intent.issuerId,
    serialNumber: intent.serialNumber,
    publicKeySha256: intent.publicKeySha256,
    tier: intent.tier,
    notAfter: intent.notAfter,
    appraisal: { ...appraisal, observed, claimed },
  };
}

/** Eight certificates in four days; of five of them something was observed, for four devices. */
const STORY: readonly CertificateIssuedEvent[] = [
  issued(1, 0, [LICENCE], { model: 'A', appVersion: '1' }),
  issued(1, 1, [LICENCE], { model: 'A', appVersion: '2' }),
  issued(2, 1, [LICENCE, PROVIDER], { model: 'B', appVersion: '2' }),
  issued(3, 1),
  issued(4, 2, [PROVIDER], { model: '\u001b[2J' }),
  issued(5, 2),
  issued(6, 3),
  issued(7, 3, [LICENCE]),
];

async function record(stores: Stores, events: readonly CertificateIssuedEvent[]): Promise<void> {
  const trail = createAuditTrail({ audit: stores.audit });
  for (const event of events) await trail.record(event);
}

describe.each(places)('what was only observed, over $name', ({ create }) => {
  let place: StorePlace;
  let operator: Operator;
  beforeAll(async () => {
    place = await create();
  });
  afterAll(async () => {
    await place.end();
  });
  beforeEach(async () => {
    const url = await place.makeUrl();
    operator = createOperator(url);
    await withStoresOf(url, (stores) => record(stores, STORY));
    await operator.run('revoke', '--device', sampleDevice(1), '--reason', 'superseded');
  });

  it('is summed up by who and why', async () => {
    expect(await operator.run('observed')).toEqual({
      status: 0,
      stderr: '',
      stdout: [
        'issued 8; if all were enforced, 5 of them (62.50 %), of 4 devices, would have been refused',
        '',
        'BY                 REASON            REQUESTS  DEVICES  SHARE',
        'rule:licensed app  app_not_licensed  4         3        50.00 %',
        'provider:trial     evidence_too_old  2         2        25.00 %',
        'provider:trial     binding_mismatch  2         2        25.00 %',
        '',
      ].join('\n'),
    });
  });

  it('is told apart by what the app claims, and claims stay in their cell', async () => {
    const { stdout } = await operator.run('observed', '--by', 'app-version,model');
    expect(stdout.split('\n').slice(2)).toEqual([
      'BY                 MODEL      APP VERSION  REQUESTS  DEVICES  SHARE',
      'rule:licensed app  A          1            1         1        12.50 %',
      'rule:licensed app  A          2            1         1        12.50 %',
      'rule:licensed app  B          2            1         1        12.50 %',
      'provider:trial     B          2            1         1        12.50 %',
      'provider:trial     \\u{1b}[2J  -            1         1        12.50 %',
      'rule:licensed app  -          -            1         1        12.50 %',
      '',
    ]);
  });

  it('is summed up since a time, as JSON', async () => {
    const since = days(2).toISOString();
    const { status, stdout } = await operator.run('observed', '--since', since, '--json');
    expect(status).toBe(0);
    const row = { requests: 1, devices: 1, devicesAtLeast: false, share: 0.25 };
    expect(JSON.parse(stdout)).toEqual({
      since,
      issued: 4,
      observed: { requests: 2, devices: 2, devicesAtLeast: false, share: 0.5 },
      rows: [
        { by: 'provider:trial', reason: 'evidence_too_old', ...row },
        { by: 'provider:trial', reason: 'binding_mismatch', ...row },
        { by: 'rule:licensed app', reason: 'app_not_licensed', ...row },
      ],
    });
  });

  it('names the members of claims as events do', async () => {
    const { stdout } = await operator.run(
      'observed',
      '--by',
      'app-version',
      '--since',
      '2026-03-04',
      '--json',
    );
    expect(JSON.parse(stdout)).toMatchObject({
      rows: [{ by: 'rule:licensed app', appVersion: '', requests: 1 }],
    });
  });

  it('is nothing after the last certificate', async () => {
    const { stdout } = await operator.run('observed', '--since', '2027-01-01');
    expect(stdout).toBe(
      'issued 0 since 2027-01-01T00:00:00.000Z; if all were enforced, 0 of them (0.00 %), of 0 devices, ' +
        'would have been refused\n',
    );
  });
});

describe('a trail that is longer than a page', () => {
  const operatorOf = (stores: Stores) =>
    createOperator('memory', { openStores: async () => ({ stores, close: async () => undefined }) });

  it('is read to its end', async () => {
    const stores = createMemoryStores();
    const bodies = Array.from({ length: 2500 }, (_, index) => JSON.stringify(issued(index, 0, [LICENCE])));
    await stores.audit.appendAudit(
      auditChain(null, bodies).map((entry, index) => ({ ...entry, deviceId: sampleDevice(index) })),
    );
    const { stdout } = await operatorOf(stores).run('observed', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ issued: 2500, observed: { requests: 2500, devices: 2500 } });
  });

  it('may hold what no event is like: that is not counted', async () => {
    const stores = createMemoryStores();
    const event = issued(1, 0, [LICENCE]);
    const spoiled = [
      'no JSON',
      'null',
      '[]',
      '{}',
      '{"type":"certificate_issued"}',
      JSON.stringify({ ...event, at: 'yesterday' }),
      ...[null, 1, {}, { observed: 'x' }, { observed: [null] }, { observed: [{ by: 'x', reasons: 1 }] }].map(
        (appraisal) => JSON.stringify({ ...event, appraisal }),
      ),
    ];
    await stores.audit.appendAudit(auditChain(null, spoiled));
    const { status, stdout } = await operatorOf(stores).run('observed', '--since', '2020-01-01', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ issued: 6, observed: { requests: 0 }, rows: [] });
  });
});

describe('a call of observed that there is not', () => {
  it.each([[['--by', 'device']], [['--by', '']], [['--since', 'yesterday']], [['rule']], [['--limit', '3']]])(
    '%j is told so, before a store is opened',
    async (words) => {
      const { status, stdout, stderr } = await createOperator('sqlite:/not/there').run('observed', ...words);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(/^device-trust: [^\n]+; see device-trust --help\n$/);
    },
  );
});
