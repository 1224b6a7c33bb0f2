import { describe, expect, it, test } from 'vitest';

import { equalBytes, decodeBase64 } from '../../../src/core/bytes.js';
import { MalformedError, RejectedError, UnavailableError } from '../../../src/core/errors.js';
import type { IntegrityProvider, VerifyEvidenceRequest } from '../../../src/contracts/integrity-provider.js';
import type { IntegrityVerdict } from '../../../src/contracts/integrity-verdict.js';
import { createHuaweiSysIntegrityProvider } from '../../../src/huawei-sysintegrity.js';
import { createPlayIntegrityProvider, localDecryption } from '../../../src/play-integrity.js';
import {
  integrityProviderContract,
  type IntegrityProviderContractOptions,
  type ProviderUnderTest,
} from '../../../src/testing/contracts/integrity-provider-contract.js';
import { createFakeHuawei } from '../../../src/testing/fake-huawei.js';
import { createFakePlay, type FakePlayTokenRequest } from '../../../src/testing/fake-play.js';
import { failingCases } from './failing-cases.js';

describe('the providers keep the contract of an integrity provider', () => {
  describe('Play Integrity', () => {
    const play = createFakePlay();
    const makeWith =
      (request: FakePlayTokenRequest): ProviderUnderTest['makeEvidence'] =>
      ({ expected }) => ({
        provider: 'play-integrity',
        token: play.createToken({ binding: expected.binding, ...request }),
      });
    const provider = createPlayIntegrityProvider({
      packageName: play.packageName,
      certificateSha256: [play.certificateSha256],
      decode: localDecryption(play),
    });
    const cases = integrityProviderContract({
      create: async () => ({
        provider,
        makeEvidence: makeWith({}),
        makeForged: {
          'signed with another key': makeWith({ forge: { wrongSigningKey: true } }),
          stale: makeWith({ issuedAt: new Date(Date.now() - 3_600_000) }),
          'a test answer': makeWith({ testing: true }),
        },
      }),
      malformed: [
        { provider: 'play-integrity' },
        { provider: 'play-integrity', token: 7 },
        { provider: 'other', token: 'x' },
      ],
    });
    for (const check of cases) test(check.name, check.run);
  });

  describe('Huawei SysIntegrity', () => {
    const huawei = createFakeHuawei();
    const provider = createHuaweiSysIntegrityProvider({
      packageName: huawei.packageName,
      certificateSha256: [huawei.certificateSha256],
      appId: huawei.appId,
      roots: huawei.roots,
    });
    const cases = integrityProviderContract({
      create: async () => ({
        provider,
        makeEvidence: ({ expected }) => ({
          provider: 'huawei-sysintegrity',
          token: huawei.createToken({ binding: expected.binding }),
        }),
      }),
      malformed: [{ provider: 'huawei-sysintegrity', token: 'a.b' }],
    });
    for (const check of cases) test(check.name, check.run);
  });
});

/** Evidence of a vendor that signs nothing: good enough to see what the suite sees. */
const SAMPLE = 'sample-vendor';
const PADDING = 'p'.repeat(100);

const verdict: IntegrityVerdict = {
  provider: SAMPLE,
  kind: 'plain',
  issuedAt: new Date(),
  app: {
    packageName: 'com.example.app',
    certificateSha256: ['ab'.repeat(32)],
    version: null,
    recognition: 'recognized',
    licensing: 'unevaluated',
  },
  device: { integrity: 'device', labels: ['FINE'] },
  details: { fine: true },
};

function rejected(message: string): RejectedError {
  return new RejectedError('evidence_rejected', { message, reasons: ['binding_mismatch'] });
}

async function verifyWell({ evidence, expected }: VerifyEvidenceRequest): Promise<IntegrityVerdict> {
  const { token } = evidence;
  if (typeof token !== 'string' || !token.endsWith(PADDING)) {
    throw new MalformedError('evidence_malformed', { message: 'the token is not one' });
  }
  const bound = decodeBase64(token.slice(0, -PADDING.length));
  if (bound === null) throw new MalformedError('evidence_malformed', { message: 'the token is not one' });
  if (!equalBytes(bound, expected.binding)) throw rejected('the binding is another');
  return verdict;
}

function optionsFor(verify: IntegrityProvider['verify']): IntegrityProviderContractOptions {
  return {
    create: async () => ({
      provider: { name: SAMPLE, verify },
      makeEvidence: ({ expected }) => ({
        provider: SAMPLE,
        token: `${Buffer.from(expected.binding).toString('base64url')}${PADDING}`,
      }),
    }),
    malformed: [{ provider: SAMPLE }, { provider: SAMPLE, token: '!' }],
  };
}

describe('the contract of an integrity provider finds a provider that', () => {
  const failing = (verify: IntegrityProvider['verify']) =>
    failingCases(integrityProviderContract(optionsFor(verify)));
  const afterGood = (change: (good: IntegrityVerdict, request: VerifyEvidenceRequest) => unknown) =>
    failing(async (request) => change(await verifyWell(request), request) as IntegrityVerdict);
  const onError = (change: (error: unknown, request: VerifyEvidenceRequest) => unknown) =>
    failing(async (request) => {
      try {
        return await verifyWell(request);
      } catch (error) {
        throw change(error, request);
      }
    });

  it('is good: nothing', async () => {
    expect(await failing(verifyWell)).toEqual([]);
  });

  it('accepts everything', async () => {
    expect(await failing(async () => verdict)).toEqual([
      'evidence for another challenge is refused',
      'evidence for another key is refused',
      'what is not in the wire format is malformed',
    ]);
  });

  it('binds to nothing but the challenge', async () => {
    const encode = (bytes: Uint8Array) => `${Buffer.from(bytes).toString('base64url')}${PADDING}`;
    const options = optionsFor(({ evidence, expected, now }) =>
      verifyWell({ evidence, expected: { ...expected, binding: expected.challenge }, now }),
    );
    const create = async (): Promise<ProviderUnderTest> => ({
      ...(await options.create()),
      makeEvidence: ({ expected }) => ({ provider: SAMPLE, token: encode(expected.challenge) }),
    });
    const found = await failingCases(integrityProviderContract({ ...options, create }));
    expect(found).toEqual(['evidence for another key is refused']);
  });

  it('accepts what was forged', async () => {
    const options = optionsFor(verifyWell);
    const create = async (): Promise<ProviderUnderTest> => {
      const subject = await options.create();
      return { ...subject, makeForged: { 'stale, and nobody looks': subject.makeEvidence } };
    };
    expect(await failingCases(integrityProviderContract({ ...options, create }))).toEqual([
      'forged evidence is refused',
    ]);
  });

  it('refuses without a reason, or gives the token away', async () => {
    const cases = ['evidence for another challenge is refused', 'evidence for another key is refused'];
    const withoutReason = await onError((error) =>
      error instanceof RejectedError ? new RejectedError('evidence_rejected', { message: 'no' }) : error,
    );
    expect(withoutReason).toEqual(cases);
    const talkative = await onError((error, { evidence }) =>
      error instanceof RejectedError ? rejected(`refused: ${String(evidence['token'])}`) : error,
    );
    expect(talkative).toEqual(cases);
    const otherCode = await onError((error) =>
      error instanceof RejectedError
        ? new RejectedError('policy_denied', { message: 'no', reasons: ['x'] })
        : error,
    );
    expect(otherCode).toEqual(cases);
  });

  it('calls bad evidence an outage, or throws what nobody expects', async () => {
    const outage = await onError((error) =>
      error instanceof MalformedError
        ? new UnavailableError('provider_unavailable', { message: 'odd', cause: error })
        : error,
    );
    expect(outage).toEqual([
      'what is not in the wire format is malformed',
      'garbage is malformed or refused: never an outage, never an error of another kind',
    ]);
    const untyped = await onError((error) =>
      error instanceof MalformedError ? new SyntaxError('JSON') : error,
    );
    expect(untyped).toEqual([
      'what is not in the wire format is malformed',
      'garbage is malformed or refused: never an outage, never an error of another kind',
    ]);
  });

  it('throws on one kind of garbage only', async () => {
    const found = await failing(async (request) => {
      if (Array.isArray(request.evidence['token']) && request.evidence['token'].length > 500)
        throw new RangeError('too many');
      return verifyWell(request);
    });
    expect(found).toEqual([
      'garbage is malformed or refused: never an outage, never an error of another kind',
    ]);
  });

  it('refuses members that it does not know', async () => {
    const found = await failing(async (request) => {
      if (Object.keys(request.evidence).length > 2) {
        throw new MalformedError('evidence_malformed', { message: 'what is this' });
      }
      return verifyWell(request);
    });
    expect(found).toEqual(['a member of the evidence that the provider does not know is ignored']);
  });

  it.each<[string, object]>([
    ['under another name', { provider: 'other' }],
    ['without a kind', { kind: '' }],
    ['without a time', { issuedAt: new Date(Number.NaN) }],
    ['with a digest that is not hex', { app: { ...verdict.app, certificateSha256: ['AB'.repeat(32)] } }],
    ['with a recognition that there is not', { app: { ...verdict.app, recognition: 'PLAY_RECOGNIZED' } }],
    ['with a licensing that there is not', { app: { ...verdict.app, licensing: 'LICENSED' } }],
    [
      'with an integrity that there is not',
      { device: { ...verdict.device, integrity: 'MEETS_STRONG_INTEGRITY' } },
    ],
    ['with details that are not JSON', { details: { at: new Date(0) } }],
  ])('gives a verdict %s', async (_, change) => {
    const found = await afterGood((good) => ({ ...good, ...change }));
    expect(found).toContain('genuine evidence is accepted, and the verdict is well formed');
  });

  it('keeps the token in the verdict', async () => {
    const found = await afterGood((good, { evidence }) => ({ ...good, details: { raw: evidence['token'] } }));
    expect(found).toContain('genuine evidence is accepted, and the verdict is well formed');
  });

  it('changes what it is asked', async () => {
    const found = await failing(async (request) => {
      const result = await verifyWell(request);
      request.expected.binding.fill(0);
      return result;
    });
    expect(found).toEqual(['the request is left as it was']);
  });

  it('throws the abort itself', async () => {
    const found = await failing(async (request) => {
      request.signal?.throwIfAborted();
      return verifyWell(request);
    });
    expect(found).toEqual(['an aborted signal ends in a verdict or in an outage, nothing else']);
  });

  it('is good and honours the signal, and its vendor can be down: nothing', async () => {
    const down = new UnavailableError('provider_unavailable', { message: 'the vendor is down' });
    const options = optionsFor(async (request) => {
      if (request.signal?.aborted) throw down;
      return verifyWell(request);
    });
    const createUnreachable = optionsFor(async () => Promise.reject(down)).create;
    expect(await failingCases(integrityProviderContract({ ...options, createUnreachable }))).toEqual([]);
  });

  it('blames the device when its vendor is down', async () => {
    const createUnreachable = optionsFor(async () =>
      Promise.reject<IntegrityVerdict>(rejected('no answer')),
    ).create;
    const found = await failingCases(
      integrityProviderContract({ ...optionsFor(verifyWell), createUnreachable }),
    );
    expect(found).toEqual(['a provider that cannot find out says so']);
  });
});
