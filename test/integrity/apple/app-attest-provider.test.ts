import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createAppAttestProvider,
  isAppAttestVerdict,
  type AppAttestProviderOptions,
} from '../../../src/app-attest.js';
import type { ExpectedBinding } from '../../../src/contracts/evidence.js';
import { encodeBase64, encodeBase64Url } from '../../../src/core/bytes.js';
import { ConfigurationError } from '../../../src/core/errors.js';
import { createBinding } from '../../../src/enrolment/binding.js';
import { createMemoryStores } from '../../../src/memory.js';
import {
  createFakeAppAttest,
  integrityProviderContract,
  type FakeAttestationChanges,
  type FakeReceiptFields,
} from '../../../src/testing.js';
import { thrownBy } from '../../thrown-by.js';
import { malformed, refusalOf, rejectedFor } from '../refusal-of.js';

const now = new Date('2026-03-01T12:00:00Z');
const clock = { now: () => now };
const apple = createFakeAppAttest({ clock });
const apple27 = createFakeAppAttest({ clock, osVersion: '27.0', bundleVersion: '42' });
const development = createFakeAppAttest({ clock, environment: 'development' });

const newBinding = (): ExpectedBinding =>
  createBinding(
    randomBytes(32),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' }),
  );
const expected = newBinding();

const createProvider = (options: Partial<AppAttestProviderOptions> = {}, by = apple) =>
  createAppAttestProvider({
    appIds: [by.appId],
    roots: by.roots,
    receiptRoots: by.receiptRoots,
    ...options,
  });

function attest(changes: FakeAttestationChanges = {}, by = apple) {
  const key = by.createKey();
  const attestation = encodeBase64(key.attest(expected.binding, changes));
  return { provider: 'apple-app-attest', keyId: key.keyId, attestation };
}

const verify = (evidence: { provider: string }, by = createProvider(), at = now) =>
  by.verify({ evidence, expected, now: at });
const refusal = (evidence: { provider: string }, by = createProvider(), at = now) =>
  refusalOf(() => verify(evidence, by, at));
const withFields = (fields: FakeReceiptFields): FakeAttestationChanges => ({ receipt: { fields } });

describe('an attestation', () => {
  it('becomes a verdict', async () => {
    const evidence = attest();
    expect(await verify(evidence)).toEqual({
      provider: 'apple-app-attest',
      kind: 'attestation',
      issuedAt: now,
      app: {
        packageName: 'com.example.app',
        certificateSha256: [],
        version: null,
        recognition: 'recognized',
        licensing: 'unevaluated',
      },
      device: { integrity: 'device', labels: ['environment:production', 'os:17.2.1'] },
      details: {
        keyId: evidence.keyId,
        appId: apple.appId,
        environment: 'production',
        osVersion: '17.2.1',
        osBuild: '21C66',
        bundleVersion: null,
        validationCategory: null,
        counter: 0,
        riskMetric: null,
      },
    });
  });

  it('says more from iOS 27 on', async () => {
    const verdict = await verify(attest({}, apple27), createProvider({}, apple27));
    expect(verdict.app.version).toBe('42');
    expect(verdict.device.labels).toEqual(['environment:production', 'validation-category:4', 'os:27.0']);
  });

  it('of the development environment is worth less', async () => {
    const provider = createProvider({ environments: ['development'] }, development);
    const verdict = await verify(attest({}, development), provider);
    expect(verdict.device).toEqual({ integrity: 'basic', labels: ['environment:development', 'os:17.2.1'] });
  });

  it('may come in base64url', async () => {
    const { provider, keyId, attestation } = attest();
    const url = (text: string) => encodeBase64Url(Buffer.from(text, 'base64'));
    const verdict = await verify({ provider, ...{ keyId: url(keyId), attestation: url(attestation) } });
    expect(verdict.details.keyId).toBe(keyId);
  });

  it('is dated by its receipt, or else by its certificate', async () => {
    const made = new Date(now.getTime() - 90_000);
    const evidence = attest(withFields({ 12: made.toISOString() }));
    expect((await verify(evidence)).issuedAt).toEqual(made);

    const keep = createProvider({ receipt: 'keep' });
    const notBefore = new Date(now.getTime() - 24 * 60 * 60 * 1000 - 90_000);
    expect((await verify(attest({ notBefore }), keep)).issuedAt).toEqual(made);
    const later = new Date(now.getTime() - 60_000);
    expect((await verify(attest({ notBefore: later }), keep)).issuedAt).toEqual(now);
  });

  it('is refused for what is wrong with it, before its receipt is looked at', async () => {
    const changes = { counter: 1, receipt: { foreignKey: true } };
    expect(await refusal(attest(changes))).toEqual(rejectedFor('counter_refused'));
  });

  it('is refused for another binding', async () => {
    const other = newBinding();
    expect(
      await refusalOf(() => createProvider().verify({ evidence: attest(), expected: other, now })),
    ).toEqual(rejectedFor('binding_mismatch'));
  });

  it('is refused by the category of the app', async () => {
    const rules = { validationCategories: [2] };
    expect(await refusal(attest({}, apple27), createProvider(rules, apple27))).toEqual(
      rejectedFor('validation_category_refused'),
    );
  });
});

describe('a provider that has seen the certificates of Apple before', () => {
  it('verifies them all the same', async () => {
    const provider = createProvider();
    const evidence = attest();
    await verify(evidence, provider);
    await verify(evidence, provider);
    expect(await refusal(attest({ foreignRoot: true }), provider)).toEqual(rejectedFor('signature_invalid'));
    expect(await refusal(attest({ receipt: { foreignRoot: true } }), provider)).toEqual(
      rejectedFor('signature_invalid'),
    );
    const late = new Date(now.getTime() + 11 * 365 * 24 * 60 * 60 * 1000);
    expect(await refusal(evidence, provider, late)).toEqual(rejectedFor('certificate_expired'));
  });
});

describe('the receipt of an attestation refuses it', () => {
  it.each<[string, FakeAttestationChanges, string]>([
    ['signed with another key', { receipt: { foreignKey: true } }, 'signature_invalid'],
    ['made for another binding', withFields({ 4: randomBytes(32) }), 'binding_mismatch'],
    ['made six minutes ago', withFields({ 12: '2026-03-01T11:54:59.999Z' }), 'evidence_too_old'],
    ['made in the future', withFields({ 12: '2026-03-01T12:01:00.001Z' }), 'evidence_from_future'],
    ['made for another key', withFields({ 3: randomBytes(900) }), 'key_identifier_mismatch'],
    ['made for another app', withFields({ 2: 'A1B2C3D4E5.com.example.other' }), 'app_id_mismatch'],
    ['made in the other environment', withFields({ 7: 'sandbox' }), 'environment_mismatch'],
  ])('%s', async (_, changes, reason) => {
    expect(await refusal(attest(changes))).toEqual(rejectedFor(reason));
  });

  it('for everything that is wrong with it', async () => {
    const changes = withFields({ 2: 'A', 3: 'B', 4: 'C', 7: 'sandbox', 12: '2026-03-01T11:00:00Z' });
    expect(await refusal(attest(changes))).toEqual(
      rejectedFor(
        'binding_mismatch',
        'evidence_too_old',
        'key_identifier_mismatch',
        'app_id_mismatch',
        'environment_mismatch',
      ),
    );
  });

  it('within the limits that are set', async () => {
    const old = attest(withFields({ 12: '2026-03-01T11:55:00Z' }));
    const early = attest(withFields({ 12: '2026-03-01T12:01:00Z' }));
    await verify(old);
    await verify(early);
    const strict = createProvider({ maxReceiptAgeSeconds: 299, maxClockSkewSeconds: 59 });
    expect(await refusal(old, strict)).toEqual(rejectedFor('evidence_too_old'));
    expect(await refusal(early, strict)).toEqual(rejectedFor('evidence_from_future'));
  });

  it('does not, if it leaves out the environment', async () => {
    expect((await verify(attest(withFields({ 7: null })))).kind).toBe('attestation');
  });

  it('as malformed, if it is none', async () => {
    expect(await refusal(attest({ receipt: { content: new Uint8Array() } }))).toEqual(malformed);
    expect(await refusal(attest(withFields({ 6: 'RECEIPT' })))).toEqual(malformed);
  });

  it('unless receipts are only kept', async () => {
    const keep = createProvider({ receipt: 'keep' });
    for (const receipt of [{ foreignKey: true }, { content: new Uint8Array() }, { fields: { 12: null } }]) {
      expect((await verify(attest({ receipt }), keep)).kind).toBe('attestation');
    }
  });
});

describe('evidence that is not in the wire format', () => {
  const { keyId, attestation } = attest();
  const provider = 'apple-app-attest';
  it.each<[string, Record<string, unknown>]>([
    ['no key', { attestation }],
    ['a key that is no text', { keyId: 1, attestation }],
    ['a key that is no base64', { keyId: '!', attestation }],
    ['a key of 31 octets', { keyId: encodeBase64(new Uint8Array(31)), attestation }],
    ['a key of 33 octets', { keyId: encodeBase64(new Uint8Array(33)), attestation }],
    ['neither attestation nor assertion', { keyId }],
    ['both', { keyId, attestation, assertion: attestation }],
    ['an attestation that is no text', { keyId, attestation: null }],
    ['an attestation that is empty', { keyId, attestation: '' }],
    ['an attestation that is too long', { keyId, attestation: 'A'.repeat(65_540) }],
    ['an attestation as hex', { keyId, attestation: 'a3'.repeat(3) + ':' }],
  ])('such as %s is malformed', async (_, members) => {
    expect(await refusal({ provider, ...members })).toEqual(malformed);
  });

  it('such as that of another provider is malformed', async () => {
    expect(await refusal({ ...attest(), provider: 'play-integrity' })).toEqual(malformed);
  });
});

describe('the options of createAppAttestProvider', () => {
  it.each<[string, Partial<AppAttestProviderOptions>]>([
    ['appIds', { appIds: [] }],
    ['environments', { environments: [] }],
    ['validationCategories', { validationCategories: [-1] }],
    ['roots', { roots: [] }],
    ['receipt', { receipt: 'ignore' as 'keep' }],
    ['receiptRoots', { receiptRoots: ['PEM'] }],
    ['maxReceiptAgeSeconds', { maxReceiptAgeSeconds: 0 }],
    ['maxReceiptAgeSeconds', { maxReceiptAgeSeconds: 86_401 }],
    ['maxClockSkewSeconds', { maxClockSkewSeconds: 601 }],
    ['maxClockSkewSeconds', { maxClockSkewSeconds: 0.5 }],
  ])('%s is checked', (option, options) => {
    const error = thrownBy(() => createProvider(options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });

  it('trusts the roots of Apple alone by default', async () => {
    const provider = createAppAttestProvider({ appIds: [apple.appId] });
    expect(await refusal(attest(), provider)).toEqual(rejectedFor('no_trust_anchor'));
    const { roots } = apple;
    expect(await refusal(attest(), createAppAttestProvider({ appIds: [apple.appId], roots }))).toEqual(
      rejectedFor('no_trust_anchor'),
    );
  });
});

describe('isAppAttestVerdict', () => {
  it('knows its own', async () => {
    const verdict = await verify(attest());
    expect(isAppAttestVerdict(verdict)).toBe(true);
    expect(isAppAttestVerdict({ ...verdict, provider: 'play-integrity' })).toBe(false);
  });
});

describe('the provider', () => {
  const contract = integrityProviderContract({
    now: () => now,
    create: async () => ({
      provider: createProvider({ keys: createMemoryStores({ clock }).attestedKeys }),
      makeEvidence: ({ expected: binding }) => {
        const key = apple.createKey();
        const evidence = key.attest(binding.binding);
        return { provider: 'apple-app-attest', keyId: key.keyId, attestation: encodeBase64(evidence) };
      },
      makeForged: {
        'under another root': ({ expected: binding }) => {
          const key = apple.createKey();
          const evidence = key.attest(binding.binding, { foreignRoot: true });
          return { provider: 'apple-app-attest', keyId: key.keyId, attestation: encodeBase64(evidence) };
        },
        'an assertion of an unknown key': ({ expected: binding }) => {
          const key = apple.createKey();
          const evidence = key.assert(binding.binding);
          return { provider: 'apple-app-attest', keyId: key.keyId, assertion: encodeBase64(evidence) };
        },
      },
    }),
    malformed: [
      { provider: 'apple-app-attest', keyId: 'AA', attestation: 'AA' },
      { provider: 'apple-app-attest' },
    ],
  });
  for (const { name, run } of contract) it(name, run);
});
