// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';

import { systemClock } from '../../core/clock.js';
import { DeviceTrustError, MalformedError, RejectedError, UnavailableError } from '../../core/errors.js';
import type { ExpectedBinding, UnverifiedEvidence } from '../../contracts/evidence.js';
import type { IntegrityProvider } from '../../contracts/integrity-provider.js';
import { createBinding } from '../../enrolment/binding.js';
import { assertVerdict } from './assert-verdict.js';
import { contractCase, type ContractCase, type Disposable } from './contract-case.js';
import { freezeDeeply } from './freeze-deeply.js';
import { garbageEvidence } from './garbage-evidence.js';

/** A provider to test, and someone who makes evidence that it accepts. */
export interface ProviderUnderTest extends Disposable {
  readonly provider: IntegrityProvider;
  /** Makes genuine evidence for this challenge and key, as the vendor and a good device would. */
  readonly makeEvidence: (request: {
    readonly expected: ExpectedBinding;
  }) => UnverifiedEvidence | Promise<UnverifiedEvidence>;
  /** Makes evidence that is bound to this challenge and key and yet no proof: forged, stale, of another app. By name. */
  readonly makeForged?: Readonly<Record<string, ProviderUnderTest['makeEvidence']>>;
}

/** How the contract suite of a provider gets at it. */
export interface IntegrityProviderContractOptions {
  readonly create: () => Promise<ProviderUnderTest>;
  /** Evidence that is not in the wire format of the provider; at least one piece. */
  readonly malformed: readonly UnverifiedEvidence[];
  /** When evidence is verified. Default: the clock of the machine. */
  readonly now?: () => Date;
  /** A provider that cannot reach its vendor. Leave it out for one that needs nobody; then the check is not in the list. */
  readonly createUnreachable?: () => Promise<ProviderUnderTest>;
}

/** What every {@link IntegrityProvider} must do. */
export function integrityProviderContract(
  options: IntegrityProviderContractOptions,
): readonly ContractCase[] {
  const { create, malformed, now = () => systemClock.now(), createUnreachable } = options;
  assert.ok(malformed.length > 0, 'the suite needs evidence that is malformed');

  /** Verifies, and knows only two kinds of no. */
  function verify({ provider }: ProviderUnderTest, evidence: UnverifiedEvidence, expected: ExpectedBinding) {
    return provider.verify({ evidence, expected, now: now() });
  }

  return [
    contractCase('genuine evidence is accepted, and the verdict is well formed', create, async (subject) => {
      const expected = sampleBinding();
      const evidence = await subject.makeEvidence({ expected });
      assert.equal(evidence.provider, subject.provider.name, 'evidence names its provider');
      assertVerdict(await verify(subject, evidence, expected), subject.provider, evidence);
    }),

    contractCase(
      'a member of the evidence that the provider does not know is ignored',
      create,
      async (subject) => {
        const expected = sampleBinding();
        const evidence = { ...(await subject.makeEvidence({ expected })), memberOfTomorrow: { a: [1] } };
        assertVerdict(await verify(subject, evidence, expected), subject.provider, evidence);
      },
    ),

    contractCase('evidence for another challenge is refused', create, async (subject) => {
      const expected = sampleBinding();
      const evidence = await subject.makeEvidence({
        expected: createBinding(randomBytes(32), expected.publicKey),
      });
      await assertRejected(() => verify(subject, evidence, expected), evidence);
    }),

    contractCase('evidence for another key is refused', create, async (subject) => {
      const expected = sampleBinding();
      const evidence = await subject.makeEvidence({
        expected: createBinding(expected.challenge, sampleBinding().publicKey),
      });
      await assertRejected(() => verify(subject, evidence, expected), evidence);
    }),

    contractCase('forged evidence is refused', create, async (subject) => {
      for (const [name, makeForged] of Object.entries(subject.makeForged ?? {})) {
        const expected = sampleBinding();
        const evidence = await makeForged({ expected });
        await assertRejected(() => verify(subject, evidence, expected), evidence, name);
      }
    }),

    contractCase('what is not in the wire format is malformed', create, async (subject) => {
      for (const [index, evidence] of malformed.entries()) {
        const error = await errorOf(() => verify(subject, evidence, sampleBinding()));
        assert.ok(
          error instanceof MalformedError,
          `malformed[${index}]: expected a MalformedError, got ${String(error)}`,
        );
        assert.equal(error.code, 'evidence_malformed');
      }
    }),

    contractCase(
      'garbage is malformed or refused: never an outage, never an error of another kind',
      create,
      async (subject) => {
        const expected = sampleBinding();
        const genuine = await subject.makeEvidence({ expected });
        for (const { what, evidence } of garbageEvidence(genuine)) {
          const error = await errorOf(async () => {
            assertVerdict(await verify(subject, evidence, expected), subject.provider, evidence);
          });
          if (error === null) continue; // a member that the provider does not need
          const isRefusal = error instanceof MalformedError || error instanceof RejectedError;
          assert.ok(isRefusal, `${what}: expected a MalformedError or RejectedError, got ${String(error)}`);
        }
      },
    ),

    contractCase('the request is left as it was', create, async (subject) => {
      const expected = sampleBinding();
      const evidence = freezeDeeply(await subject.makeEvidence({ expected }));
      const before = structuredClone(expected);
      await verify(subject, evidence, expected);
      assert.deepEqual(structuredClone(expected), before);
    }),

    contractCase('a signal that is not aborted does no harm', create, async (subject) => {
      const expected = sampleBinding();
      const evidence = await subject.makeEvidence({ expected });
      const { signal } = new AbortController();
      const verdict = await subject.provider.verify({ evidence, expected, now: now(), signal });
      assertVerdict(verdict, subject.provider, evidence);
    }),

    contractCase(
      'an aborted signal ends in a verdict or in an outage, nothing else',
      create,
      async (subject) => {
        const expected = sampleBinding();
        const evidence = await subject.makeEvidence({ expected });
        const signal = AbortSignal.abort();
        const error = await errorOf(async () => {
          const verdict = await subject.provider.verify({ evidence, expected, now: now(), signal });
          assertVerdict(verdict, subject.provider, evidence);
        });
        const isOutage = error === null || error instanceof UnavailableError;
        assert.ok(isOutage, `expected an UnavailableError, got ${String(error)}`);
      },
    ),

    ...(createUnreachable
      ? [
          contractCase('a provider that cannot find out says so', createUnreachable, async (subject) => {
            const expected = sampleBinding();
            const evidence = await subject.makeEvidence({ expected });
            const error = await errorOf(() => verify(subject, evidence, expected));
            assert.ok(
              error instanceof UnavailableError,
              `expected an UnavailableError, got ${String(error)}`,
            );
          }),
        ]
      : []),
  ];
}

function sampleBinding(): ExpectedBinding {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return createBinding(randomBytes(32), publicKey.export({ format: 'der', type: 'spki' }));
}

/** Checks that the answer is `evidence_rejected` with reasons, and that the message gives nothing of the evidence away. */
async function assertRejected(
  call: () => Promise<unknown>,
  evidence: UnverifiedEvidence,
  name = 'the evidence',
): Promise<void> {
  const error = await errorOf(call);
  assert.ok(error instanceof RejectedError, `${name}: expected a RejectedError, got ${String(error)}`);
  assert.equal(error.code, 'evidence_rejected', name);
  assert.ok(error.reasons.length > 0, `${name}: a refusal has at least one reason`);
  for (const member of Object.values(evidence)) {
    const isSecret = typeof member === 'string' && member.length >= 64;
    assert.ok(!isSecret || !error.message.includes(member), `${name}: the message holds the token`);
  }
}

/** What the call throws; `null` if it throws nothing. An error that nobody meant is passed on to the test. */
async function errorOf(call: () => Promise<unknown>): Promise<DeviceTrustError | null> {
  try {
    await call();
    return null;
  } catch (error) {
    assert.ok(error instanceof DeviceTrustError, `expected an error of the library, got ${String(error)}`);
    return error;
  }
}
