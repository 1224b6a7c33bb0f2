import { describe, expect, it } from 'vitest';
import { isInShare } from '../../src/core/device-share.js';
import { ConfigurationError, UnavailableError } from '../../src/core/errors.js';
import { createTierScale } from '../../src/core/tier-scale.js';
import type { Policy } from '../../src/contracts/policy.js';
import { createDefaultPolicy } from '../../src/policy/default-policy.js';
import { observePolicy, type ObservePolicyOptions } from '../../src/policy/observe-policy.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';
import { context, verdict } from './verdicts.js';

const allow = { tier: 'none', lifetimeSeconds: 3600 };
const policy = createDefaultPolicy();
const rooted = context(verdict({ integrity: 'failed' }));
const softened = {
  outcome: 'allow',
  ...allow,
  reasons: [],
  observed: [{ by: 'policy', reasons: ['device_reported_compromised'] }],
};

const devices = Array.from({ length: 1000 }, (_, index) => `device ${index}`);
const inside = devices.find((id) => isInShare(id, 5, 'policy')) ?? '';
const outside = devices.find((id) => !isInShare(id, 5, 'policy')) ?? '';

describe('a policy that is only observed', () => {
  it('allows where it would deny, and keeps why', () => {
    const observed = observePolicy(policy, { allow });
    expect(observed.evaluate(rooted)).toEqual(softened);
    expect(observed.evaluate(context())).toMatchObject({
      tier: 'none',
      observed: [{ by: 'policy', reasons: ['evidence_missing'] }],
    });
  });

  it('leaves alone what it allows', () => {
    const good = context(verdict());
    expect(observePolicy(policy, { allow }).evaluate(good)).toEqual(policy.evaluate(good));
  });

  it('denies in the enforced share, and there only', () => {
    const partly = observePolicy(policy, { allow, enforcePercent: 5 });
    expect(partly.evaluate({ ...rooted, deviceId: inside })).toEqual(policy.evaluate(rooted));
    expect(partly.evaluate({ ...rooted, deviceId: outside })).toEqual(softened);
  });

  it('waits for a policy that answers later', async () => {
    const later: Policy = { evaluate: async (request) => policy.evaluate(request) };
    expect(await observePolicy(later, { allow }).evaluate(rooted)).toEqual(softened);
  });

  it('stays unavailable where it could not find out', async () => {
    const outage = new UnavailableError('policy_unavailable', { message: 'no engine' });
    const throwing: Policy = {
      evaluate: () => {
        throw outage;
      },
    };
    const rejecting: Policy = { evaluate: () => Promise.reject(outage) };
    expect(thrownBy(() => observePolicy(throwing, { allow }).evaluate(rooted))).toBe(outage);
    const answer = Promise.resolve(observePolicy(rejecting, { allow }).evaluate(rooted));
    expect(await rejectionOf(answer)).toBe(outage);
  });

  it('takes the scale of the team', () => {
    const tiers = createTierScale([{ name: 'guest', oid: '1.2.3', lifetimeSeconds: 600 }]);
    const observed = observePolicy(policy, { allow: { tier: 'guest', lifetimeSeconds: 600 }, tiers });
    expect(observed.evaluate(rooted)).toMatchObject({ tier: 'guest', lifetimeSeconds: 600 });
  });

  it.each<[string, string, ObservePolicyOptions]>([
    ['a tier that there is not', 'allow.tier', { allow: { tier: 'gold', lifetimeSeconds: 60 } }],
    ['a longer life', 'allow.lifetimeSeconds', { allow: { tier: 'none', lifetimeSeconds: 86_401 } }],
    ['a life below a minute', 'allow.lifetimeSeconds', { allow: { tier: 'none', lifetimeSeconds: 59 } }],
    ['a share that is none', 'enforcePercent', { allow, enforcePercent: -1 }],
  ])('is refused at creation with %s', (_, option, options) => {
    const error = thrownBy(() => observePolicy(policy, options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});
