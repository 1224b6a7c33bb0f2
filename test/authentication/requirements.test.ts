import { describe, expect, it } from 'vitest';
import {
  requireEvidenceOf,
  requireEvidenceWithin,
  requireThat,
  requireTier,
  UnavailableError,
  type DeviceRequirement,
  type RouteDemands,
} from '../../src/index.js';
import { ConfigurationError, RejectedError } from '../../src/core/errors.js';
import { createTierScale } from '../../src/core/tier-scale.js';
import { problemResponse } from '../../src/http/problem.js';
import { connectionOf, createBackend, newKey, peerFrom, type Ask, type Backend } from '../backend.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';

/** A device, and how its application requests to a route with these demands end. */
async function createDevice(ask: Ask = {}) {
  const backend = await createBackend();
  const peer = peerFrom(await backend.enroll(ask));
  return { backend, peer, request: (demands: RouteDemands) => send(backend, peer, demands) };
}

async function send(backend: Backend, peer: Parameters<typeof connectionOf>[0], demands: RouteDemands) {
  const token = await backend.tokens.createToken({ subject: 'alice', claims: { scope: 'read write' } });
  return backend.trust.authenticator.authenticate(
    connectionOf(peer, { authorization: `Bearer ${token}` }),
    demands,
  );
}

const demand = (...requirements: readonly DeviceRequirement[]): RouteDemands => ({ requirements });

describe('a route that demands a tier', () => {
  it.each([
    ['the very tier', 'strong'],
    ['a weaker one', 'basic'],
  ])('lets %s in', async (_what, tier) => {
    const { request } = await createDevice();
    expect(await request(demand(requireTier(tier)))).toMatchObject({ device: { tier: 'strong' } });
  });

  it('sends a weaker device to attest again, and takes it when it has', async () => {
    const key = newKey();
    const { backend, peer, request } = await createDevice({ evidence: null, key });
    const error = await rejectionOf(request(demand(requireTier('device'))));
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code: 'tier_insufficient', reasons: ['tier_too_low'], action: 'reattest' });
    const answer = problemResponse(error);
    expect(answer).toMatchObject({ status: 403 });
    expect(JSON.parse(answer.body.toString())).toMatchObject({ action: 'reattest' });

    const renewed = peerFrom(await backend.renew({ peer, key }));
    expect(await send(backend, renewed, demand(requireTier('device')))).toMatchObject({
      device: { tier: 'strong' },
    });
  });

  it('that does not exist is a mistake of the developer', async () => {
    const { request } = await createDevice();
    expect(await rejectionOf(request(demand(requireTier('royal'))))).toBeInstanceOf(ConfigurationError);
  });
});

describe('a route that demands fresh evidence', () => {
  it('counts from the issuance of the certificate to the second', async () => {
    const { backend, request } = await createDevice();
    backend.clock.advance(600);
    await request(demand(requireEvidenceWithin(600)));
    backend.clock.advance(1);
    expect(await rejectionOf(request(demand(requireEvidenceWithin(600))))).toMatchObject({
      code: 'evidence_insufficient',
      reasons: ['evidence_stale'],
      action: 'reattest',
    });
  });

  it('is not met without any evidence, however fresh', async () => {
    const { request } = await createDevice({ evidence: null });
    expect(await rejectionOf(request(demand(requireEvidenceWithin(600))))).toMatchObject({
      code: 'evidence_insufficient',
      reasons: ['evidence_missing'],
    });
  });

  it.each([[59], [90 * 86_400 + 1], [60.5], [NaN]])('is refused with an age of %s', (age) => {
    expect(thrownBy(() => requireEvidenceWithin(age))).toBeInstanceOf(ConfigurationError);
  });
});

describe('a route that demands evidence of certain providers', () => {
  it('lets a device with one of them in', async () => {
    const { request } = await createDevice();
    const { device } = await request(demand(requireEvidenceOf(['huawei-sysintegrity', 'play-integrity'])));
    expect(device.providers).toEqual(['play-integrity']);
  });

  it.each<[string, Ask, string]>([
    ['of another provider', {}, 'provider_not_accepted'],
    ['with none', { evidence: null }, 'evidence_missing'],
  ])('refuses a device %s', async (_what, ask, reason) => {
    const { request } = await createDevice(ask);
    expect(await rejectionOf(request(demand(requireEvidenceOf(['huawei-sysintegrity']))))).toMatchObject({
      code: 'evidence_insufficient',
      reasons: [reason],
      action: 'reattest',
    });
  });
});

describe('a requirement of a team of its own', () => {
  const custom = (test: () => unknown, action?: 'stop') =>
    requireThat({
      name: 'not on the list',
      reason: 'listed',
      test: test as () => boolean,
      ...(action === undefined ? {} : { action }),
    });

  it('is shown the device, and is met by true alone', async () => {
    const { request } = await createDevice();
    const seen: unknown[] = [];
    const requirement = requireThat({
      name: 'looks',
      reason: 'x',
      test: async ({ device, now }) => seen.push(device.tier, now) > 0,
    });
    await request(demand(requirement));
    expect(seen).toEqual(['strong', expect.any(Date)]);
  });

  it.each([[false], [undefined], ['yes'], [1], [Promise.resolve(false)]])(
    'is not met by %s',
    async (answer) => {
      const { request } = await createDevice();
      expect(await rejectionOf(request(demand(custom(() => answer))))).toMatchObject({
        code: 'evidence_insufficient',
        reasons: ['listed'],
        action: 'reattest',
      });
    },
  );

  it('may say what the app should do', async () => {
    const { request } = await createDevice();
    expect(await rejectionOf(request(demand(custom(() => false, 'stop'))))).toMatchObject({ action: 'stop' });
  });

  it('that fails is no yes', async () => {
    const { request } = await createDevice();
    const broken = custom(() => {
      throw new Error('no connection to the risk engine');
    });
    const error = await rejectionOf(request(demand(broken)));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'policy_unavailable' });
  });

  it('that could not find out says so itself', async () => {
    const { request } = await createDevice();
    const down = custom(() => {
      throw new UnavailableError('provider_unavailable', { message: 'down' });
    });
    expect(await rejectionOf(request(demand(down)))).toMatchObject({ code: 'provider_unavailable' });
  });
});

describe('several requirements', () => {
  it('must all be met, and the first that is not is told', async () => {
    const { request } = await createDevice({ evidence: null });
    const both = [requireTier('none'), requireEvidenceWithin(600), requireTier('strong')];
    expect(await rejectionOf(request(demand(...both)))).toMatchObject({ code: 'evidence_insufficient' });
    expect(await rejectionOf(request(demand(...both.reverse())))).toMatchObject({
      code: 'tier_insufficient',
    });
  });

  it('are asked before the access token is', async () => {
    const { backend, peer } = await createDevice({ evidence: null });
    const asking = backend.trust.authenticator.authenticate(
      connectionOf(peer),
      demand(requireTier('strong')),
    );
    expect(await rejectionOf(asking)).toMatchObject({ code: 'tier_insufficient' });
  });
});

describe('a route that demands scopes', () => {
  it('lets a token with all of them in', async () => {
    const { request } = await createDevice();
    expect(await request({ scopes: ['write', 'read'] })).toMatchObject({ accessToken: { subject: 'alice' } });
  });

  it('refuses a token that lacks one, and says so in WWW-Authenticate', async () => {
    const { request } = await createDevice();
    const error = await rejectionOf(request({ scopes: ['read', 'admin'] }));
    expect(error).toMatchObject({ code: 'access_token_scope_insufficient' });
    expect(problemResponse(error)).toMatchObject({
      status: 403,
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' },
    });
  });
});

describe('a requirement, by itself', () => {
  const NOW = new Date('2026-06-01T12:00:00Z');
  const evaluate = async (requirement: DeviceRequirement, change: object = {}) =>
    requirement.evaluate({
      device: {
        kind: 'device',
        deviceId: 'x',
        tier: 'basic',
        issuerId: 'x',
        serialNumber: 'x',
        publicKeySha256: 'x',
        notBefore: NOW,
        notAfter: NOW,
        issuedAt: NOW,
        providers: ['play-integrity', 'huawei-sysintegrity'],
        evidenceAt: NOW,
        ...change,
      },
      tiers: createTierScale(),
      now: NOW,
    });
  const unmet = (...reasons: readonly string[]) => ({ met: false, code: 'evidence_insufficient', reasons });

  it('has a name for the log', () => {
    expect(requireTier('basic').name).toBe('tier basic');
    expect(requireEvidenceWithin(60).name).toBe('evidence of the last 60 seconds');
    expect(requireEvidenceOf(['a', 'b']).name).toBe('evidence of a or b');
    expect(requireThat({ name: 'mine', reason: 'x', test: () => true }).name).toBe('mine');
  });

  it('says what it found, and leaves the action to the default', async () => {
    expect(await evaluate(requireTier('basic'))).toEqual({ met: true });
    expect(await evaluate(requireTier('strong'))).toEqual({
      met: false,
      code: 'tier_insufficient',
      reasons: ['tier_too_low'],
    });
    expect(await evaluate(requireEvidenceWithin(60), { evidenceAt: null })).toEqual(
      unmet('evidence_missing'),
    );
    expect(await evaluate(requireEvidenceOf(['a']), { providers: [] })).toEqual(unmet('evidence_missing'));
    const no = { name: 'mine', reason: 'listed', test: () => false } as const;
    expect(await evaluate(requireThat(no))).toStrictEqual(unmet('listed'));
    expect(await evaluate(requireThat({ ...no, action: 'stop' }))).toEqual({
      ...unmet('listed'),
      action: 'stop',
    });
  });

  it('is content with one provider of those that it names', async () => {
    expect(await evaluate(requireEvidenceOf(['play-integrity']))).toEqual({ met: true });
    expect(await evaluate(requireEvidenceOf(['other', 'play-integrity']))).toEqual({ met: true });
    expect(await evaluate(requireEvidenceOf(['other']))).toEqual(unmet('provider_not_accepted'));
  });

  it('counts seconds from 60 to 90 days, both included', async () => {
    const days90 = 90 * 86_400;
    for (const [maxAge, ageSeconds, met] of [
      [60, 60, true],
      [60, 60.001, false],
      [days90, days90, true],
      [days90, days90 + 1, false],
    ] as const) {
      const evidenceAt = new Date(NOW.getTime() - ageSeconds * 1000);
      expect(await evaluate(requireEvidenceWithin(maxAge), { evidenceAt })).toMatchObject({ met });
    }
    expect(thrownBy(() => requireEvidenceWithin(days90 + 1))).toMatchObject({ option: 'maxAgeSeconds' });
  });

  it('names the tier that does not exist', async () => {
    expect(await rejectionOf(evaluate(requireTier('royal')))).toMatchObject({
      option: 'requireTier',
      message: 'requireTier: royal is no tier of the scale',
    });
  });
});

describe('a requirement that is not met', () => {
  it('is named in the log, and so is one that failed', async () => {
    const { request } = await createDevice({ evidence: null });
    expect(await rejectionOf(request(demand(requireTier('strong'))))).toMatchObject({
      message: 'the device does not meet: tier strong',
    });
    const cause = new Error('no connection');
    const test = () => Promise.reject(cause);
    const broken = requireThat({ name: 'risk engine', reason: 'x', test });
    expect(await rejectionOf(request(demand(broken)))).toMatchObject({
      message: 'a requirement failed: risk engine',
      cause,
    });
  });
});
