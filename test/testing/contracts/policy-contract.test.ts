import { describe, expect, it, test } from 'vitest';

import { UnavailableError } from '../../../src/core/errors.js';
import type { Decision, Policy, PolicyContext } from '../../../src/contracts/policy.js';
import { createDefaultPolicy } from '../../../src/policy/default-policy.js';
import { weakTier } from '../../../src/policy/fallback.js';
import { createPolicy } from '../../../src/policy/rule-policy.js';
import { requireDeviceIntegrity } from '../../../src/policy/rules.js';
import { policyContract } from '../../../src/testing/contracts/policy-contract.js';
import { context, renewal, verdict } from '../../policy/verdicts.js';
import { failingCases } from './failing-cases.js';

const allowed = [context(verdict()), renewal(verdict({ integrity: 'device' }))];
const denied = [context(verdict({ recognition: 'unrecognized' })), renewal(verdict({ integrity: 'failed' }))];

describe('policies of rules keep the contract of a policy', () => {
  describe('the default policy', () => {
    const create = async () => ({ policy: createDefaultPolicy() });
    for (const check of policyContract({ create, allowed, denied: [...denied, context()] }))
      test(check.name, check.run);
  });
  describe('a policy with a path without evidence', () => {
    const policy = createPolicy({
      assign: [{ tier: 'device', when: requireDeviceIntegrity('device') }],
      withoutEvidence: weakTier({ tier: 'none' }),
    });
    const create = async () => ({ policy });
    for (const check of policyContract({ create, allowed: [...allowed, context()], denied }))
      test(check.name, check.run);
  });
});

describe('the contract of a policy finds a policy that', () => {
  const good = createDefaultPolicy();
  const failing = (evaluate: (request: PolicyContext) => Decision | Promise<Decision>) =>
    failingCases(policyContract({ create: async () => ({ policy: { evaluate } }), allowed, denied }));
  const spoil = (change: (decision: Decision) => unknown) =>
    failing(async (request) => change(await good.evaluate(request)) as Decision);

  it('allows everyone', async () => {
    const found = await failing(() => ({
      outcome: 'allow',
      tier: 'strong',
      lifetimeSeconds: 60,
      reasons: [],
    }));
    expect(found).toEqual([
      'what must be denied is denied, with reasons and what to do next',
      'a word that no vendor says today is not good news',
    ]);
  });

  it('denies everyone', async () => {
    const found = await failing(() => ({ outcome: 'deny', reasons: ['no'], action: 'stop' }));
    expect(found).toEqual(['what must be allowed is allowed, with a tier of the scale and a life within it']);
  });

  it('gives a tier that there is not, or too long a life', async () => {
    const cases = [
      'what must be allowed is allowed, with a tier of the scale and a life within it',
      'whatever is asked, the decision is well formed',
    ];
    const allow = (change: object) => spoil((one) => (one.outcome === 'allow' ? { ...one, ...change } : one));
    expect(await allow({ tier: 'platinum' })).toEqual(cases);
    expect(await allow({ lifetimeSeconds: 30 * 24 * 3600 })).toEqual(cases);
    expect(await allow({ lifetimeSeconds: 0.5 })).toEqual(cases);
    expect(await allow({ lifetimeSeconds: -1 })).toEqual(cases);
  });

  it('denies without a reason, or without an action that exists', async () => {
    const cases = [
      'what must be denied is denied, with reasons and what to do next',
      'whatever is asked, the decision is well formed',
    ];
    const deny = (change: object) => spoil((one) => (one.outcome === 'deny' ? { ...one, ...change } : one));
    expect(await deny({ reasons: [] })).toEqual(cases);
    expect(await deny({ action: 'panic' })).toEqual(cases);
  });

  it('does not stand by its word', async () => {
    let asked = 0;
    const found = await spoil((one) => {
      asked += 1;
      return { ...one, reasons: [`reason_${asked}`] };
    });
    expect(found).toEqual(['the same request asked again gets the same decision']);
  });

  it('changes what it is asked', async () => {
    const setAside = await failing((request) => {
      Object.assign(request, { claimed: {} });
      return good.evaluate(request);
    });
    expect(setAside).toEqual(['the request is left as it was']);
  });

  it('takes every word but a bad one for a good one', async () => {
    const found = await failing((request) => {
      const bad = request.verdicts.some(
        ({ app, device }) => app.recognition === 'unrecognized' || device.integrity === 'failed',
      );
      return bad || request.verdicts.length === 0
        ? { outcome: 'deny', reasons: ['no'], action: 'stop' }
        : { outcome: 'allow', tier: 'basic', lifetimeSeconds: 60, reasons: [] };
    });
    expect(found).toEqual(['a word that no vendor says today is not good news']);
  });

  it('throws what nobody expects', async () => {
    const found = await failing((request) => {
      if (request.verdicts.length === 0) throw new TypeError('no verdict');
      return good.evaluate(request);
    });
    expect(found).toContain('whatever is asked, the decision is well formed');
  });

  it.each<[string, Policy['evaluate']]>([
    ['allows when it cannot find out', (request) => good.evaluate(request)],
    [
      'denies when it cannot find out',
      () => ({ outcome: 'deny', reasons: ['risk_unknown'], action: 'retry' }),
    ],
  ])('%s', async (_, evaluate) => {
    const createUnreachable = async () => ({ policy: { evaluate } });
    const found = await failingCases(
      policyContract({ create: async () => ({ policy: good }), allowed, denied, createUnreachable }),
    );
    expect(found).toEqual(['a policy that cannot find out says so']);
  });

  it('is good and asks a risk engine that is down: nothing', async () => {
    const down: Policy = {
      evaluate: async () =>
        Promise.reject(new UnavailableError('policy_unavailable', { message: 'the risk engine is down' })),
    };
    const createUnreachable = async () => ({ policy: down });
    expect(
      await failingCases(
        policyContract({ create: async () => ({ policy: good }), allowed, denied, createUnreachable }),
      ),
    ).toEqual([]);
  });
});
