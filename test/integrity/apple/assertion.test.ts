import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createAppAttestProvider,
  verifyAppAssertion,
  type AppAttestProvider,
  type AppAttestProviderOptions,
  type VerifyAppAssertionRequest,
} from '../../../src/app-attest.js';
import type { AttestedKeyStore } from '../../../src/contracts/attested-key-store.js';
import type { ExpectedBinding } from '../../../src/contracts/evidence.js';
import { encodeBase64, sha256, sha256Hex } from '../../../src/core/bytes.js';
import { UnavailableError } from '../../../src/core/errors.js';
import { createBinding } from '../../../src/enrolment/binding.js';
import { createMemoryStores } from '../../../src/memory.js';
import { encodeCbor } from '../../../src/testing/encode-cbor.js';
import {
  createFakeAppAttest,
  type FakeAppAttestKey,
  type FakeAssertionChanges,
  type FakeAttestationChanges,
} from '../../../src/testing.js';
import { malformed, refusalOf, rejectedFor } from '../refusal-of.js';

const now = new Date('2026-03-01T12:00:00Z');
const clock = { now: () => now };
const apple = createFakeAppAttest({ clock });
const DEVICE = 'device-1';
const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
  format: 'der',
  type: 'spki',
});
const newBinding = (): ExpectedBinding => createBinding(randomBytes(32), publicKey);

let keys: AttestedKeyStore;
beforeEach(() => {
  keys = createMemoryStores({ clock }).attestedKeys;
});

const createProvider = (options: Partial<AppAttestProviderOptions> = {}, by = apple) =>
  createAppAttestProvider({
    appIds: [by.appId],
    roots: by.roots,
    receiptRoots: by.receiptRoots,
    keys,
    ...options,
  });

const subjectOf = (deviceId: string | null) =>
  deviceId === null ? {} : { subject: { deviceId, action: 'renew' as const } };

interface Call<Changes> {
  readonly deviceId?: string | null;
  readonly expected?: ExpectedBinding;
  readonly changes?: Changes;
  readonly provider?: AppAttestProvider;
}

/** Registers a key by an attestation. */
async function enroll(key: FakeAppAttestKey, call: Call<FakeAttestationChanges> = {}) {
  const { deviceId = DEVICE, expected = newBinding(), provider = createProvider() } = call;
  const attestation = encodeBase64(key.attest(expected.binding, call.changes));
  const evidence = { provider: 'apple-app-attest', keyId: key.keyId, attestation };
  return provider.verify({ evidence, expected, now, ...subjectOf(deviceId) });
}

const evidenceOf = (key: FakeAppAttestKey, assertion: Uint8Array) => ({
  provider: 'apple-app-attest',
  keyId: key.keyId,
  assertion: encodeBase64(assertion),
});

/** Vouches by an assertion. */
async function vouch(
  key: FakeAppAttestKey,
  call: Call<FakeAssertionChanges> & { readonly assertion?: Uint8Array } = {},
) {
  const { deviceId = DEVICE, expected = newBinding(), provider = createProvider() } = call;
  const assertion = call.assertion ?? key.assert(expected.binding, call.changes);
  return provider.verify({
    evidence: evidenceOf(key, assertion),
    expected,
    now,
    ...subjectOf(deviceId),
  });
}
const refusal = (...call: Parameters<typeof vouch>) => refusalOf(() => vouch(...call));
const counterOf = async (key: FakeAppAttestKey) =>
  (await keys.findAttestedKey({ provider: 'apple-app-attest', keyId: key.keyId }))?.counter;

describe('an attestation with a store of keys', () => {
  it('registers the key', async () => {
    const key = apple.createKey();
    const expected = newBinding();
    await enroll(key, { expected });
    const kept = await keys.findAttestedKey({ provider: 'apple-app-attest', keyId: key.keyId });
    expect(
      kept && { ...kept, publicKey: Buffer.from(kept.publicKey).toString('hex'), receipt: null },
    ).toEqual({
      provider: 'apple-app-attest',
      keyId: key.keyId,
      publicKey: Buffer.from(key.publicKey).toString('hex'),
      deviceId: DEVICE,
      details: JSON.stringify({
        appId: apple.appId,
        environment: 'production',
        osVersion: '17.2.1',
        osBuild: '21C66',
        bundleVersion: null,
        validationCategory: null,
      }),
      receipt: null,
      attestedAt: now,
      counter: 0,
      lastUse: sha256Hex(expected.binding),
      lastUsedAt: now,
    });
    expect(kept?.receipt?.length).toBeGreaterThan(1000);
  });

  it('may be sent again for the same request, which may be for a device of another name by now', async () => {
    const key = apple.createKey();
    const expected = newBinding();
    await enroll(key, { expected });
    await enroll(key, { expected, deviceId: 'device-2' });
    await vouch(key, { deviceId: 'device-2' });
  });

  it('is refused for another request: Apple attests a key once', async () => {
    const key = apple.createKey();
    await enroll(key);
    expect(await refusalOf(() => enroll(key))).toEqual(rejectedFor('counter_refused'));
  });

  it('is refused for the same request when the key has been used since', async () => {
    const key = apple.createKey();
    const expected = newBinding();
    await enroll(key, { expected });
    await vouch(key);
    expect(await refusalOf(() => enroll(key, { expected }))).toEqual(rejectedFor('counter_refused'));
  });

  it('that is refused registers nothing', async () => {
    for (const changes of [{ counter: 1 }, { receipt: { foreignKey: true } }]) {
      const key = apple.createKey();
      await refusalOf(() => enroll(key, { changes }));
      expect(await counterOf(key)).toBeUndefined();
    }
  });

  it('brings no risk metric of its own along, where receipts are only kept', async () => {
    const provider = createProvider({ receipt: 'keep' });
    for (const fields of [{ 6: 'RECEIPT', 17: '0' }, { 17: '0' }, { 12: null }]) {
      const key = apple.createKey();
      await enroll(key, { provider, changes: { receipt: { fields } } });
      const kept = await keys.findAttestedKey({ provider: 'apple-app-attest', keyId: key.keyId });
      expect(kept?.receipt).toBeNull();
    }
    const key = apple.createKey();
    await enroll(key, { provider });
    const kept = await keys.findAttestedKey({ provider: 'apple-app-attest', keyId: key.keyId });
    expect(kept?.receipt).not.toBeNull();
  });
});

describe('an assertion', () => {
  it('becomes a verdict', async () => {
    const key = apple.createKey();
    await enroll(key);
    expect(await vouch(key)).toEqual({
      provider: 'apple-app-attest',
      kind: 'assertion',
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
        keyId: key.keyId,
        appId: apple.appId,
        environment: 'production',
        osVersion: '17.2.1',
        osBuild: '21C66',
        bundleVersion: null,
        validationCategory: null,
        counter: 1,
        riskMetric: null,
      },
    });
    expect(await counterOf(key)).toBe(1);
  });

  it('may have its members in any order, and flags of any kind', async () => {
    const key = apple.createKey();
    await enroll(key);
    const changeMembers: FakeAssertionChanges['changeMembers'] = (members) =>
      new Map([...members].toReversed());
    await vouch(key, { changes: { changeMembers, flags: 0xc0 } });
    await vouch(key, { changes: { flags: 0 } });
    expect(await counterOf(key)).toBe(2);
  });

  it('says more from iOS 27 on: the version of the app, and its category or that of the attestation', async () => {
    const apple27 = createFakeAppAttest({ clock, osVersion: '27.0', bundleVersion: '42' });
    const provider = createProvider({}, apple27);
    const key = apple27.createKey();
    await enroll(key, { provider });
    const { details, app } = await vouch(key, { provider });
    expect([details.bundleVersion, details.validationCategory, app.version]).toEqual(['42', 4, '42']);
    const silent = await vouch(key, { provider, changes: { extensions: null } });
    expect([silent.details.bundleVersion, silent.details.validationCategory]).toEqual([null, 4]);
    const strict = createProvider({ validationCategories: [2] }, apple27);
    expect(await refusal(key, { provider: strict })).toEqual(rejectedFor('validation_category_refused'));
  });

  it('tells the risk metric of the newest receipt', async () => {
    const key = apple.createKey();
    await enroll(key);
    const receipt = apple.createReceipt({
      2: apple.appId,
      3: randomBytes(9),
      6: 'RECEIPT',
      12: '2026-03-01T12:00:00Z',
      17: '3',
      21: '2026-05-01T12:00:00Z',
    });
    await keys.replaceReceipt({ provider: 'apple-app-attest', keyId: key.keyId, receipt });
    const { details, device } = await vouch(key);
    expect(details.riskMetric).toBe(3);
    expect(device.labels).toContain('risk-metric:3');
    await keys.replaceReceipt({ provider: 'apple-app-attest', keyId: key.keyId, receipt: Buffer.of(1) });
    expect((await vouch(key)).details.riskMetric).toBeNull();
  });

  it('counts for nobody where nobody was named', async () => {
    const key = apple.createKey();
    await enroll(key, { deviceId: null });
    expect((await vouch(key, { deviceId: null })).kind).toBe('assertion');
    expect(await refusal(key)).toEqual(rejectedFor('attested_key_of_other_device'));
  });
});

describe('an assertion is refused, and each check alone refuses it,', () => {
  let key: FakeAppAttestKey;
  beforeEach(async () => {
    key = apple.createKey();
    await enroll(key);
  });

  it('for a key that nobody attested', async () => {
    expect(await refusal(apple.createKey())).toEqual(rejectedFor('attested_key_unknown'));
  });

  it('where keys are not kept', async () => {
    const provider = createAppAttestProvider({ appIds: [apple.appId], roots: apple.roots });
    expect(await refusal(key, { provider })).toEqual(rejectedFor('attested_key_unknown'));
  });

  it.each<[string, FakeAssertionChanges, string]>([
    ['signed with another key', { foreignKey: true }, 'signature_invalid'],
    ['signed over the nonce as a hash', { hashedOnce: true }, 'signature_invalid'],
    ['of another app', { appId: 'A1B2C3D4E5.com.example.other' }, 'app_id_mismatch'],
    ['with the counter 0', { counter: 0 }, 'counter_refused'],
  ])('%s', async (_, changes, reason) => {
    expect(await refusal(key, { changes })).toEqual(rejectedFor(reason));
    expect(await counterOf(key)).toBe(0);
  });

  it('for another binding', async () => {
    expect(await refusal(key, { assertion: key.assert(newBinding().binding) })).toEqual(
      rejectedFor('signature_invalid'),
    );
  });

  it('changed after it was signed', async () => {
    const changeMembers: FakeAssertionChanges['changeMembers'] = (members) => {
      const data = Buffer.from(members.get('authenticatorData') as Uint8Array);
      data[36] = 9;
      return members.set('authenticatorData', data);
    };
    expect(await refusal(key, { changes: { changeMembers } })).toEqual(rejectedFor('signature_invalid'));
  });

  it('with a signature that is not DER', async () => {
    const changeMembers: FakeAssertionChanges['changeMembers'] = (members) =>
      members.set('signature', Buffer.concat([members.get('signature') as Uint8Array, Buffer.of(0)]));
    expect(await refusal(key, { changes: { changeMembers } })).toEqual(rejectedFor('signature_invalid'));
  });

  it('of another app of ours than the key was attested for', async () => {
    const other = 'A1B2C3D4E5.com.example.other';
    const provider = createProvider({ appIds: [apple.appId, other] });
    expect(await refusal(key, { provider, changes: { appId: other } })).toEqual(
      rejectedFor('app_id_mismatch'),
    );
  });

  it('for another device', async () => {
    expect(await refusal(key, { deviceId: 'device-2' })).toEqual(rejectedFor('attested_key_of_other_device'));
    expect(await refusal(key, { deviceId: null })).toEqual(rejectedFor('attested_key_of_other_device'));
    expect(await counterOf(key)).toBe(0);
  });

  it('of an environment that is no longer accepted', async () => {
    expect(await refusal(key, { provider: createProvider({ environments: ['development'] }) })).toEqual(
      rejectedFor('environment_mismatch'),
    );
  });

  it('without a category, where one is required', async () => {
    expect(await refusal(key, { provider: createProvider({ validationCategoryRequired: true }) })).toEqual(
      rejectedFor('validation_category_refused'),
    );
  });

  it('with a counter that was used, or one below it', async () => {
    await vouch(key, { changes: { counter: 5 } });
    expect(await refusal(key, { changes: { counter: 5 } })).toEqual(rejectedFor('counter_refused'));
    expect(await refusal(key, { changes: { counter: 4 } })).toEqual(rejectedFor('counter_refused'));
    await vouch(key, { changes: { counter: 6 } });
    expect(await counterOf(key)).toBe(6);
  });

  it('with a counter below the last one, even for the same request', async () => {
    const expected = newBinding();
    await vouch(key, { expected, changes: { counter: 5 } });
    expect(await refusal(key, { expected, changes: { counter: 4 } })).toEqual(rejectedFor('counter_refused'));
    // Told before the store is asked.
    expect(await refusal(key, { expected, changes: { counter: 4 }, deviceId: 'device-2' })).toEqual(
      rejectedFor('counter_refused', 'attested_key_of_other_device'),
    );
  });

  it('when it was used for another request since', async () => {
    const expected = newBinding();
    const assertion = key.assert(expected.binding);
    await vouch(key, { expected, assertion });
    await vouch(key);
    expect(await refusal(key, { expected, assertion })).toEqual(rejectedFor('counter_refused'));
  });

  it('by all that is wrong with it at once', async () => {
    await vouch(key);
    const changes = { foreignKey: true, appId: 'A1B2C3D4E5.com.example.other', counter: 1 };
    const provider = createProvider({ environments: ['development'], validationCategoryRequired: true });
    expect(await refusal(key, { changes, provider, deviceId: 'device-2' })).toEqual(
      rejectedFor(
        'signature_invalid',
        'app_id_mismatch',
        'counter_refused',
        'attested_key_of_other_device',
        'environment_mismatch',
        'validation_category_refused',
      ),
    );
  });
});

describe('the same assertion', () => {
  it('counts for the same request again', async () => {
    const key = apple.createKey();
    await enroll(key);
    const expected = newBinding();
    const assertion = key.assert(expected.binding);
    const first = await vouch(key, { expected, assertion });
    expect(await vouch(key, { expected, assertion })).toEqual(first);
    expect(await counterOf(key)).toBe(1);
  });

  it('of a cloned key counts for one of any number of requests at once', async () => {
    const key = apple.createKey();
    await enroll(key);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => vouch(key, { changes: { counter: 1 } })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        expect(await refusalOf(() => Promise.reject(outcome.reason as Error))).toEqual(
          rejectedFor('counter_refused'),
        );
      }
    }
  });
});

describe('a store of keys', () => {
  const down = () =>
    Promise.reject(new UnavailableError('store_unavailable', { message: 'the store is down' }));
  const unavailable = { class: 'UnavailableError', code: 'store_unavailable' };

  it('that is down makes no evidence bad', async () => {
    const key = apple.createKey();
    await enroll(key);
    const noReading = createProvider({ keys: { ...keys, findAttestedKey: down } });
    const noWriting = createProvider({
      keys: { ...keys, registerAttestedKey: down, useAttestedKey: down },
    });
    expect(await refusal(key, { provider: noReading })).toEqual(unavailable);
    expect(await refusal(key, { provider: noWriting })).toEqual(unavailable);
    expect(await refusalOf(() => enroll(apple.createKey(), { provider: noWriting }))).toEqual(unavailable);
  });

  it('is not asked to write for evidence that is bad anyway', async () => {
    const key = apple.createKey();
    await enroll(key);
    const provider = createProvider({
      keys: { ...keys, registerAttestedKey: down, useAttestedKey: down },
    });
    expect(await refusal(key, { provider, changes: { foreignKey: true } })).toEqual(
      rejectedFor('signature_invalid'),
    );
    expect(
      await refusalOf(() =>
        enroll(apple.createKey(), { provider, changes: { receipt: { foreignKey: true } } }),
      ),
    ).toEqual(rejectedFor('signature_invalid'));
  });

  it('has the last word about counter and key', async () => {
    const key = apple.createKey();
    await enroll(key);
    for (const [outcome, reason] of [
      ['counter_not_higher', 'counter_refused'],
      ['unknown', 'attested_key_unknown'],
    ] as const) {
      const provider = createProvider({
        keys: { ...keys, useAttestedKey: () => Promise.resolve({ outcome }) },
      });
      expect(await refusal(key, { provider })).toEqual(rejectedFor(reason));
    }
  });

  it.each([
    ['no JSON', '{'],
    ['no object', 'null'],
    ['no app', '{"environment":"production"}'],
    ['another environment', '{"appId":"A","environment":"staging","validationCategory":null}'],
    ['a category that is none', '{"appId":"A","environment":"production","validationCategory":"4"}'],
    ['no version', '{"appId":"A","environment":"production","validationCategory":null}'],
  ])('that holds details with %s is not trusted', async (_, details) => {
    const key = apple.createKey();
    await keys.registerAttestedKey({
      provider: 'apple-app-attest',
      keyId: key.keyId,
      publicKey: key.publicKey,
      deviceId: DEVICE,
      details,
      receipt: null,
      attestedAt: now,
      counter: 0,
      lastUse: sha256Hex(Buffer.of()),
      lastUsedAt: now,
    });
    expect(await refusal(key)).toEqual(unavailable);
  });

  it('that holds no key under the name of one verifies nothing', async () => {
    const key = apple.createKey();
    await enroll(key);
    for (const spki of [
      Buffer.of(1, 2),
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'der', type: 'spki' }),
    ]) {
      const findAttestedKey: AttestedKeyStore['findAttestedKey'] = async (name) => {
        const kept = await keys.findAttestedKey(name);
        return kept && { ...kept, publicKey: spki };
      };
      const provider = createProvider({ keys: { ...keys, findAttestedKey } });
      expect(await refusal(key, { provider })).toEqual(rejectedFor('signature_invalid'));
    }
  });
});

describe('an assertion that is not in the wire format', () => {
  it.each<[string, FakeAssertionChanges]>([
    ['no signature', { changeMembers: (members) => (members.delete('signature'), members) }],
    ['no data', { changeMembers: (members) => (members.delete('authenticatorData'), members) }],
    ['a signature that is a text', { changeMembers: (members) => members.set('signature', 'a') }],
    ['data that is a text', { changeMembers: (members) => members.set('authenticatorData', 'a') }],
    ['a list', { changeMembers: () => [] }],
    ['data of 36 octets', { changeData: (bytes) => bytes.subarray(0, 36) }],
    ['data with an octet more', { changeData: (bytes) => Buffer.concat([bytes, Buffer.of(0)]) }],
    ['two maps of extensions', { changeData: (bytes) => Buffer.concat([bytes, Buffer.of(0xa0, 0xa0)]) }],
    ['more than 8 KiB', { changeMembers: (members) => members.set('a', new Uint8Array(8192)) }],
  ])('such as one with %s is malformed', async (_, changes) => {
    const key = apple.createKey();
    await enroll(key);
    expect(await refusal(key, { changes })).toEqual(malformed);
  });

  it('such as one with an octet after it is malformed', async () => {
    const key = apple.createKey();
    await enroll(key);
    const expected = newBinding();
    const assertion = Buffer.concat([key.assert(expected.binding), encodeCbor(0)]);
    expect(await refusal(key, { expected, assertion })).toEqual(malformed);
  });
});

describe('verifyAppAssertion', () => {
  const clientDataHash = randomBytes(32);
  const verify = (changes: FakeAssertionChanges, request: Partial<VerifyAppAssertionRequest> = {}) => {
    const key = apple.createKey();
    return verifyAppAssertion({
      assertion: key.assert(clientDataHash, changes),
      publicKey: key.publicKey,
      clientDataHash,
      appIds: ['ZZZZZZZZZZ.com.example.other', apple.appId],
      lastCounter: 0,
      ...request,
    });
  };

  it('tells the app and the counter', () => {
    expect(verify({ counter: 7 }, { lastCounter: 6 })).toEqual({
      appId: apple.appId,
      counter: 7,
      bundleVersion: null,
      validationCategory: null,
    });
  });

  it('wants a counter above the last one', async () => {
    expect(await refusalOf(() => verify({ counter: 7 }, { lastCounter: 7 }))).toEqual(
      rejectedFor('counter_refused'),
    );
    expect(await refusalOf(() => verify({ counter: 0 }, { lastCounter: -1 }))).toEqual(
      rejectedFor('counter_refused'),
    );
    expect(await refusalOf(() => verify({}, { lastCounter: Number.NaN }))).toEqual(
      rejectedFor('counter_refused'),
    );
  });

  it('takes no key of another kind, even if it signed', async () => {
    for (const namedCurve of ['P-384', 'secp256k1']) {
      const other = generateKeyPairSync('ec', { namedCurve });
      const changeMembers: FakeAssertionChanges['changeMembers'] = (members) => {
        const data = members.get('authenticatorData') as Uint8Array;
        const nonce = sha256(data, clientDataHash);
        return members.set('signature', sign('sha256', nonce, other.privateKey));
      };
      const spki = other.publicKey.export({ format: 'der', type: 'spki' });
      expect(await refusalOf(() => verify({ changeMembers }, { publicKey: spki }))).toEqual(
        rejectedFor('signature_invalid'),
      );
    }
  });

  it('refuses what the provider refuses', async () => {
    expect(await refusalOf(() => verify({ foreignKey: true, appId: 'A' }))).toEqual(
      rejectedFor('signature_invalid', 'app_id_mismatch'),
    );
    expect(await refusalOf(() => verify({}, { assertion: new Uint8Array() }))).toEqual(malformed);
  });
});
