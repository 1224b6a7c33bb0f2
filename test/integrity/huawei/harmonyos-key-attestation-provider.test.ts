import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, DeviceTrustError } from '../../../src/core/errors.js';
import { createBinding } from '../../../src/enrolment/binding.js';
import {
  createHarmonyOsKeyAttestationProvider,
  isHarmonyOsKeyAttestationVerdict,
  type HarmonyOsKeyAttestationProviderOptions,
} from '../../../src/harmonyos-key-attestation.js';
import { parseHarmonyOsAttestation } from '../../../src/integrity/huawei/parse-harmonyos-attestation.js';
import {
  createFakeHarmonyOsKeystore,
  integrityProviderContract,
  type FakeHarmonyOsAttestationRequest,
} from '../../../src/testing.js';
import { der } from '../../../src/x509/der-writer.js';
import { thrownBy } from '../../thrown-by.js';
import { malformed, refusalOf, rejectedFor } from '../refusal-of.js';

const now = new Date('2026-01-01T00:00:00Z');
const DAY = 24 * 60 * 60 * 1000;
const keystore = createFakeHarmonyOsKeystore({ clock: { now: () => now } });
const spkiOf = (curve: string) =>
  generateKeyPairSync('ec', { namedCurve: curve }).publicKey.export({ format: 'der', type: 'spki' });
const publicKey = spkiOf('P-256');
const expected = createBinding(randomBytes(48), publicKey);

const createProvider = (options: Partial<HarmonyOsKeyAttestationProviderOptions> = {}) =>
  createHarmonyOsKeyAttestationProvider({
    bundleName: keystore.bundleName,
    appIds: [keystore.appId],
    roots: [keystore.root],
    ...options,
  });
const attest = (change: Partial<FakeHarmonyOsAttestationRequest> = {}) =>
  keystore.attestKey({ publicKey, challenge: expected.challenge, ...change });
const verifyChainOf = (chain: unknown, by = createProvider(), time = now) =>
  by.verify({ evidence: { provider: 'harmonyos-key-attestation', chain }, expected, now: time });
const verify = (change: Partial<FakeHarmonyOsAttestationRequest> = {}, by = createProvider(), time = now) =>
  verifyChainOf(attest(change), by, time);

/** Changes the claim whose type ends so; `null` leaves it out. */
const claim =
  (
    ending: string,
    change: { readonly securityLevel?: number; readonly value?: Uint8Array } | null,
  ): NonNullable<FakeHarmonyOsAttestationRequest['changeClaims']> =>
  (claims) =>
    claims.flatMap((one) => {
      if (!one.type.endsWith(ending)) return [one];
      return change === null ? [] : [{ ...one, ...change }];
    });
const CHALLENGE = '.376.2.1.4';
const APP = '.376.2.1.3';
const KEY_SOURCE = '.376.2.1.5';
const KEY_MANAGER = '.376.2.2.2.6';

describe('createHarmonyOsKeyAttestationProvider', () => {
  it('turns a good attestation into a verdict', async () => {
    const verdict = await verify();
    expect(isHarmonyOsKeyAttestationVerdict(verdict)).toBe(true);
    expect(verdict).toEqual({
      provider: 'harmonyos-key-attestation',
      kind: 'key-attestation',
      issuedAt: now,
      app: {
        packageName: 'com.example.app',
        certificateSha256: [],
        version: null,
        recognition: 'recognized',
        licensing: 'unevaluated',
      },
      device: { integrity: 'basic', labels: ['security-level:tee', 'app-mode:release'] },
      details: {
        version: 0,
        bundleName: 'com.example.app',
        appId: keystore.appId,
        appIdentifier: keystore.appIdentifier,
        appMode: 'release',
        model: 'CLS-AL00',
      },
    });
  });

  it('accepts a chain without the root, and keys of other kinds', async () => {
    expect(await verifyChainOf(attest().slice(0, 2))).toMatchObject({ kind: 'key-attestation' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
      format: 'der',
      type: 'spki',
    });
    const bound = createBinding(expected.challenge, rsa);
    const chain = attest({ publicKey: rsa });
    const evidence = { provider: 'harmonyos-key-attestation', chain };
    expect(await createProvider().verify({ evidence, expected: bound, now })).toMatchObject({
      kind: 'key-attestation',
    });
  });

  it('knows the app by its identifier, too', async () => {
    const by = createProvider({ appIds: [], appIdentifiers: [keystore.appIdentifier] });
    expect(await verify({ app: { appId: 'another' } }, by)).toMatchObject({ kind: 'key-attestation' });
  });

  it('takes the app id for the word on a release where the system does not say it', async () => {
    const old = { appIdentifier: undefined, appMode: undefined };
    expect(await verify({ app: old })).toMatchObject({
      details: { appMode: null },
      device: { labels: ['security-level:tee'] },
    });
    const by = createProvider({ appIds: [], appIdentifiers: [keystore.appIdentifier] });
    expect(await refusalOf(() => verify({ app: { appMode: undefined } }, by))).toEqual(
      rejectedFor('app_mode_refused'),
    );
  });

  it('accepts a debug build only where it was told to', async () => {
    const app = { appMode: 'debug' };
    expect(await refusalOf(() => verify({ app }))).toEqual(rejectedFor('app_mode_refused'));
    const by = createProvider({ dangerouslyAcceptDebugBuilds: true });
    expect(await verify({ app }, by)).toMatchObject({ details: { appMode: 'debug' } });
  });

  it.each<[string, Partial<FakeHarmonyOsAttestationRequest>, string]>([
    ['another challenge', { challenge: randomBytes(48) }, 'binding_mismatch'],
    [
      'a challenge that goes on',
      { challenge: Buffer.concat([expected.challenge, Buffer.of(0)]) },
      'binding_mismatch',
    ],
    ['no challenge', { changeClaims: claim(CHALLENGE, null) }, 'binding_missing'],
    ['another key', { publicKey: spkiOf('P-256') }, 'attested_key_mismatch'],
    ['another bundle', { app: { bundleName: 'com.example.app2' } }, 'app_package_mismatch'],
    ['no bundle', { app: { bundleName: undefined } }, 'app_package_mismatch'],
    ['another developer', { app: { appId: 'com.example.app_AAAA' } }, 'app_id_mismatch'],
    ['a mode of tomorrow', { app: { appMode: 'profile' } }, 'app_mode_refused'],
    ['no app', { changeClaims: claim(APP, null) }, 'attestation_incomplete'],
    [
      'a system service',
      {
        changeClaims: claim(APP, {
          value: der.sequence(der.objectIdentifier('1.3.6.1.4.1.2011.2.376.2.1.3.2'), der.null()),
        }),
      },
      'attestation_incomplete',
    ],
    [
      'an imported key',
      { changeClaims: claim(KEY_SOURCE, { value: der.octetString(Uint8Array.of(1, 0, 0, 0)) }) },
      'key_not_generated',
    ],
    [
      'a source in other order',
      { changeClaims: claim(KEY_SOURCE, { value: der.octetString(Uint8Array.of(0, 0, 0, 2)) }) },
      'key_not_generated',
    ],
    ['no key source', { changeClaims: claim(KEY_SOURCE, null) }, 'attestation_incomplete'],
    [
      'a key source that the OS vouches for',
      { changeClaims: claim(KEY_SOURCE, { securityLevel: 2 }) },
      'security_level_too_low',
    ],
    [
      'another key manager',
      { changeClaims: claim(KEY_MANAGER, { value: der.octetString(new Uint8Array(16)) }) },
      'key_manager_refused',
    ],
    ['no key manager', { changeClaims: claim(KEY_MANAGER, null) }, 'attestation_incomplete'],
    [
      'a key manager that the OS vouches for',
      { changeClaims: claim(KEY_MANAGER, { securityLevel: 2 }) },
      'security_level_too_low',
    ],
    ['a root with another key', { foreignRoot: true }, 'signature_invalid'],
    [
      'a leaf that has ended',
      { notBefore: new Date(now.getTime() - 8 * DAY), notAfter: new Date(now.getTime() - 1) },
      'certificate_expired',
    ],
    ['a leaf that has not begun', { notBefore: new Date(now.getTime() + 1000) }, 'certificate_not_yet_valid'],
    ['a leaf that may certify', { leafIsCa: true }, 'leaf_is_ca'],
    ['a certificate that attests nothing', { extension: null }, 'attestation_missing'],
    ['a CA that attests', { issuerAttests: true }, 'attestation_repeated'],
  ])('refuses %s', async (_what, change, reason) => {
    expect(await refusalOf(() => verify(change))).toEqual(rejectedFor(reason));
  });

  it('tells all that is wrong', async () => {
    const change = { publicKey: spkiOf('P-256'), challenge: randomBytes(3), app: { appMode: 'debug' } };
    expect(await refusalOf(() => verify(change))).toEqual(
      rejectedFor('binding_mismatch', 'app_mode_refused', 'attested_key_mismatch'),
    );
  });

  it('refuses a chain that a key of the phone has extended', async () => {
    const extendedBy = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect(await refusalOf(() => verify({ extendedBy }))).toEqual(rejectedFor('issuer_not_ca'));
  });

  it('refuses certificates in another order, too few and too many', async () => {
    const [leaf = '', issuer = '', root = ''] = attest();
    expect((await refusalOf(() => verifyChainOf([issuer, leaf, root]))).code).toBe('evidence_rejected');
    expect(await refusalOf(() => verifyChainOf([leaf]))).toEqual(rejectedFor('chain_length_refused'));
    expect(await refusalOf(() => verifyChainOf([leaf, issuer, root, root, root]))).toEqual(
      rejectedFor('chain_length_refused'),
    );
    expect(await refusalOf(() => verifyChainOf([root, root]))).toMatchObject({ code: 'evidence_rejected' });
  });

  it('calls malformed what is not in the format', async () => {
    for (const chain of [undefined, 'MII', [1, 2, 3], ['!', '!', '!'], ['A'.repeat(16_388), '', '']]) {
      expect(await refusalOf(() => verifyChainOf(chain))).toEqual(malformed);
    }
    expect(
      await refusalOf(() => verify({ extension: der.sequence(der.integer(1n), der.enumerated(2)) })),
    ).toEqual(malformed);
    const twice = (claims: readonly { securityLevel: number; type: string; value: Uint8Array }[]) => [
      ...claims,
      ...claims,
    ];
    expect(await refusalOf(() => verify({ changeClaims: twice }))).toEqual(malformed);
    expect(await refusalOf(() => verify({ app: { bundleName: 7 } }))).toEqual(malformed);
    const evidence = { provider: 'another', chain: attest() };
    expect(await refusalOf(() => createProvider().verify({ evidence, expected, now }))).toEqual(malformed);
  });

  it('reads a claim of a type that it does not know as if it were not there', async () => {
    const changeClaims: FakeHarmonyOsAttestationRequest['changeClaims'] = (claims) => [
      ...claims,
      { securityLevel: 3, type: '1.3.6.1.4.1.2011.2.376.2.9', value: der.sequence(der.integer(1n)) },
    ];
    expect(await verify({ changeClaims })).toMatchObject({ kind: 'key-attestation' });
  });

  it.each<[string, Partial<HarmonyOsKeyAttestationProviderOptions>]>([
    ['bundleName', { bundleName: 'app' }],
    ['appIds', { appIds: [] }],
    ['appIds[0]', { appIds: ['com.example.other_AAAA'] }],
    ['appIds[0]', { appIds: ['com.example.app_'] }],
    ['appIdentifiers[0]', { appIdentifiers: [''] }],
    ['roots', { roots: [] }],
    ['roots', { roots: ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'] }],
  ])('is not made with a bad %s', (option, options) => {
    const error = thrownBy(() => createProvider(options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});

describe('parseHarmonyOsAttestation', () => {
  it('refuses whatever is not one with a typed error', () => {
    const refusesOrReads = (bytes: Uint8Array) => {
      try {
        parseHarmonyOsAttestation(bytes);
      } catch (error) {
        if (!(error instanceof DeviceTrustError)) throw error;
        expect(error.code).toBe('evidence_malformed');
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), refusesOrReads), { numRuns: 500 });
    const good = der.sequence(
      der.integer(0n),
      der.sequence(
        der.integer(3n),
        der.objectIdentifier('1.3.6.1.4.1.2011.2.376.2.1.5'),
        der.octetString(Uint8Array.of(2, 0, 0, 0)),
      ),
    );
    expect(parseHarmonyOsAttestation(good)).toMatchObject({
      keySource: { securityLevel: 3, value: 2 },
      app: null,
    });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, octet) => {
        const mutated = Uint8Array.from(good);
        mutated[at] = octet;
        refusesOrReads(mutated);
      }),
      { numRuns: 2000 },
    );
    for (let length = 0; length < good.length; length += 1) {
      expect(thrownBy(() => parseHarmonyOsAttestation(good.subarray(0, length)))).toMatchObject({
        code: 'evidence_malformed',
      });
    }
  });
});

describe('the contract', () => {
  const contract = integrityProviderContract({
    create: async () => ({
      provider: createProvider(),
      makeEvidence: ({ expected: { challenge, publicKey: key } }) => ({
        provider: 'harmonyos-key-attestation',
        chain: keystore.attestKey({ publicKey: key, challenge }),
      }),
      makeForged: {
        'of a debug build': ({ expected: { challenge, publicKey: key } }) => ({
          provider: 'harmonyos-key-attestation',
          chain: keystore.attestKey({ publicKey: key, challenge, app: { appMode: 'debug' } }),
        }),
      },
    }),
    malformed: [
      { provider: 'harmonyos-key-attestation' },
      { provider: 'harmonyos-key-attestation', chain: 'x' },
    ],
    now: () => now,
  });
  it.each(contract.map((check) => [check.name, check] as const))('%s', async (_name, check) => {
    await check.run();
  });
});
