import { describe, expect, it } from 'vitest';
import { parsePlayIntegrityPayload } from '../../../src/integrity/play/parse-play-integrity-payload.js';
import { malformed, refusalOf } from '../refusal-of.js';
import * as observed from './observed-payloads.js';

const minimal = {
  requestDetails: { requestPackageName: 'com.example.app', timestampMillis: '1767225600000' },
};

describe('parsePlayIntegrityPayload', () => {
  it.each(Object.entries(observed).filter(([name]) => name !== 'DIGEST'))(
    'reads the observed shape %s',
    (_, json) => {
      expect(parsePlayIntegrityPayload(json).requestDetails).toMatchObject({
        requestPackageName: 'com.example.app',
        timestampMillis: 1767225600000,
      });
    },
  );

  it('reads every member by name', () => {
    const payload = parsePlayIntegrityPayload({
      requestDetails: { requestPackageName: 'a.b', timestampMillis: '1', requestHash: 'hash' },
      appIntegrity: {
        appRecognitionVerdict: 'PLAY_RECOGNIZED',
        packageName: 'a.b',
        certificateSha256Digest: ['digest'],
        versionCode: '9007199254740993',
      },
      deviceIntegrity: {
        deviceRecognitionVerdict: ['MEETS_BASIC_INTEGRITY'],
        deviceAttributes: { sdkVersion: 34 },
        recentDeviceActivity: { deviceActivityLevel: 'LEVEL_2' },
        deviceRecall: { values: { bitFirst: true, bitSecond: false }, writeDates: { yyyymmFirst: 202401 } },
      },
      accountDetails: { appLicensingVerdict: 'LICENSED', accountActivity: { activityLevel: 'UNUSUAL' } },
      environmentDetails: {
        appAccessRiskVerdict: { appsDetected: ['KNOWN_INSTALLED'] },
        playProtectVerdict: 'NO_ISSUES',
      },
      testingDetails: { isTestingResponse: false },
    });

    expect(payload).toEqual({
      requestDetails: { requestPackageName: 'a.b', timestampMillis: 1, nonce: null, requestHash: 'hash' },
      appIntegrity: {
        appRecognitionVerdict: 'PLAY_RECOGNIZED',
        packageName: 'a.b',
        certificateSha256Digest: ['digest'],
        versionCode: '9007199254740993',
      },
      deviceIntegrity: {
        deviceRecognitionVerdict: ['MEETS_BASIC_INTEGRITY'],
        sdkVersion: 34,
        deviceActivityLevel: 'LEVEL_2',
        deviceRecall: {
          bitFirst: true,
          bitSecond: false,
          bitThird: null,
          yyyymmFirst: 202401,
          yyyymmSecond: null,
          yyyymmThird: null,
        },
      },
      accountDetails: { appLicensingVerdict: 'LICENSED', activityLevel: 'UNUSUAL' },
      environmentDetails: { appsDetected: ['KNOWN_INSTALLED'], playProtectVerdict: 'NO_ISSUES' },
      testingDetails: { isTestingResponse: false },
    });
    expect(JSON.parse(JSON.stringify(payload))).toEqual(payload);
  });

  it('reads absent sections and lists as empty', () => {
    const payload = parsePlayIntegrityPayload(minimal);

    expect(payload.appIntegrity).toEqual({
      appRecognitionVerdict: null,
      packageName: null,
      certificateSha256Digest: [],
      versionCode: null,
    });
    expect(payload.deviceIntegrity.deviceRecognitionVerdict).toEqual([]);
    expect(payload.environmentDetails).toEqual({ appsDetected: [], playProtectVerdict: null });
    expect(payload.testingDetails.isTestingResponse).toBe(false);
  });

  it('keeps values that it does not know and ignores members that it does not know', () => {
    const payload = parsePlayIntegrityPayload({
      ...minimal,
      appIntegrity: { appRecognitionVerdict: 'BLESSED', colour: 'blue' },
      deviceIntegrity: { deviceRecognitionVerdict: ['MEETS_MARTIAN_INTEGRITY'] },
      somethingNew: [1],
    });

    expect(payload.appIntegrity.appRecognitionVerdict).toBe('BLESSED');
    expect(payload.deviceIntegrity.deviceRecognitionVerdict).toEqual(['MEETS_MARTIAN_INTEGRITY']);
    expect(payload).not.toHaveProperty('somethingNew');
  });

  it('does not take a member from a prototype', () => {
    const json: unknown = JSON.parse(
      '{"requestDetails":{"requestPackageName":"a.b","timestampMillis":"1"},"__proto__":{"testingDetails":{"isTestingResponse":true}}}',
    );

    expect(parsePlayIntegrityPayload(json).testingDetails.isTestingResponse).toBe(false);
  });

  const request = minimal.requestDetails;
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['a text', 'MEETS_DEVICE_INTEGRITY'],
    ['no request', {}],
    ['a request that is null', { requestDetails: null }],
    ['no package of the request', { requestDetails: { timestampMillis: '1' } }],
    ['no time', { requestDetails: { requestPackageName: 'a.b' } }],
    ['a time that is a fraction', { requestDetails: { ...request, timestampMillis: 1.5 } }],
    ['a time that is negative', { requestDetails: { ...request, timestampMillis: '-1' } }],
    [
      'a time that is beyond all dates',
      { requestDetails: { ...request, timestampMillis: '8640000000000001' } },
    ],
    ['a time with white space', { requestDetails: { ...request, timestampMillis: ' 1' } }],
    [
      'a time in RFC 3339, as on Windows',
      { requestDetails: { ...request, timestampMillis: '2026-01-01T00:00:00Z' } },
    ],
    ['both nonce and requestHash', { requestDetails: { ...request, nonce: 'a', requestHash: 'a' } }],
    ['a nonce that is a number', { requestDetails: { ...request, nonce: 1 } }],
    ['app integrity that is a list', { ...minimal, appIntegrity: [] }],
    [
      'a recognition that is a list',
      { ...minimal, appIntegrity: { appRecognitionVerdict: ['PLAY_RECOGNIZED'] } },
    ],
    ['a digest that is no list', { ...minimal, appIntegrity: { certificateSha256Digest: observed.DIGEST } }],
    ['a version that is a name', { ...minimal, appIntegrity: { versionCode: '1.2' } }],
    ['a version beyond exact numbers', { ...minimal, appIntegrity: { versionCode: 2 ** 53 } }],
    [
      'labels that are a text',
      { ...minimal, deviceIntegrity: { deviceRecognitionVerdict: 'MEETS_DEVICE_INTEGRITY' } },
    ],
    ['labels that are null', { ...minimal, deviceIntegrity: { deviceRecognitionVerdict: null } }],
    ['a label that is a number', { ...minimal, deviceIntegrity: { deviceRecognitionVerdict: [1] } }],
    [
      'an SDK level that is a text',
      { ...minimal, deviceIntegrity: { deviceAttributes: { sdkVersion: '34' } } },
    ],
    [
      'a recall bit that is a number',
      { ...minimal, deviceIntegrity: { deviceRecall: { values: { bitFirst: 1 } } } },
    ],
    ['a test mark that is a text', { ...minimal, testingDetails: { isTestingResponse: 'false' } }],
  ])('refuses %s', async (_, json) => {
    expect(await refusalOf(() => parsePlayIntegrityPayload(json))).toEqual(malformed);
  });
});
