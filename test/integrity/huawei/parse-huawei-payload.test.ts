import { describe, expect, it } from 'vitest';
import {
  parseHarmonyOsPayload,
  parseHmsPayload,
} from '../../../src/integrity/huawei/parse-huawei-payload.js';
import { malformed, refusalOf } from '../refusal-of.js';

const digest = Buffer.alloc(32, 1).toString('base64');

// In the shapes that Huawei prints and sends; the values are made up.
const hms = {
  apkCertificateDigestSha256: [digest],
  apkDigestSha256: digest,
  apkPackageName: 'com.example.app',
  basicIntegrity: true,
  nonce: 'AAEC',
  timestampMs: 1767225600000,
};
const hmsFalse = {
  ...hms,
  appId: '100000001',
  basicIntegrity: false,
  detail: ['root', 'unlocked'],
  advice: 'RESTORE_TO_FACTORY_ROM',
};
const harmonyOs = {
  hapCertificateSha256: digest,
  hapBundleName: 'com.example.app',
  appId: '100000001',
  basicIntegrity: false,
  detail: ['attack', 'jailbreak', 'emulator'],
  nonce: 'AAEC',
  timestamp: 1767225600000,
};

describe('parseHmsPayload', () => {
  it('reads a payload of an old token, without app id, detail and advice', () => {
    expect(parseHmsPayload(hms)).toEqual({
      packageName: 'com.example.app',
      certificateSha256: [digest],
      apkDigestSha256: digest,
      basicIntegrity: true,
      detail: [],
      advice: null,
      appId: null,
      version: null,
      nonce: 'AAEC',
      timestampMillis: 1767225600000,
    });
  });

  it('reads a payload of a compromised device', () => {
    expect(parseHmsPayload(hmsFalse)).toMatchObject({
      appId: '100000001',
      basicIntegrity: false,
      detail: ['root', 'unlocked'],
      advice: 'RESTORE_TO_FACTORY_ROM',
    });
  });

  it('reads a time in decimal digits', () => {
    expect(parseHmsPayload({ ...hms, timestampMs: '1767225600000' }).timestampMillis).toBe(1767225600000);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', [hms]],
    ['a HarmonyOS payload', harmonyOs],
    ['no package', { ...hms, apkPackageName: undefined }],
    ['a digest that is a text', { ...hms, apkCertificateDigestSha256: digest }],
    ['integrity as a text', { ...hms, basicIntegrity: 'true' }],
    ['integrity as a number', { ...hms, basicIntegrity: 1 }],
    ['no integrity', { ...hms, basicIntegrity: undefined }],
    ['detail as a text', { ...hms, detail: 'root' }],
    ['a nonce that is null', { ...hms, nonce: null }],
    ['an app id that is a number', { ...hms, appId: 100000001 }],
    ['no time', { ...hms, timestampMs: undefined }],
    ['a time that is a fraction', { ...hms, timestampMs: 1.5 }],
    ['a time that is negative', { ...hms, timestampMs: -1 }],
    ['a time that is beyond all dates', { ...hms, timestampMs: 8.64e15 + 1 }],
    ['a time that is a date', { ...hms, timestampMs: '2026-01-01T00:00:00Z' }],
  ])('refuses %s', async (_, json) => {
    expect(await refusalOf(() => parseHmsPayload(json))).toEqual(malformed);
  });
});

describe('parseHarmonyOsPayload', () => {
  it('reads a payload, enhanced or not', () => {
    const payload = {
      packageName: 'com.example.app',
      certificateSha256: [digest],
      apkDigestSha256: null,
      basicIntegrity: false,
      detail: ['attack', 'jailbreak', 'emulator'],
      advice: null,
      appId: '100000001',
      version: null,
      nonce: 'AAEC',
      timestampMillis: 1767225600000,
    };

    expect(parseHarmonyOsPayload(harmonyOs)).toEqual(payload);
    expect(parseHarmonyOsPayload({ ...harmonyOs, version: 1 })).toEqual({ ...payload, version: 1 });
  });

  it.each<[string, unknown]>([
    ['an HMS Core payload', hms],
    ['a digest that is a list', { ...harmonyOs, hapCertificateSha256: [digest] }],
    ['a version that is a text', { ...harmonyOs, version: '1' }],
    ['integrity as a text', { ...harmonyOs, basicIntegrity: 'true' }],
  ])('refuses %s', async (_, json) => {
    expect(await refusalOf(() => parseHarmonyOsPayload(json))).toEqual(malformed);
  });
});
