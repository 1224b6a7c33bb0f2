// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

import { UnavailableError } from '../../core/errors.js';
import { createTierScale, type TierScale } from '../../core/tier-scale.js';
import type { IntegrityVerdict } from '../../contracts/integrity-verdict.js';
import type { Decision, Policy, PolicyContext } from '../../contracts/policy.js';
import { contractCase, type ContractCase, type Disposable } from './contract-case.js';
import { freezeDeeply } from './freeze-deeply.js';

/** How the contract suite of a policy gets at it. */
export interface PolicyContractOptions {
  readonly create: () => Promise<Disposable & { readonly policy: Policy }>;
  /** Requests that the policy must allow; at least one. */
  readonly allowed: readonly PolicyContext[];
  /** Requests that the policy must deny; at least one. */
  readonly denied: readonly PolicyContext[];
  /** The scale whose tiers the policy gives. Default: that of the default tiers. */
  readonly tiers?: TierScale;
  /**
   * A policy that cannot reach what it asks, such as a risk engine. Leave it out for a policy that asks nobody; then the
   * check about it is not in the list.
   */
  readonly createUnreachable?: () => Promise<Disposable & { readonly policy: Policy }>;
}

const ACTIONS: ReadonlySet<string> = new Set(['retry', 'renew', 'reattest', 'reenroll', 'update', 'stop']);

/** What every {@link Policy} must do. */
export function policyContract(options: PolicyContractOptions): readonly ContractCase[] {
  const { create, allowed, denied, tiers = createTierScale(), createUnreachable } = options;
  assert.ok(allowed.length > 0 && denied.length > 0, 'the suite needs requests of both outcomes');
  const requests = [...allowed, ...denied, ...sampleRequests()];

  return [
    contractCase(
      'what must be allowed is allowed, with a tier of the scale and a life within it',
      create,
      async ({ policy }) => {
        for (const request of allowed) {
          const decision = await policy.evaluate(request);
          assert.equal(decision.outcome, 'allow');
          assertWellFormed(decision, tiers);
        }
      },
    ),

    contractCase(
      'what must be denied is denied, with reasons and what to do next',
      create,
      async ({ policy }) => {
        for (const request of denied) {
          const decision = await policy.evaluate(request);
          assert.equal(decision.outcome, 'deny');
          assertWellFormed(decision, tiers);
        }
      },
    ),

    contractCase('whatever is asked, the decision is well formed', create, async ({ policy }) => {
      for (const request of requests) {
        const decision = await evaluate(policy, request);
        if (decision !== null) assertWellFormed(decision, tiers);
      }
    }),

    contractCase('the same request asked again gets the same decision', create, async ({ policy }) => {
      for (const request of requests) {
        const first = await evaluate(policy, request);
        const second = await evaluate(policy, structuredClone(request));
        assert.deepEqual(second, first);
      }
    }),

    contractCase('the request is left as it was', create, async ({ policy }) => {
      for (const request of requests) {
        const given = freezeDeeply(structuredClone(request));
        await evaluate(policy, given);
        assert.ok(isDeepStrictEqual(given, request), 'a date of the request was changed');
      }
    }),

    contractCase('a word that no vendor says today is not good news', create, async ({ policy }) => {
      for (const request of allowed) {
        if (request.verdicts.length === 0) continue;
        const decision = await evaluate(policy, {
          ...request,
          verdicts: request.verdicts.map(withUnknownWords),
        });
        assert.notEqual(decision?.outcome, 'allow');
      }
    }),

    ...(createUnreachable
      ? [
          contractCase('a policy that cannot find out says so', createUnreachable, async ({ policy }) => {
            for (const request of allowed) {
              await assert.rejects(async () => policy.evaluate(request), UnavailableError);
            }
          }),
        ]
      : []),
  ];
}

/** The decision, or `null` if the policy says that it could not find out. */
async function evaluate(policy: Policy, request: PolicyContext): Promise<Decision | null> {
  try {
    return await policy.evaluate(request);
  } catch (error) {
    assert.ok(error instanceof UnavailableError, `expected an UnavailableError, got ${String(error)}`);
    return null;
  }
}

function assertWellFormed(decision: Decision, tiers: TierScale): void {
  for (const reason of decision.reasons) assert.match(reason, /./, 'a reason is a text');
  if (decision.outcome === 'deny') {
    assert.ok(decision.reasons.length > 0, 'a denial has at least one reason');
    assert.ok(ACTIONS.has(decision.action), `there is no client action ${decision.action}`);
    return;
  }
  assert.equal(decision.outcome, 'allow');
  const tier = tiers.find(decision.tier);
  assert.ok(tier, `there is no tier ${decision.tier}`);
  const { lifetimeSeconds } = decision;
  assert.ok(Number.isInteger(lifetimeSeconds) && lifetimeSeconds > 0, 'a life is a whole number of seconds');
  assert.ok(lifetimeSeconds <= tier.lifetimeSeconds, 'no certificate lives longer than its tier allows');
}

function withUnknownWords(verdict: IntegrityVerdict): IntegrityVerdict {
  const words: unknown = {
    ...verdict,
    app: { ...verdict.app, recognition: 'word-of-tomorrow', licensing: 'word-of-tomorrow' },
    device: { ...verdict.device, integrity: 'word-of-tomorrow' },
  };
  return words as IntegrityVerdict; // what a provider of a later version may say
}

/** Every word of a verdict, alone and in pairs, for both actions, with and without a history. */
function sampleRequests(): readonly PolicyContext[] {
  const now = new Date('2026-03-01T12:00:00.000Z');
  const verdicts = (['recognized', 'unrecognized', 'unevaluated'] as const).flatMap((recognition) =>
    (['failed', 'unevaluated', 'basic', 'device', 'strong'] as const).map((integrity) =>
      sampleVerdict(recognition, integrity, now),
    ),
  );
  const lists = [
    [],
    ...verdicts.map((one) => [one]),
    ...verdicts.map((one, index) => [one, ...verdicts.slice(index + 1, index + 2)]),
  ];
  return lists.flatMap((list): readonly PolicyContext[] => {
    const common = { verdicts: list, claimed: {}, deviceId: 'd', sameKey: true, now };
    const history = {
      deviceId: 'd',
      tier: 'device',
      lastIssuedAt: new Date(0),
      notAfter: now,
      evidence: null,
    };
    return [
      { ...common, action: 'enroll', history: null, bootstrapCertificateSha256: 'ab'.repeat(32) },
      { ...common, action: 'renew', history, bootstrapCertificateSha256: null },
    ];
  });
}

function sampleVerdict(
  recognition: IntegrityVerdict['app']['recognition'],
  integrity: IntegrityVerdict['device']['integrity'],
  issuedAt: Date,
): IntegrityVerdict {
  const app = {
    packageName: 'com.example.app',
    certificateSha256: ['cd'.repeat(32)],
    version: '1',
    recognition,
  };
  return {
    provider: 'sample',
    kind: 'sample',
    issuedAt,
    app: { ...app, licensing: 'unevaluated' },
    device: { integrity, labels: [integrity] },
    details: null,
  };
}
