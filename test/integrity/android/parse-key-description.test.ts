import { parseKeyDescription } from 'device-trust/android-key-attestation';
import type { FakeAuthorizationList, FakeKeyDescription } from 'device-trust/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceTrustError } from '../../../src/core/errors.js';
import {
  encodeKeyDescription,
  encodeKeyDescriptionFields,
} from '../../../src/testing/encode-key-description.js';
import { der } from '../../../src/x509/der-writer.js';
import { malformed, refusalOf } from '../refusal-of.js';

const bare: FakeKeyDescription = {
  attestationVersion: 300,
  attestationSecurityLevel: 'strongbox',
  keyMintVersion: 300,
  keyMintSecurityLevel: 'strongbox',
  attestationChallenge: '0102',
  uniqueId: '',
  softwareEnforced: {},
  hardwareEnforced: {},
};

/** Every field, with values that differ from each other. */
const full: FakeAuthorizationList = {
  purpose: [2, 3],
  algorithm: 3,
  keySize: 256,
  blockMode: [1],
  digest: [0, 4],
  padding: [5],
  callerNonce: true,
  minMacLength: 128,
  ecCurve: 1,
  mlDsaVariant: 2,
  rsaPublicExponent: 65_537,
  mgfDigest: [6],
  rollbackResistance: true,
  earlyBootOnly: true,
  activeDateTime: 1_700_000_000_001,
  originationExpireDateTime: 1_700_000_000_002,
  usageExpireDateTime: 1_700_000_000_003,
  usageCountLimit: 9,
  noAuthRequired: true,
  userAuthType: 4_294_967_295,
  authTimeout: 10,
  allowWhileOnBody: true,
  trustedUserPresenceRequired: true,
  trustedConfirmationRequired: true,
  unlockedDeviceRequired: true,
  allApplications: true,
  applicationId: 'aabb',
  creationDateTime: 1_700_000_000_000,
  origin: 0,
  rootOfTrust: {
    verifiedBootKey: '11'.repeat(32),
    deviceLocked: true,
    verifiedBootState: 'self-signed',
    verifiedBootHash: '22'.repeat(32),
  },
  osVersion: 160_000,
  osPatchLevel: 202_511,
  attestationApplicationId: {
    packages: [
      { name: 'com.example.app', version: 7 },
      { name: 'com.example.other', version: 2_147_483_648 },
    ],
    signatureDigests: ['33'.repeat(32), '44'.repeat(32)],
  },
  attestationIdBrand: 'brand',
  attestationIdDevice: 'device',
  attestationIdProduct: 'product',
  attestationIdSerial: 'serial',
  attestationIdImei: 'imei',
  attestationIdMeid: 'meid',
  attestationIdManufacturer: 'Hersteller GmbH & Söhne',
  attestationIdModel: 'model',
  vendorPatchLevel: 20_251_105,
  bootPatchLevel: 20_251_106,
  deviceUniqueAttestation: true,
  attestationIdSecondImei: 'second',
  moduleHash: '55'.repeat(32),
};

const parseHardware = (list: FakeAuthorizationList, version = 300) =>
  parseKeyDescription(encodeKeyDescription({ ...bare, attestationVersion: version, hardwareEnforced: list }))
    .hardwareEnforced;
/** A list that says nothing but this tag with this value. */
const parseTag = (tag: number, hex: string) => parseHardware({ unknownTags: [{ tag, value: hex }] });
const clean = { unknownTags: [], malformedFields: [], tagsInOrder: true };

describe('a key description', () => {
  it.each([1, 2, 3, 4, 100, 200, 300, 400, 500, 600, 2 ** 31 - 1])('of version %i is read', (version) => {
    const description = {
      ...bare,
      attestationVersion: version,
      softwareEnforced: full,
      hardwareEnforced: full,
    };
    const parsed = parseKeyDescription(encodeKeyDescription(description));
    expect(parsed).toEqual({
      ...description,
      softwareEnforced: { ...full, ...clean },
      hardwareEnforced: { ...full, ...clean },
    });
    expect(JSON.parse(JSON.stringify(parsed))).toEqual(parsed);
  });

  it('that says nothing has null for everything, and false for what may only be there or not', () => {
    const list = parseHardware({});
    const flags = Object.entries(full).filter(([, value]) => value === true);
    const others = Object.keys(full).filter((name) => !flags.some(([flag]) => flag === name));
    expect(list).toEqual({
      ...Object.fromEntries(flags.map(([name]) => [name, false])),
      ...Object.fromEntries(others.map((name) => [name, null])),
      ...clean,
    });
  });

  it.each(['software', 'trusted-environment', 'strongbox', 'unknown'] as const)('tells level %s', (level) => {
    const keyMint = parseKeyDescription(encodeKeyDescription({ ...bare, keyMintSecurityLevel: level }));
    expect(keyMint).toMatchObject({ attestationSecurityLevel: 'strongbox', keyMintSecurityLevel: level });
    const own = parseKeyDescription(encodeKeyDescription({ ...bare, attestationSecurityLevel: level }));
    expect(own).toMatchObject({ attestationSecurityLevel: level, keyMintSecurityLevel: 'strongbox' });
  });

  const elements = encodeKeyDescriptionFields(bare);
  const without = (index: number) => der.sequence(...elements.filter((_, at) => at !== index));
  const withElement = (index: number, element: Uint8Array) => der.sequence(...elements.with(index, element));
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['an empty sequence', der.sequence()],
    ['a ninth element', der.sequence(...elements, der.integer(1n))],
    ['a byte after it', Buffer.concat([der.sequence(...elements), Uint8Array.of(0)])],
    ['seven elements', without(7)],
    ['no unique id', without(5)],
    ['version 0', withElement(0, der.integer(0n))],
    ['a negative version', withElement(0, der.integer(-1n))],
    ['a version above 31 bits', withElement(0, der.integer(2n ** 31n))],
    ['a level that is an INTEGER', withElement(1, der.integer(1n))],
    ['a challenge that is a text', withElement(4, der.utf8String('challenge'))],
    ['a list that is a SET', withElement(7, der.setOf())],
    ['more than 8 KiB', withElement(5, der.octetString(new Uint8Array(8192)))],
    ['indefinite length', Uint8Array.of(0x30, 0x80, 0, 0)],
  ])('is malformed with %s', async (_what, bytes) => {
    expect(await refusalOf(() => parseKeyDescription(bytes))).toEqual(malformed);
  });

  it('is malformed cut off anywhere', () => {
    const whole = encodeKeyDescription({ ...bare, hardwareEnforced: full });
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => parseKeyDescription(whole.subarray(0, length))).toThrow(DeviceTrustError);
    }
  });
});

describe('a list', () => {
  it('may have its tags in any order', () => {
    expect(parseHardware({ ...full, tagsInOrder: false })).toEqual({ ...full, ...clean, tagsInOrder: false });
  });

  it('keeps what it does not know', () => {
    const unknownTags = [
      { tag: 9, value: '0500' },
      { tag: 30, value: '' },
      { tag: 31, value: '020101' },
      { tag: 725, value: 'ff' },
      { tag: 2_097_151, value: '0401ab' },
    ];
    expect(parseHardware({ ...full, unknownTags })).toEqual({ ...full, ...clean, unknownTags });
  });

  it.each([1, 303, 704, 999])('is malformed with tag %i twice', async (tag) => {
    const unknownTags = [
      { tag, value: '0500' },
      { tag, value: '0500' },
    ];
    expect(await refusalOf(() => parseHardware({ unknownTags }))).toEqual(malformed);
  });

  it('has rollback resistance under 703 in versions 1 and 2, and under 303 later', () => {
    const tags = (tag: number) => ({ unknownTags: [{ tag, value: '0500' }] });
    for (const [version, tag, other] of [
      [1, 703, 303],
      [2, 703, 303],
      [3, 303, 703],
    ] as const) {
      expect(parseHardware(tags(tag), version)).toMatchObject({ rollbackResistance: true, unknownTags: [] });
      expect(parseHardware(tags(other), version)).toMatchObject({
        rollbackResistance: false,
        ...tags(other),
      });
    }
  });

  const list = (hex: string) => {
    const elements = encodeKeyDescriptionFields(bare);
    const content = Buffer.from(hex, 'hex');
    const element = Buffer.concat([Uint8Array.of(0x30, content.length), content]);
    return parseKeyDescription(der.sequence(...elements.with(7, element)));
  };
  it.each([
    ['a universal tag', '020101'],
    ['a primitive tag', '8103020101'],
    ['an application tag', '6103020101'],
    ['a private tag', 'e103020101'],
    ['a long tag below 31', 'bf1e03020101'],
    ['a long tag with a leading zero group', 'bf803f03020101'],
    ['a long tag without an end', 'bf8582'],
    ['a long tag of four octets', 'bf8180800103020101'],
    ['no tag number', 'bf'],
    ['no length', 'a1'],
    ['an indefinite length', 'a1800201010000'],
    ['a length that is not minimal', 'a18103020101'],
    ['a length with a leading zero', 'a1820003020101'],
    ['a length of four octets', 'a18400000003020101'],
    ['a length cut off', 'a182'],
    ['a value cut off', 'a1040201'],
    ['a field after which something is left', 'a10302010100'],
  ])('is malformed with %s', async (_what, hex) => {
    expect(await refusalOf(() => list(hex))).toEqual(malformed);
  });

  it('may be longer than 127 octets, and 255', () => {
    for (const length of [130, 300]) {
      const value = 'ab'.repeat(length);
      expect(parseHardware({ applicationId: value }).applicationId).toBe(value);
    }
  });
});

describe('a field in another form', () => {
  it.each<[string, number, string, string]>([
    ['a set that is a number', 1, '020102', 'purpose'],
    ['a set of something else', 1, '31020500', 'purpose'],
    ['a number that is a text', 2, '040103', 'algorithm'],
    ['a number that is negative', 3, '0201ff', 'keySize'],
    ['a number that is not minimal', 3, '02020001', 'keySize'],
    ['a number above 2^53', 401, '020720000000000000', 'originationExpireDateTime'],
    ['an empty number', 702, '0200', 'origin'],
    ['two numbers', 702, '020100020100', 'origin'],
    ['a flag with content', 503, '050100', 'noAuthRequired'],
    ['a flag that is a BOOLEAN', 600, '0101ff', 'allApplications'],
    ['bytes that are a text', 601, '0c0161', 'applicationId'],
    ['a text that is not UTF-8', 710, '0401ff', 'attestationIdBrand'],
    ['an empty field', 705, '', 'osVersion'],
    ['a patch level that is bytes', 718, '0404202511ff', 'vendorPatchLevel'],
    ['an app id that is not inside bytes', 709, '30043100 3100', 'attestationApplicationId'],
    ['an app id with something after it', 709, '0407300431003100 00', 'attestationApplicationId'],
    ['an app id with something more in it', 709, '0408 3006310031000500', 'attestationApplicationId'],
    ['an app id without signers', 709, '040430023100', 'attestationApplicationId'],
    ['an app without version', 709, '040b 30093105 3003 040161 3100', 'attestationApplicationId'],
    ['a root of trust of two', 704, '3006 0401aa 0101ff', 'rootOfTrust'],
    ['a root of trust of five', 704, '300e 0401aa 0101ff 0a0100 0401bb 0500', 'rootOfTrust'],
    ['a boot state that is none', 704, '3009 0401aa 0101ff 0a0104', 'rootOfTrust'],
    ['a boot state that is an INTEGER', 704, '3009 0401aa 0101ff 020100', 'rootOfTrust'],
    ['a lock of two octets', 704, '300a 0401aa 01020000 0a0100', 'rootOfTrust'],
    ['a lock that is an INTEGER', 704, '3009 0401aa 020101 0a0100', 'rootOfTrust'],
  ])('reads as null, and is named: %s', (_what, tag, hex, name) => {
    const parsed = parseTag(tag, hex.replaceAll(' ', ''));
    expect(parsed).toMatchObject({ [name]: null, malformedFields: [name], unknownTags: [] });
  });

  it('does not spoil the others', () => {
    const spoiled = { ...full, osPatchLevel: null };
    const parsed = parseHardware({ ...spoiled, unknownTags: [{ tag: 706, value: '0400' }] });
    expect(parsed).toEqual({ ...spoiled, ...clean, malformedFields: ['osPatchLevel'] });
  });

  it.each<[string, boolean]>([
    ['00', false],
    ['01', true],
    ['7f', true],
    ['ff', true],
  ])('but not a lock of %s', (octet, deviceLocked) => {
    expect(parseTag(704, `30090401aa0101${octet}0a0100`).rootOfTrust).toEqual({
      verifiedBootKey: 'aa',
      deviceLocked,
      verifiedBootState: 'verified',
      verifiedBootHash: null,
    });
  });

  it('but not a set out of order', () => {
    expect(parseTag(1, '3106020103020102').purpose).toEqual([3, 2]);
  });
});

describe('bytes of all kinds', () => {
  const isRefusalOrNothing = (bytes: Uint8Array) => {
    try {
      parseKeyDescription(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(DeviceTrustError);
      expect(error).toMatchObject({ code: 'evidence_malformed' });
    }
  };

  it('are read or refused', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), isRefusalOrNothing), { numRuns: 500 });
  });

  it('are read or refused where a good description was spoiled', () => {
    const whole = encodeKeyDescription({ ...bare, softwareEnforced: full, hardwareEnforced: full });
    const edit = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, octet] of edits) bytes[at] = octet;
        isRefusalOrNothing(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('are read as they were written', () => {
    const numbers = fc.array(fc.nat(1000), { maxLength: 4 }).map((list) => list.sort((a, b) => a - b));
    const lists = fc.record<FakeAuthorizationList>(
      {
        algorithm: fc.maxSafeNat(),
        creationDateTime: fc.maxSafeNat(),
        noAuthRequired: fc.constant(true),
        attestationIdModel: fc.string({ unit: 'grapheme' }),
        digest: numbers.filter((list) => list.every((number) => number < 128)),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(lists, (list) => {
        const parsed = parseHardware(list);
        expect(parsed).toMatchObject(list);
        expect(encodeKeyDescription({ ...bare, hardwareEnforced: parsed })).toEqual(
          encodeKeyDescription({ ...bare, hardwareEnforced: list }),
        );
      }),
      { numRuns: 200 },
    );
  });
});
