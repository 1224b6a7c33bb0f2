import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  verifyAppAttestation,
  type VerifiedAppAttestation,
  type VerifyAppAttestationRequest,
} from '../../../src/app-attest.js';
import { ConfigurationError } from '../../../src/core/errors.js';
import { encodeCbor } from '../../../src/testing/encode-cbor.js';
import { createFakeAppAttest, type FakeAttestationChanges } from '../../../src/testing.js';
import { thrownBy } from '../../thrown-by.js';
import { malformed, refusalOf, rejectedFor } from '../refusal-of.js';

const DAY = 24 * 60 * 60 * 1000;
const now = new Date('2026-03-01T12:00:00Z');
const clock = { now: () => now };
const apple = createFakeAppAttest({ clock });
const apple27 = createFakeAppAttest({ clock, osVersion: '27.0', bundleVersion: '42' });
const clientDataHash = randomBytes(32);

function verify(
  changes: FakeAttestationChanges = {},
  request: Partial<VerifyAppAttestationRequest> = {},
  by = apple,
): VerifiedAppAttestation {
  const key = by.createKey();
  return verifyAppAttestation({
    attestation: key.attest(clientDataHash, changes),
    keyId: Buffer.from(key.keyId, 'base64'),
    clientDataHash,
    appIds: [by.appId],
    roots: by.roots,
    now,
    ...request,
  });
}

const refusal = (
  changes: FakeAttestationChanges,
  request: Partial<VerifyAppAttestationRequest> = {},
  by = apple,
) => refusalOf(() => verify(changes, request, by));

/** Changes an octet of authenticator data. */
const flip =
  (at: number): NonNullable<FakeAttestationChanges['changeData']> =>
  (bytes) => {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 0x01;
    return changed;
  };

describe('a good attestation', () => {
  it('tells the key, the app and the system', () => {
    const key = apple.createKey();
    const attestation = key.attest(clientDataHash);
    const { certificate, receipt, ...rest } = verify(
      {},
      { attestation, keyId: Buffer.from(key.keyId, 'base64') },
    );
    expect(rest).toEqual({
      publicKey: key.publicKey,
      appId: 'A1B2C3D4E5.com.example.app',
      environment: 'production',
      certificateNotBefore: new Date(now.getTime() - DAY),
      bundleVersion: null,
      validationCategory: null,
      osVersion: '17.2.1',
      osBuild: '21C66',
    });
    expect(Buffer.from(attestation).includes(Buffer.from(certificate))).toBe(true);
    expect(Buffer.from(attestation).includes(Buffer.from(receipt))).toBe(true);
  });

  it('tells from iOS 27 on the version of the app, and how it came to the device', () => {
    expect(verify({}, {}, apple27)).toMatchObject({ bundleVersion: '42', validationCategory: 4 });
  });

  it.each([0x00, 0x40, 0x80, 0xc0, 0xff])('may have the flags %i with extensions and without', (flags) => {
    expect(verify({ flags }, {}, apple27).bundleVersion).toBe('42');
    expect(verify({ flags }).bundleVersion).toBeNull();
  });

  it('may have extensions that nobody knows yet, in any form', () => {
    const extensions = new Map([['apple_of_tomorrow', new Map([['a', [1, true, null]]])]]);
    expect(verify({ extensions })).toMatchObject({ bundleVersion: null, validationCategory: null });
  });

  it.each([
    ['of 100 characters', '1'.repeat(100), '1'.repeat(100)],
    ['of 101 characters', '1'.repeat(101), null],
    ['that is no text', 1, null],
  ])('may have a version of the app %s', (_, version, expected) => {
    expect(verify({ extensions: new Map([['apple_bundle_version_01', version]]) }).bundleVersion).toBe(
      expected,
    );
  });

  it('may have members that nobody knows yet', () => {
    const changeMembers: FakeAttestationChanges['changeMembers'] = (members) =>
      members.set('tomorrow', new Uint8Array(3));
    expect(verify({ changeMembers }).environment).toBe('production');
  });

  it('is bound to client data of any length, which is Apple’s own example', () => {
    const key = apple.createKey();
    const challenge = Buffer.from('example_server_challenge');
    const request = { attestation: key.attest(challenge), keyId: Buffer.from(key.keyId, 'base64') };
    expect(verify({}, { ...request, clientDataHash: challenge }).appId).toBe(apple.appId);
  });

  it('names one of several apps', () => {
    const appIds = ['ZZZZZZZZZZ.com.example.other', apple.appId];
    expect(verify({}, { appIds }).appId).toBe(apple.appId);
  });

  it('may be of the development environment where that is accepted', () => {
    const development = createFakeAppAttest({ clock, environment: 'development' });
    expect(verify({}, { environments: ['development'] }, development).environment).toBe('development');
    expect(verify({}, { environments: ['production', 'development'] }, development).environment).toBe(
      'development',
    );
  });

  it('says nothing of the system that cannot be read', () => {
    const foreign = createFakeAppAttest({ clock, osVersion: '1'.repeat(126) });
    expect(verify({}, {}, foreign).osVersion).toBeNull();
  });
});

describe('an attestation is refused, and each check alone refuses it,', () => {
  it('for another binding', async () => {
    expect(await refusal({}, { clientDataHash: randomBytes(32) })).toEqual(rejectedFor('binding_mismatch'));
  });

  it('if the nonce only ends as it should', async () => {
    const changeNonce = (value: Uint8Array) => Buffer.concat([Buffer.of(0x30), value]);
    expect(await refusal({ changeNonce })).toEqual(rejectedFor('binding_mismatch'));
  });

  it('if the nonce has something after it', async () => {
    const changeNonce = (value: Uint8Array) => Buffer.concat([value, Buffer.of(0)]);
    expect(await refusal({ changeNonce })).toEqual(rejectedFor('binding_mismatch'));
  });

  it('if the nonce stands behind another tag', async () => {
    const changeNonce = (value: Uint8Array) => {
      const changed = Buffer.from(value);
      changed[2] = 0xa2;
      return changed;
    };
    expect(await refusal({ changeNonce })).toEqual(rejectedFor('binding_mismatch'));
  });

  it('if the nonce is only the start of the right one', async () => {
    const changeNonce = (value: Uint8Array) =>
      Buffer.concat([Buffer.from('3023a121041f', 'hex'), value.subarray(6, 37)]);
    expect(await refusal({ changeNonce })).toEqual(rejectedFor('binding_mismatch'));
  });

  it('if the certificate has no nonce', async () => {
    expect(await refusal({ changeNonce: () => null })).toEqual(rejectedFor('attestation_missing'));
  });

  it('if authenticator data was changed after it was bound', async () => {
    const changeMembers: FakeAttestationChanges['changeMembers'] = (members) => {
      const bytes = members.get('authData');
      if (bytes instanceof Uint8Array) members.set('authData', flip(32)(bytes));
      return members;
    };
    expect(await refusal({ changeMembers })).toEqual(rejectedFor('binding_mismatch'));
  });

  it('if extensions were taken away after they were bound', async () => {
    const changeMembers: FakeAttestationChanges['changeMembers'] = (members) => {
      const bytes = members.get('authData');
      if (bytes instanceof Uint8Array) members.set('authData', bytes.subarray(0, 164));
      return members;
    };
    expect(await refusal({ changeMembers }, {}, apple27)).toEqual(rejectedFor('binding_mismatch'));
  });

  it('for another app', async () => {
    expect(await refusal({ appId: 'A1B2C3D4E5.com.example.other' })).toEqual(rejectedFor('app_id_mismatch'));
    expect(await refusal({}, { appIds: ['A1B2C3D4E5.com.example.other'] })).toEqual(
      rejectedFor('app_id_mismatch'),
    );
  });

  it.each([1, 0x0100_0000, 0xffff_ffff])('with the counter %i', async (counter) => {
    expect(await refusal({ counter })).toEqual(rejectedFor('counter_refused'));
  });

  it.each([
    ['the other environment', 'appattestdevelop'],
    ['no environment with the right 9 octets', 'appattest\0\0\0\0\0\0\x01'],
    ['the right 9 octets in another form', 'appattest       '],
    ['no environment', '\0'.repeat(16)],
  ])('for %s', async (_, aaguid) => {
    expect(await refusal({ aaguid: Buffer.from(aaguid, 'latin1') })).toEqual(
      rejectedFor('environment_mismatch'),
    );
  });

  it('for production where only development is accepted', async () => {
    expect(await refusal({}, { environments: ['development'] })).toEqual(rejectedFor('environment_mismatch'));
  });

  it('with the name of another key', async () => {
    expect(await refusal({}, { keyId: randomBytes(32) })).toEqual(rejectedFor('key_identifier_mismatch'));
    expect(await refusal({}, { keyId: new Uint8Array() })).toEqual(rejectedFor('key_identifier_mismatch'));
  });

  it('with another credential id', async () => {
    expect(await refusal({ credentialId: randomBytes(32) })).toEqual(rejectedFor('key_identifier_mismatch'));
  });

  it.each([-2, -3])('with another key in authenticator data (%i)', async (label) => {
    expect(await refusal({ coseKey: new Map([[label, randomBytes(32)]]) })).toEqual(
      rejectedFor('key_identifier_mismatch'),
    );
  });

  it('with a certificate for another key', async () => {
    expect(await refusal({ foreignKey: true })).toEqual(rejectedFor('key_identifier_mismatch'));
  });

  it('with a key on another curve, which then has another name too', async () => {
    expect(await refusal({ otherCurve: true })).toEqual(
      rejectedFor('key_refused', 'key_identifier_mismatch'),
    );
  });

  it.each<[string, FakeAttestationChanges, ...string[]]>([
    ['under another root of that name', { foreignRoot: true }, 'signature_invalid'],
    ['whose certificate has ended', { notAfter: new Date(now.getTime() - 1000) }, 'certificate_expired'],
    [
      'whose certificate has not begun',
      { notBefore: new Date(now.getTime() + 1000) },
      'certificate_not_yet_valid',
    ],
    ['whose certificate is that of a CA', { leafIsCa: true }, 'leaf_is_ca'],
    ['under a certificate of no CA', { ca: { isNoCa: true } }, 'issuer_not_ca'],
    ['under a CA that may not certify', { ca: { mayNotSign: true } }, 'issuer_key_usage'],
    [
      'under a CA that has ended',
      { ca: { notAfter: new Date(now.getTime() - 1000) } },
      'certificate_expired',
    ],
  ])('%s', async (_, changes, ...reasons) => {
    expect(await refusal(changes)).toEqual(rejectedFor(...reasons));
  });

  it('under a root that is not the one expected', async () => {
    expect(await refusal({}, { roots: apple27.roots })).toEqual(rejectedFor('signature_invalid'));
  });

  it('under the root of a fake, where only that of Apple is pinned', async () => {
    const key = apple.createKey();
    const attestation = key.attest(clientDataHash);
    const keyId = Buffer.from(key.keyId, 'base64');
    const appIds = [apple.appId];
    expect(
      await refusalOf(() => verifyAppAttestation({ attestation, keyId, clientDataHash, appIds, now })),
    ).toEqual(rejectedFor('no_trust_anchor'));
  });

  it.each<[string, NonNullable<FakeAttestationChanges['changeCertificates']>]>([
    ['no certificate', () => []],
    ['one certificate', (certificates) => certificates.slice(0, 1)],
    ['three certificates', (certificates) => [...certificates, ...certificates.slice(1)]],
  ])('with %s', async (_, changeCertificates) => {
    expect(await refusal({ changeCertificates })).toEqual(rejectedFor('chain_length_refused'));
  });

  it('with its certificates in another order', async () => {
    const { reasons = [] } = await refusal({
      changeCertificates: (certificates) => certificates.toReversed(),
    });
    expect(reasons).toContain('issuer_name_mismatch');
    expect(reasons).toContain('leaf_is_ca');
  });

  it('with the chain of another attestation', async () => {
    const other = apple.createKey();
    let stolen: readonly Uint8Array[] = [];
    other.attest(clientDataHash, { changeCertificates: (certificates) => (stolen = certificates) });
    expect(await refusal({ changeCertificates: () => stolen })).toEqual(
      rejectedFor('binding_mismatch', 'key_identifier_mismatch'),
    );
  });

  it('by all that is wrong with it at once', async () => {
    const changes = {
      appId: 'A1B2C3D4E5.com.example.other',
      counter: 7,
      aaguid: new Uint8Array(16),
      notAfter: new Date(now.getTime() - 1000),
    };
    expect(await refusal(changes, { clientDataHash: randomBytes(32), keyId: randomBytes(32) })).toEqual(
      rejectedFor(
        'certificate_expired',
        'binding_mismatch',
        'key_identifier_mismatch',
        'app_id_mismatch',
        'counter_refused',
        'environment_mismatch',
      ),
    );
  });
});

describe('the validation category', () => {
  const category = (value: unknown) => ({
    extensions: new Map([['apple_validation_category_01', value as Uint8Array]]),
  });

  it('is not asked unless somebody says so', () => {
    expect(verify(category(Buffer.of(6, 0, 0, 0))).validationCategory).toBe(6);
    expect(verify(category(Buffer.of(6, 0, 0, 0x80))).validationCategory).toBe(0x8000_0006);
    expect(verify(category(4)).validationCategory).toBe('unreadable');
    expect(verify(category(Buffer.of(4, 0, 0))).validationCategory).toBe('unreadable');
  });

  it('must be on the list, if there is one', async () => {
    const rules = { validationCategories: [2, 4] };
    expect(verify({}, rules, apple27).validationCategory).toBe(4);
    expect(await refusal(category(Buffer.of(3, 0, 0, 0)), rules)).toEqual(
      rejectedFor('validation_category_refused'),
    );
    expect(await refusal(category(Buffer.of(0, 0, 0, 4)), rules)).toEqual(
      rejectedFor('validation_category_refused'),
    );
    expect(await refusal(category(4), rules)).toEqual(rejectedFor('validation_category_refused'));
  });

  it('may be absent before iOS 27, unless it is required', async () => {
    expect(verify({}, { validationCategories: [4] }).validationCategory).toBeNull();
    expect(await refusal({}, { validationCategoryRequired: true })).toEqual(
      rejectedFor('validation_category_refused'),
    );
    expect(await refusal(category('4'), { validationCategoryRequired: true })).toEqual(
      rejectedFor('validation_category_refused'),
    );
    expect(verify({}, { validationCategoryRequired: true }, apple27).validationCategory).toBe(4);
  });
});

describe('what is not in the wire format', () => {
  const replaced = (name: string, value: unknown): FakeAttestationChanges => ({
    changeMembers: (members) => members.set(name, value as null),
  });

  it.each<[string, FakeAttestationChanges]>([
    ['another format', replaced('fmt', 'packed')],
    ['no format', { changeMembers: (members) => (members.delete('fmt'), members) }],
    ['a statement that is no map', replaced('attStmt', [])],
    ['no certificates', replaced('attStmt', new Map([['receipt', new Uint8Array()]]))],
    ['no receipt', replaced('attStmt', new Map([['x5c', []]]))],
    ['certificates that are no list', replaced('attStmt', new Map([['x5c', new Uint8Array()]]))],
    [
      'a certificate that is a text',
      replaced(
        'attStmt',
        new Map<string, unknown>([
          ['x5c', ['a', 'b']],
          ['receipt', new Uint8Array()],
        ]),
      ),
    ],
    ['authenticator data that is a text', replaced('authData', 'data')],
    ['a list instead of a map', { changeMembers: () => [] }],
    ['certificates that are none', { changeCertificates: () => [new Uint8Array(9), new Uint8Array(9)] }],
    [
      'a certificate with an octet too many',
      {
        changeCertificates: ([leaf = new Uint8Array(), ...rest]) => [
          Buffer.concat([leaf, Buffer.of(0)]),
          ...rest,
        ],
      },
    ],
    ['a credential id of 31 octets', { credentialId: new Uint8Array(31) }],
    ['a credential id of 33 octets', { credentialId: new Uint8Array(33) }],
    ['a key of another type', { coseKey: new Map([[1, 3]]) }],
    ['a key of another algorithm', { coseKey: new Map([[3, -35]]) }],
    ['a key of another curve', { coseKey: new Map([[-1, 2]]) }],
    ['a key with a sign instead of y', { coseKey: new Map([[-3, true]]) }],
    ['a key with a coordinate of 31 octets', { coseKey: new Map([[-2, new Uint8Array(31)]]) }],
    ['a key with a member more', { coseKey: new Map([[-4, new Uint8Array(32)]]) }],
    ['authenticator data of 36 octets', { changeData: (bytes) => bytes.subarray(0, 36) }],
    ['authenticator data of 86 octets', { changeData: (bytes) => bytes.subarray(0, 86) }],
    ['authenticator data of 163 octets', { changeData: (bytes) => bytes.subarray(0, 163) }],
    ['an octet after the key', { changeData: (bytes) => Buffer.concat([bytes, Buffer.of(0)]) }],
    ['two maps after the key', { changeData: (bytes) => Buffer.concat([bytes, Buffer.of(0xa0, 0xa0)]) }],
    ['extensions that are cut off', { changeData: (bytes) => Buffer.concat([bytes, Buffer.of(0xa1)]) }],
    [
      'extensions that are named by numbers',
      { changeData: (bytes) => Buffer.concat([bytes, Buffer.of(0xa1, 1, 2)]) },
    ],
    [
      'authenticator data that is too long',
      {
        extensions: new Map([['a', new Uint8Array(4096)]]),
      },
    ],
  ])('such as %s is malformed', async (_, changes) => {
    expect(await refusal(changes)).toEqual(malformed);
  });

  const genuine = () => {
    const key = apple.createKey();
    return { bytes: Buffer.from(key.attest(clientDataHash)), keyId: Buffer.from(key.keyId, 'base64') };
  };
  const verifyBytes = (attestation: Uint8Array, keyId: Uint8Array) => refusal({}, { attestation, keyId });

  it.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['with an octet after it', (bytes) => Buffer.concat([bytes, Buffer.of(0)])],
    ['cut off', (bytes) => bytes.subarray(0, -1)],
    ['empty', () => new Uint8Array()],
    [
      'with a map of indefinite length',
      (bytes) => Buffer.concat([Buffer.of(0xbf), bytes.subarray(1), Buffer.of(0xff)]),
    ],
    [
      'with a length that has a shorter form',
      (bytes) => Buffer.concat([Buffer.of(0xb8, 3), bytes.subarray(1)]),
    ],
    [
      'with a member twice',
      (bytes) =>
        Buffer.concat([Buffer.of(0xa4), bytes.subarray(1), encodeCbor('fmt'), encodeCbor('apple-appattest')]),
    ],
    ['in a tag', (bytes) => Buffer.concat([Buffer.of(0xd9, 0xd9, 0xf7), bytes])],
    [
      'of 33 KiB',
      (bytes) =>
        Buffer.concat([
          Buffer.of(0xa4),
          bytes.subarray(1),
          encodeCbor('a'),
          encodeCbor(new Uint8Array(33 * 1024)),
        ]),
    ],
  ])('such as an attestation %s is malformed', async (_, change) => {
    const { bytes, keyId } = genuine();
    expect(verify({}, { attestation: bytes, keyId }).appId).toBe(apple.appId);
    expect(await verifyBytes(change(bytes), keyId)).toEqual(malformed);
  });
});

describe('the options of verifyAppAttestation', () => {
  it.each<[string, Partial<VerifyAppAttestationRequest>]>([
    ['appIds', { appIds: [] }],
    ['appIds[0]', { appIds: ['com.example.app'] }],
    ['appIds[0]', { appIds: ['A1B2C3D4E5.com.example.*'] }],
    ['appIds[1]', { appIds: [apple.appId, 'A1B2C3D4E.com.example.app'] }],
    ['environments', { environments: [] }],
    ['environments', { environments: ['sandbox' as 'production'] }],
    ['validationCategories', { validationCategories: [] }],
    ['validationCategories', { validationCategories: [1.5] }],
    ['roots', { roots: [] }],
    ['roots', { roots: ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'] }],
  ])('%s is checked', (option, request) => {
    const error = thrownBy(() => verify({}, request));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});
