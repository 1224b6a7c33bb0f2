import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  createDefaultPolicy,
  createOutagePolicy,
  MalformedError,
  RejectedError,
  UnavailableError,
  weakTier,
  type DeviceTrustOptions,
  type EvidenceSubject,
  type IntegrityProvider,
  type IntegrityVerdict,
  type OutagePolicyOptions,
  type UsageCounterStore,
  type VendorProbe,
  type VendorState,
} from '../../src/index.js';
import { createMemoryStores } from '../../src/memory.js';
import { createFakeClock } from '../../src/testing.js';
import { createBackend, createCsr, newKey, peerFrom, type Ask } from '../backend.js';
import { thrownBy } from '../thrown-by.js';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

/** A vendor whose state is in our hands: how it answers the evidence of clients, and how it answers a probe. */
function createVendor(name: string) {
  const vendor = {
    /** What becomes of evidence; `null`: a verdict. */
    failure: null as Error | null,
    integrity: 'strong' as IntegrityVerdict['device']['integrity'],
    state: 'answered' as VendorState,
    probes: 0,
    /** Happens while evidence is looked at. */
    meanwhile: (): void => undefined,
    subjects: [] as (EvidenceSubject | undefined)[],
  };
  const provider: IntegrityProvider = {
    name,
    async verify({ now, subject }) {
      vendor.subjects.push(subject);
      vendor.meanwhile();
      if (vendor.failure) throw vendor.failure;
      return {
        provider: name,
        kind: 'test',
        issuedAt: now,
        app: {
          packageName: 'com.example.app',
          certificateSha256: [],
          version: null,
          recognition: 'recognized',
          licensing: 'unevaluated',
        },
        device: { integrity: vendor.integrity, labels: [] },
        details: null,
      };
    },
  };
  const probe: VendorProbe = {
    provider: name,
    async probe() {
      vendor.probes += 1;
      return vendor.state;
    },
  };
  return Object.assign(vendor, { provider, probe });
}

const down = () => new UnavailableError('provider_unavailable', { message: 'no answer' });

interface Change extends Partial<Omit<OutagePolicyOptions, 'probes' | 'usageCounters'>> {
  readonly without?: boolean;
  readonly usageCounters?: UsageCounterStore;
  readonly probes?: (vendor: ReturnType<typeof createVendor>) => readonly VendorProbe[];
  readonly device?: Partial<DeviceTrustOptions>;
}

/** A backend with one vendor and an outage policy, and a device that enrolled while the vendor answered. */
async function createScene({ without = false, device = {}, ...change }: Change = {}) {
  const vendor = createVendor('vendor');
  const other = createVendor('other');
  const stores = createMemoryStores();
  const passed = createFakeClock();
  const backend = await createBackend({
    stores,
    providers: [vendor.provider, other.provider],
    policy: createDefaultPolicy({ withoutEvidence: weakTier({ tier: 'none' }) }),
    ...(without
      ? {}
      : {
          outage: createOutagePolicy({
            usageCounters: stores.usageCounters,
            monotonicClock: passed,
            ...change,
            probes: change.probes?.(vendor) ?? [vendor.probe],
          }),
        }),
    ...device,
  });
  const key = newKey();
  const evidence = { provider: 'vendor' };
  const enrolled = await backend.enroll({ key, evidence });
  let peer = peerFrom(enrolled);
  let end = new Date(String(enrolled.body['notAfter']));

  async function renew(request: Omit<Ask, 'peer'> = {}) {
    const answer = await backend.renew({ key, evidence, peer, ...request });
    if (answer.status === 201) {
      peer = peerFrom(answer);
      end = new Date(String(answer.body['notAfter']));
    }
    return answer;
  }

  return {
    backend,
    /** The time that has passed, for the probe. */
    passed,
    vendor,
    other,
    key,
    enrolled,
    renew,
    /** The vendor goes down, for clients and for our probe. */
    breakDown(state: VendorState = 'unanswered') {
      vendor.failure = down();
      vendor.state = state;
    },
    /** Goes to so many milliseconds before the certificate ends. */
    goToEnd(before = HOUR) {
      backend.clock.set(new Date(end.getTime() - before));
    },
  };
}

const waits = { status: 503, body: { code: 'provider_unavailable', action: 'retry' } };

describe('while a vendor cannot be asked', () => {
  it('nothing is issued by default', async () => {
    const scene = await createScene({ without: true });
    scene.breakDown();
    scene.goToEnd();
    expect(await scene.renew()).toMatchObject(waits);
  });

  it('a device whose last verdict is young enough gets a short extension, and it is on record', async () => {
    const scene = await createScene();
    const { backend } = scene;
    scene.breakDown();
    scene.goToEnd();
    const now = backend.clock.now();
    const answer = await scene.renew();
    expect(answer).toMatchObject({
      status: 201,
      body: { deviceId: scene.enrolled.body['deviceId'], tier: 'strong' },
    });
    expect(answer.body['notAfter']).toBe(new Date(now.getTime() + DAY).toISOString());
    expect(answer.body['renewal']).toMatchObject({ evidenceDueAt: now.toISOString() });
    expect(backend.events.at(-1)).toMatchObject({
      type: 'certificate_issued',
      appraisal: {
        outage: 'vendor',
        reasons: ['vendor_outage'],
        evidenceAt: new Date('2026-06-01T12:00:00Z'),
        verdicts: [{ provider: 'vendor', deviceIntegrity: 'strong' }],
      },
    });
    expect(await backend.authenticate(peerFrom(answer))).toMatchObject({
      device: { evidenceAt: new Date('2026-06-01T12:00:00Z'), issuedAt: now },
    });
  });

  it('the same request again gets the same certificate and counts once', async () => {
    const scene = await createScene({ renewals: { maxPerDevice: 1 } });
    const peer = peerFrom(scene.enrolled);
    scene.breakDown();
    scene.goToEnd();
    const challenge = await scene.backend.challenge('renew', peer);
    const ask = () =>
      scene.backend.renew({ peer, challenge, key: scene.key, evidence: { provider: 'vendor' } });
    const first = await ask();
    expect(first.status).toBe(201);
    expect((await ask()).body['serialNumber']).toBe(first.body['serialNumber']);
  });

  it('an enrolment waits', async () => {
    const scene = await createScene();
    scene.breakDown();
    expect(await scene.backend.enroll({ evidence: { provider: 'vendor' } })).toMatchObject(waits);
  });

  it('an enrolment gets what the policy of the team names, if it names anything', async () => {
    const scene = await createScene({ enrolments: { tier: 'none', lifetimeSeconds: 3600 } });
    scene.breakDown();
    const now = scene.backend.clock.now();
    const answer = await scene.backend.enroll({ evidence: { provider: 'vendor' } });
    expect(answer).toMatchObject({
      status: 201,
      body: { tier: 'none', notAfter: new Date(now.getTime() + HOUR).toISOString() },
    });
    expect(scene.backend.events.at(-1)).toMatchObject({
      appraisal: { outage: 'vendor', verdicts: [], evidenceAt: null },
    });
  });
});

describe('an extension is refused, and the request waits,', () => {
  it.each<[string, Change, (scene: Awaited<ReturnType<typeof createScene>>) => void]>([
    [
      'to a certificate that does not end yet',
      {},
      (scene) => {
        scene.goToEnd(DAY + HOUR);
      },
    ],
    [
      'if renewals are to wait',
      { renewals: null },
      (scene) => {
        scene.goToEnd();
      },
    ],
    [
      'to a tier that is not named',
      { renewals: { tiers: ['device'] } },
      (scene) => {
        scene.goToEnd();
      },
    ],
    [
      'if the last evidence is too old',
      { renewals: { maxEvidenceAgeSeconds: 86_400 } },
      (scene) => {
        scene.goToEnd();
      },
    ],
    [
      'if the cause is not named',
      { causes: ['quota'] },
      (scene) => {
        scene.goToEnd();
      },
    ],
    [
      'if there is no probe for the provider',
      { probes: () => [createVendor('unrelated').probe] },
      (scene) => {
        scene.goToEnd();
      },
    ],
  ])('%s', async (_what, change, prepare) => {
    const scene = await createScene(change);
    scene.breakDown();
    prepare(scene);
    expect(await scene.renew()).toMatchObject(waits);
    expect(scene.backend.events.at(-1)).toMatchObject({
      type: 'issuance_refused',
      code: 'provider_unavailable',
    });
  });

  it('for another key', async () => {
    const scene = await createScene();
    scene.breakDown();
    scene.goToEnd();
    expect(await scene.renew({ key: newKey() })).toMatchObject(waits);
    expect((await scene.renew()).status).toBe(201);
  });

  it('to a device that never had evidence of this vendor', async () => {
    const scene = await createScene({
      probes: (vendor) => [vendor.probe, { ...vendor.probe, provider: 'other' }],
    });
    scene.breakDown();
    scene.other.failure = down();
    scene.goToEnd();
    expect(await scene.renew({ evidence: { provider: 'other' } })).toMatchObject(waits);
    expect(await scene.renew({ evidence: [{ provider: 'vendor' }, { provider: 'other' }] })).toMatchObject(
      waits,
    );
    expect((await scene.renew()).status).toBe(201);
  });

  it('to a device whose latest certificate rests on nothing', async () => {
    const scene = await createScene();
    const key = newKey();
    const bare = await scene.backend.enroll({ key, evidence: null });
    scene.breakDown();
    scene.backend.clock.set(new Date(String(bare.body['notAfter'])));
    expect(
      await scene.backend.renew({ peer: peerFrom(bare), key, evidence: { provider: 'vendor' } }),
    ).toMatchObject(waits);
  });

  it('when the device has had its number, until it shows fresh evidence', async () => {
    const scene = await createScene();
    scene.breakDown();
    for (const expected of [201, 201, 503]) {
      scene.goToEnd();
      expect((await scene.renew()).status).toBe(expected);
    }
    scene.vendor.failure = null;
    expect((await scene.renew()).status).toBe(201);
    scene.breakDown();
    scene.goToEnd();
    expect((await scene.renew()).status).toBe(201);
  });

  it('when all devices together have had their number of the day', async () => {
    const scene = await createScene({ maxPerDay: 1 });
    const key = newKey();
    const second = await scene.backend.enroll({ key, evidence: { provider: 'vendor' } });
    scene.breakDown();
    scene.goToEnd();
    const ask = () => scene.backend.renew({ peer: peerFrom(second), key, evidence: { provider: 'vendor' } });
    expect((await scene.renew()).status).toBe(201);
    expect(await ask()).toMatchObject(waits);
    scene.backend.clock.advance(DAY / 1000);
    expect((await ask()).status).toBe(201);
  });

  it('but not because strangers have had all enrolments of the day', async () => {
    const scene = await createScene({ maxPerDay: 1, enrolments: { tier: 'none', lifetimeSeconds: 3600 } });
    scene.breakDown();
    scene.goToEnd();
    const enroll = () => scene.backend.enroll({ evidence: { provider: 'vendor' } });
    expect((await enroll()).status).toBe(201);
    expect(await enroll()).toMatchObject(waits);
    expect((await scene.renew()).status).toBe(201);
  });

  it('of two at once for the last of the day, one', async () => {
    const scene = await createScene({ maxPerDay: 1 });
    const key = newKey();
    const second = await scene.backend.enroll({ key, evidence: { provider: 'vendor' } });
    scene.breakDown();
    scene.goToEnd();
    const answers = await Promise.all([
      scene.renew(),
      scene.backend.renew({ peer: peerFrom(second), key, evidence: { provider: 'vendor' } }),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 503]);
  });

  it('if it cannot be counted', async () => {
    const broken: UsageCounterStore = {
      countUsage: () => Promise.reject(new UnavailableError('store_unavailable', { message: 'down' })),
    };
    const scene = await createScene({ usageCounters: broken });
    scene.breakDown();
    scene.goToEnd();
    expect(await scene.renew()).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
  });

  it('to a device that has been suspended', async () => {
    const scene = await createScene();
    scene.breakDown();
    scene.goToEnd();
    const deviceId = String(scene.enrolled.body['deviceId']);
    const challenge = await scene.backend.challenge('renew', peerFrom(scene.enrolled));
    await scene.backend.revoke({ deviceId, reason: 'privilegeWithdrawn' });
    expect(await scene.renew({ challenge })).toMatchObject({
      status: 403,
      body: { code: 'device_suspended' },
    });
  });
});

/** What a client can bring about; in none of these cases may it profit from the outage policy. */
describe('no input of an attacker reaches the outage policy:', () => {
  const everything: Change = { enrolments: { tier: 'basic', lifetimeSeconds: 3600 } };

  async function expectNothing(
    prepare: (scene: Awaited<ReturnType<typeof createScene>>) => void,
    expected: { readonly status: number; readonly body: object },
    evidence: unknown = { provider: 'vendor' },
  ): Promise<void> {
    const scene = await createScene(everything);
    scene.goToEnd();
    prepare(scene);
    expect(await scene.renew({ evidence })).toMatchObject(expected);
    expect(await scene.backend.enroll({ evidence })).toMatchObject(expected);
    expect(scene.backend.events.filter(({ type }) => type === 'certificate_issued')).toHaveLength(1);
  }

  it('evidence on which the vendor stumbles, while it answers a question of ours', async () => {
    await expectNothing(({ vendor }) => {
      vendor.failure = down();
    }, waits);
  });

  it('evidence that is refused, in a real outage of another vendor', async () => {
    const evidence = [{ provider: 'vendor' }, { provider: 'other' }];
    const refused = { status: 403, body: { code: 'evidence_rejected' } };
    await expectNothing(
      (scene) => {
        scene.breakDown();
        scene.other.failure = new RejectedError('evidence_rejected', {
          message: 'no',
          reasons: ['binding_mismatch'],
        });
      },
      refused,
      evidence,
    );
    await expectNothing(
      (scene) => {
        scene.breakDown();
        scene.other.failure = new RejectedError('evidence_rejected', {
          message: 'no',
          reasons: ['binding_mismatch'],
        });
      },
      refused,
      evidence.toReversed(),
    );
  });

  it('evidence that is malformed, in a real outage of another vendor', async () => {
    await expectNothing(
      (scene) => {
        scene.breakDown();
        scene.other.failure = new MalformedError('evidence_malformed', { message: 'no' });
      },
      { status: 400, body: { code: 'evidence_malformed' } },
      [{ provider: 'vendor' }, { provider: 'other' }],
    );
  });

  it('a bad verdict of one vendor, in a real outage of another', async () => {
    await expectNothing(
      (scene) => {
        scene.breakDown();
        scene.other.integrity = 'failed';
      },
      waits,
      [{ provider: 'vendor' }, { provider: 'other' }],
    );
  });

  it.each([
    'provider_overloaded',
    'provider_budget_exhausted',
    'provider_misconfigured',
    'store_unavailable',
  ] as const)('a flood that ends in %s', async (code) => {
    await expectNothing(
      (scene) => {
        scene.breakDown();
        scene.vendor.failure = new UnavailableError(code, { message: 'held back' });
      },
      { status: 503, body: { code } },
    );
  });

  it('a client that hangs up', async () => {
    const scene = await createScene(everything);
    scene.breakDown();
    scene.goToEnd();
    const { backend, key } = scene;
    const peer = peerFrom(scene.enrolled);
    const challenge = await backend.challenge('renew', peer);
    const gone = new AbortController();
    scene.vendor.meanwhile = () => {
      gone.abort();
    };
    const request = {
      csr: createCsr(key),
      challenge,
      evidence: [{ provider: 'vendor' }],
      device: { deviceId: String(scene.enrolled.body['deviceId']) },
      signal: gone.signal,
    };
    await expect(backend.trust.enrolment.renew(request)).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    // Nothing was left behind that the same request could pick up later.
    expect(backend.events.filter(({ type }) => type === 'certificate_issued')).toHaveLength(1);
    expect(
      await backend.options.stores.certificates.find({ by: 'device', deviceId: request.device.deviceId }),
    ).toMatchObject({
      serialNumber: scene.enrolled.body['serialNumber'],
    });
  });

  it('evidence left out: that is no outage', async () => {
    const scene = await createScene(everything);
    scene.breakDown();
    scene.goToEnd();
    expect(await scene.renew({ evidence: null })).toMatchObject({ status: 201, body: { tier: 'none' } });
    expect(scene.vendor.probes).toBe(0);
  });
});

describe('the probe', () => {
  it('is asked once for many requests, and again when its answer is no longer believed', async () => {
    const scene = await createScene();
    scene.vendor.failure = down();
    scene.goToEnd();
    const requests = async () =>
      (await Promise.all([scene.renew(), scene.renew()])).map(({ status }) => status);
    expect(await requests()).toEqual([503, 503]);
    expect(await requests()).toEqual([503, 503]);
    expect(scene.vendor.probes).toBe(1);
    scene.vendor.state = 'unanswered';
    expect(await scene.renew()).toMatchObject(waits);
    scene.passed.advance(10);
    expect((await scene.renew()).status).toBe(201);
    expect(scene.vendor.probes).toBe(2);
  });

  it('that rejects says nothing, and one that hangs has had no answer', async () => {
    const rejecting = await createScene({
      probes: () => [{ provider: 'vendor', probe: () => Promise.reject(new Error('bug')) }],
    });
    rejecting.vendor.failure = down();
    rejecting.goToEnd();
    expect(await rejecting.renew()).toMatchObject(waits);
    const hanging = await createScene({
      probeTimeoutSeconds: 0.01,
      probes: () => [{ provider: 'vendor', probe: () => new Promise(() => undefined) }],
    });
    hanging.vendor.failure = down();
    hanging.goToEnd();
    expect((await hanging.renew()).status).toBe(201);
  });

  it('by which the vendor says that our quota is used up counts, if the policy names that', async () => {
    const scene = await createScene();
    scene.breakDown('quota');
    scene.vendor.failure = new UnavailableError('provider_quota_exhausted', { message: 'used up' });
    scene.goToEnd();
    expect((await scene.renew()).status).toBe(201);
    const strict = await createScene({ causes: ['unanswered'] });
    strict.breakDown('quota');
    strict.goToEnd();
    expect(await strict.renew()).toMatchObject(waits);
  });
});

describe('createOutagePolicy', () => {
  const { usageCounters } = createMemoryStores();
  const { probe } = createVendor('vendor');
  it.each<[string, Partial<OutagePolicyOptions>]>([
    ['probes', { probes: [] }],
    ['probes', { probes: [probe, probe] }],
    ['causes', { causes: [] }],
    ['maxPerDay', { maxPerDay: 0 }],
    ['probeTimeoutSeconds', { probeTimeoutSeconds: 0 }],
    ['probeTimeoutSeconds', { probeTimeoutSeconds: 61 }],
    ['probeMemorySeconds', { probeMemorySeconds: 61 }],
    ['renewals.tiers', { renewals: { tiers: ['gold'] } }],
    ['renewals.maxEvidenceAgeSeconds', { renewals: { maxEvidenceAgeSeconds: 59 } }],
    ['renewals.endsWithinSeconds', { renewals: { endsWithinSeconds: 8 * 86_400 } }],
    ['renewals.extensionSeconds', { renewals: { endsWithinSeconds: 7200, extensionSeconds: 7199 } }],
    ['renewals.maxPerDevice', { renewals: { maxPerDevice: 31 } }],
    ['enrolments.tier', { enrolments: { tier: 'gold', lifetimeSeconds: 60 } }],
    ['enrolments.lifetimeSeconds', { enrolments: { tier: 'none', lifetimeSeconds: 86_401 } }],
  ])('checks %s', (option, change) => {
    const error = thrownBy(() => createOutagePolicy({ usageCounters, probes: [probe], ...change }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});

describe('a provider is told', () => {
  it('which device asks, and for what', async () => {
    const scene = await createScene();
    await scene.renew();
    const deviceId: unknown = scene.enrolled.body['deviceId'];
    expect(scene.vendor.subjects).toEqual([
      { deviceId, action: 'enroll' },
      { deviceId, action: 'renew' },
    ]);
  });
});
