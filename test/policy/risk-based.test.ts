import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, RejectedError, UnavailableError } from '../../src/core/errors.js';
import type { PolicyContext } from '../../src/contracts/policy.js';
import { riskBased, type RiskBasedOptions, type RiskContext } from '../../src/policy/risk-based.js';
import { createPolicy } from '../../src/policy/rule-policy.js';
import { requireDeviceIntegrity } from '../../src/policy/rules.js';
import { policyContract } from '../../src/testing/contracts/policy-contract.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';
import { context, renewal, verdict } from './verdicts.js';

const HOUR = 3600;
const levels = [
  { below: 0.2, tier: 'basic', lifetimeSeconds: HOUR },
  { below: 0.6, tier: 'none' },
];
const assign = [{ tier: 'device', when: requireDeviceIntegrity('device') }];

const policyOf = (options: Partial<RiskBasedOptions>) =>
  createPolicy({ assign, withoutEvidence: riskBased({ score: () => 0, levels, ...options }) });
const decide = async (score: RiskBasedOptions['score'], request: PolicyContext = context()) =>
  policyOf({ score }).evaluate(request);

const basic = { outcome: 'allow', tier: 'basic', lifetimeSeconds: HOUR, reasons: ['risk_accepted'] };
const none = { outcome: 'allow', tier: 'none', lifetimeSeconds: 24 * HOUR, reasons: ['risk_accepted'] };
const denied = { outcome: 'deny', reasons: ['risk_too_high'], action: 'reattest' };

describe('a risk score', () => {
  it.each([
    [0, basic],
    [0.199, basic],
    [0.2, none],
    [0.599, none],
    [0.6, denied],
    [1, denied],
  ])('of %d decides', async (score, expected) => {
    expect(await decide(() => score)).toEqual(expected);
    expect(await decide(async () => score)).toEqual(expected);
  });

  it('of 1 is denied whatever the levels', async () => {
    const policy = policyOf({ score: () => 1, levels: [{ below: 1, tier: 'none' }] });
    expect(await policy.evaluate(context())).toEqual(denied);
  });

  it('knows all about the request but evidence, and when its time is over', async () => {
    const seen: RiskContext[] = [];
    let limit: AbortSignal | undefined;
    const request = { ...renewal(), claimed: { model: 'X' } };
    await decide((known, signal) => {
      seen.push(known);
      limit = signal;
      return 0;
    }, request);
    expect(seen.map((known) => ({ verdicts: [], ...known }))).toEqual([request]);
    expect(seen[0]).not.toHaveProperty('verdicts');
    expect(limit?.aborted).toBe(false);
  });

  it('is not asked about those who send evidence, good or bad', async () => {
    const asked: RiskContext[] = [];
    const score = (known: RiskContext) => {
      asked.push(known);
      return 0;
    };
    expect(await decide(score, context(verdict()))).toMatchObject({ tier: 'device' });
    expect(await decide(score, context(verdict({ integrity: 'failed' })))).toMatchObject({ outcome: 'deny' });
    expect(asked).toEqual([]);
  });

  it.each<[string, RiskBasedOptions['score']]>([
    ['no number', () => NaN],
    ['below 0', () => -Number.MIN_VALUE],
    ['above 1', () => 1 + Number.EPSILON],
    ['infinite', () => -Infinity],
    ['a text', () => '0' as unknown as number],
    ['nothing', () => undefined as unknown as number],
    ['a promise of no number', async () => NaN],
    [
      'thrown',
      () => {
        throw new Error('a bug');
      },
    ],
    ['rejected', () => Promise.reject(new Error('no engine'))],
    [
      'a refusal of its own',
      () => {
        throw new RejectedError('policy_denied', { message: 'no' });
      },
    ],
  ])('that is %s makes the policy fail, and allows nobody', async (_, score) => {
    const error = await rejectionOf(decide(score));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'policy_unavailable' });
  });

  it('that fails names what was thrown, for the log', async () => {
    const bug = new Error('a bug');
    expect(await rejectionOf(decide(() => Promise.reject(bug)))).toMatchObject({ cause: bug });
    expect(
      await rejectionOf(
        decide(() => {
          throw bug;
        }),
      ),
    ).toMatchObject({ cause: bug });
  });

  it('that does not come in time makes the policy fail, and is told to stop', async () => {
    let limit: AbortSignal | undefined;
    const policy = policyOf({
      timeoutSeconds: 1,
      score: (_, signal) => {
        limit = signal;
        return new Promise(() => undefined);
      },
    });
    const error = await rejectionOf(Promise.resolve(policy.evaluate(context())));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'policy_unavailable', cause: { name: 'TimeoutError' } });
    expect(limit?.aborted).toBe(true);
  });

  it('never gives more than a lower one does, and never a tier that evidence gives', async () => {
    const strength = ['deny', 'none', 'basic'];
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (one, other) => {
          const [low, high] = one < other ? [one, other] : [other, one];
          const [better, worse] = [await decide(() => low), await decide(() => high)];
          const rank = (decision: typeof better) =>
            strength.indexOf(decision.outcome === 'allow' ? decision.tier : 'deny');
          expect(rank(worse)).toBeGreaterThanOrEqual(0);
          expect(rank(better)).toBeGreaterThanOrEqual(rank(worse));
        },
      ),
    );
  });
});

describe('a policy with a risk score keeps the contract of a policy', () => {
  const score = ({ claimed }: RiskContext) => (claimed.model === 'emulator' ? 0.9 : 0.1);
  const emulator = { ...context(), claimed: { model: 'emulator' } };
  const cases = policyContract({
    create: async () => ({ policy: policyOf({ score }) }),
    createUnreachable: async () => ({
      policy: policyOf({ score: () => Promise.reject(new Error('no engine')) }),
    }),
    allowed: [context()],
    denied: [emulator, context(verdict({ integrity: 'failed' }))],
  });
  for (const { name, run } of cases) it(name, run);
});

describe('a risk score is refused at creation', () => {
  it.each<[string, string, Partial<RiskBasedOptions>]>([
    ['without levels', 'levels', { levels: [] }],
    ['with a level below nothing', 'levels[0].below', { levels: [{ below: 0, tier: 'none' }] }],
    ['with a level that is no number', 'levels[0].below', { levels: [{ below: NaN, tier: 'none' }] }],
    ['with a level above 1', 'levels[0].below', { levels: [{ below: 1.1, tier: 'none' }] }],
    [
      'with levels that do not rise',
      'levels[1].below',
      {
        levels: [
          { below: 0.5, tier: 'basic' },
          { below: 0.5, tier: 'none' },
        ],
      },
    ],
    [
      'with tiers that do not fall',
      'withoutEvidence.levels[1].tier',
      {
        levels: [
          { below: 0.2, tier: 'none' },
          { below: 0.5, tier: 'basic' },
        ],
      },
    ],
    [
      'with a tier that is not of the scale',
      'withoutEvidence.levels[0].tier',
      { levels: [{ below: 0.2, tier: 'gold' }] },
    ],
    [
      'with a tier that evidence gives',
      'withoutEvidence.levels[0].tier',
      { levels: [{ below: 0.2, tier: 'device' }] },
    ],
    [
      'with a longer life than the tier has',
      'withoutEvidence.levels[0].lifetimeSeconds',
      { levels: [{ below: 0.2, tier: 'none', lifetimeSeconds: 24 * HOUR + 1 }] },
    ],
    ['without time', 'timeoutSeconds', { timeoutSeconds: 0 }],
    ['with too much time', 'timeoutSeconds', { timeoutSeconds: 31 }],
    ['without a score', 'score', { score: 0.5 as unknown as RiskBasedOptions['score'] }],
  ])('%s', (_, option, options) => {
    const error = thrownBy(() => policyOf(options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});
