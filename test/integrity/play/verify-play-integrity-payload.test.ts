import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64Url } from '../../../src/core/bytes.js';
import { parsePlayIntegrityPayload } from '../../../src/integrity/play/parse-play-integrity-payload.js';
import { isPlayIntegrityVerdict } from '../../../src/integrity/play/play-integrity-verdict.js';
import {
  verifyPlayIntegrityPayload,
  type PlayIntegrityExpectation,
} from '../../../src/integrity/play/verify-play-integrity-payload.js';
import { refusalOf, rejectedFor } from '../refusal-of.js';
import * as observed from './observed-payloads.js';

const binding = Uint8Array.from({ length: 32 }, (_, index) => index);
const issuedAt = new Date('2026-01-01T00:00:00Z');
const digest = decodeBase64(observed.DIGEST) ?? new Uint8Array();

const expected: PlayIntegrityExpectation = {
  packageName: 'com.example.app',
  certificateSha256: [new Uint8Array(32), digest],
  minimumVersionCode: 42n,
  maxAgeSeconds: 600,
  maxClockSkewSeconds: 60,
  acceptTestingResponses: false,
  binding,
  now: issuedAt,
};

interface Wire {
  requestDetails: Record<string, unknown>;
  appIntegrity: Record<string, unknown>;
  deviceIntegrity: Record<string, unknown>;
  accountDetails: Record<string, unknown>;
  testingDetails?: Record<string, unknown>;
}

/** A payload that passes, changed in one place. */
function wire(change: (payload: Wire) => void = () => undefined): Wire {
  const payload: Wire = {
    requestDetails: {
      requestPackageName: 'com.example.app',
      timestampMillis: String(issuedAt.getTime()),
      nonce: encodeBase64Url(binding),
    },
    appIntegrity: {
      appRecognitionVerdict: 'PLAY_RECOGNIZED',
      packageName: 'com.example.app',
      certificateSha256Digest: [observed.DIGEST],
      versionCode: '42',
    },
    deviceIntegrity: { deviceRecognitionVerdict: ['MEETS_BASIC_INTEGRITY', 'MEETS_DEVICE_INTEGRITY'] },
    accountDetails: { appLicensingVerdict: 'LICENSED' },
  };
  change(payload);
  return payload;
}

function verify(json: unknown, change: Partial<PlayIntegrityExpectation> = {}) {
  return verifyPlayIntegrityPayload(parsePlayIntegrityPayload(json), { ...expected, ...change });
}

describe('verifyPlayIntegrityPayload', () => {
  it('gives a verdict in the words of every vendor, with those of Google as details', () => {
    const verdict = verify(wire());

    expect(verdict).toEqual({
      provider: 'play-integrity',
      kind: 'classic',
      issuedAt,
      app: {
        packageName: 'com.example.app',
        certificateSha256: [Buffer.from(digest).toString('hex')],
        version: '42',
        recognition: 'recognized',
        licensing: 'licensed',
      },
      device: { integrity: 'device', labels: ['MEETS_BASIC_INTEGRITY', 'MEETS_DEVICE_INTEGRITY'] },
      details: parsePlayIntegrityPayload(wire()),
    });
    expect(isPlayIntegrityVerdict(verdict)).toBe(true);
    expect(isPlayIntegrityVerdict({ ...verdict, provider: 'huawei-sysintegrity' })).toBe(false);
  });

  it('takes a nonce with and without padding', () => {
    const unpadded = encodeBase64Url(binding);

    expect(verify(wire((p) => (p.requestDetails['nonce'] = `${unpadded}=`))).kind).toBe('classic');
    expect(verify(wire((p) => (p.requestDetails['nonce'] = unpadded))).kind).toBe('classic');
  });

  it('takes a requestHash as text only', async () => {
    const standard = (requestHash: string) =>
      wire((p) => {
        delete p.requestDetails['nonce'];
        p.requestDetails['requestHash'] = requestHash;
      });
    const text = encodeBase64Url(binding);

    expect(verify(standard(text)).kind).toBe('standard');
    expect(await refusalOf(() => verify(standard(`${text}=`)))).toEqual(rejectedFor('binding_mismatch'));
    expect(await refusalOf(() => verify(standard('')))).toEqual(rejectedFor('binding_mismatch'));
  });

  it.each<[string, string, (payload: Wire) => void]>([
    [
      'the request of another package',
      'app_package_mismatch',
      (p) => (p.requestDetails['requestPackageName'] = 'a.b'),
    ],
    ['no binding', 'binding_missing', (p) => delete p.requestDetails['nonce']],
    ['an empty nonce', 'binding_mismatch', (p) => (p.requestDetails['nonce'] = '')],
    ['a nonce that is not base64', 'binding_mismatch', (p) => (p.requestDetails['nonce'] = '?')],
    [
      'a nonce with one other bit',
      'binding_mismatch',
      (p) => (p.requestDetails['nonce'] = encodeBase64Url(Uint8Array.from([1, ...binding.slice(1)]))),
    ],
    [
      'a nonce with more behind it',
      'binding_mismatch',
      (p) => (p.requestDetails['nonce'] = encodeBase64Url(Uint8Array.from([...binding, 0]))),
    ],
    [
      'a nonce that encodes the text instead of the bytes',
      'binding_mismatch',
      (p) => (p.requestDetails['nonce'] = Buffer.from(encodeBase64Url(binding)).toString('base64url')),
    ],
    [
      'a token that is too old',
      'evidence_too_old',
      (p) => (p.requestDetails['timestampMillis'] = issuedAt.getTime() - 600_001),
    ],
    [
      'a token from the future',
      'evidence_from_future',
      (p) => (p.requestDetails['timestampMillis'] = issuedAt.getTime() + 60_001),
    ],
    ['a test answer', 'testing_response', (p) => (p.testingDetails = { isTestingResponse: true })],
    ['an app of another package', 'app_package_mismatch', (p) => (p.appIntegrity['packageName'] = 'a.b')],
    [
      'a recognised app without a package',
      'app_package_mismatch',
      (p) => delete p.appIntegrity['packageName'],
    ],
    [
      'an unrecognised app of another package',
      'app_package_mismatch',
      (p) =>
        (p.appIntegrity = {
          ...p.appIntegrity,
          appRecognitionVerdict: 'UNRECOGNIZED_VERSION',
          packageName: 'x.y',
        }),
    ],
    [
      'an app signed by somebody else',
      'app_certificate_mismatch',
      (p) => (p.appIntegrity['certificateSha256Digest'] = [encodeBase64Url(new Uint8Array(32).fill(7))]),
    ],
    [
      'a recognised app without a certificate',
      'app_certificate_mismatch',
      (p) => delete p.appIntegrity['certificateSha256Digest'],
    ],
    [
      'a certificate digest that is none',
      'app_certificate_mismatch',
      (p) => (p.appIntegrity['certificateSha256Digest'] = ['6a6a1474b5cbbb2b1aa57e0bc3']),
    ],
    ['an app that is too old', 'app_version_too_old', (p) => (p.appIntegrity['versionCode'] = '41')],
    [
      'a recognised app without a version',
      'app_version_too_old',
      (p) => delete p.appIntegrity['versionCode'],
    ],
    [
      'an unevaluated app that names another package',
      'app_package_mismatch',
      (p) => (p.appIntegrity = { appRecognitionVerdict: 'UNEVALUATED', packageName: 'a.b' }),
    ],
    [
      'an unevaluated app that names another certificate',
      'app_certificate_mismatch',
      (p) => (p.appIntegrity = { certificateSha256Digest: [encodeBase64Url(new Uint8Array(32).fill(7))] }),
    ],
    [
      'an unevaluated app that names an old version',
      'app_version_too_old',
      (p) => (p.appIntegrity = { appRecognitionVerdict: 'UNEVALUATED', versionCode: '1' }),
    ],
  ])('refuses %s, for that reason alone', async (_, reason, change) => {
    expect(await refusalOf(() => verify(wire(change)))).toEqual(rejectedFor(reason));
  });

  it('collects every reason, in the order of the checks', async () => {
    const nothingRight = wire((p) => {
      p.requestDetails = { requestPackageName: 'x.y', timestampMillis: 0 };
      p.appIntegrity = { appRecognitionVerdict: 'PLAY_RECOGNIZED', packageName: 'x.y' };
      p.testingDetails = { isTestingResponse: true };
    });

    expect(await refusalOf(() => verify(nothingRight))).toEqual(
      rejectedFor(
        'app_package_mismatch',
        'binding_missing',
        'evidence_too_old',
        'testing_response',
        'app_certificate_mismatch',
        'app_version_too_old',
      ),
    );
  });

  it('takes a token at the very edges of its time', () => {
    const at = (millis: number) => ({ now: new Date(issuedAt.getTime() + millis) });

    expect(verify(wire(), at(600_000)).issuedAt).toEqual(issuedAt);
    expect(verify(wire(), at(-60_000)).issuedAt).toEqual(issuedAt);
  });

  it('takes any version if none is demanded', () => {
    const old = wire((p) => (p.appIntegrity['versionCode'] = '0'));

    expect(verify(old, { minimumVersionCode: null }).app.version).toBe('0');
  });

  it('compares versions beyond the exact numbers of JavaScript', async () => {
    const version = (text: string) => wire((p) => (p.appIntegrity['versionCode'] = text));
    const demanded = { minimumVersionCode: 9_007_199_254_740_993n };

    expect(verify(version('9007199254740993'), demanded).app.version).toBe('9007199254740993');
    expect(await refusalOf(() => verify(version('9007199254740992'), demanded))).toEqual(
      rejectedFor('app_version_too_old'),
    );
  });

  it('takes a test answer where the dangerous switch is on, and says so in the details', () => {
    const verdict = verify(observed.testingResponse, {
      acceptTestingResponses: true,
      minimumVersionCode: null,
    });

    expect(verdict.details.testingDetails.isTestingResponse).toBe(true);
    expect(verdict.device.integrity).toBe('failed');
  });

  it.each([observed.unevaluated, observed.unevaluatedMinimal])(
    'makes a verdict, not a refusal, of an app that was not evaluated',
    (payload) => {
      const verdict = verify(payload);

      expect(verdict.app).toEqual({
        packageName: null,
        certificateSha256: [],
        version: null,
        recognition: 'unevaluated',
        licensing: 'unevaluated',
      });
      expect(verdict.device).toEqual({ integrity: 'failed', labels: [] });
    },
  );

  it.each([
    ['PLAY_RECOGNIZED', 'recognized'],
    ['UNRECOGNIZED_VERSION', 'unrecognized'],
    ['UNEVALUATED', 'unevaluated'],
    ['UNKNOWN', 'unevaluated'],
    ['play_recognized', 'unevaluated'],
  ])('reads the recognition %s as %s', (verdict, recognition) => {
    expect(verify(wire((p) => (p.appIntegrity['appRecognitionVerdict'] = verdict))).app.recognition).toBe(
      recognition,
    );
  });

  it.each([
    ['LICENSED', 'licensed'],
    ['UNLICENSED', 'unlicensed'],
    ['UNEVALUATED', 'unevaluated'],
    ['SOMETHING_NEW', 'unevaluated'],
  ])('reads the licensing %s as %s', (verdict, licensing) => {
    expect(verify(wire((p) => (p.accountDetails['appLicensingVerdict'] = verdict))).app.licensing).toBe(
      licensing,
    );
  });

  it.each<[string[] | undefined, string]>([
    [['MEETS_BASIC_INTEGRITY', 'MEETS_DEVICE_INTEGRITY', 'MEETS_STRONG_INTEGRITY'], 'strong'],
    [['MEETS_STRONG_INTEGRITY'], 'strong'],
    [['MEETS_DEVICE_INTEGRITY'], 'device'],
    [['MEETS_BASIC_INTEGRITY'], 'basic'],
    [['MEETS_VIRTUAL_INTEGRITY'], 'failed'],
    [['MEETS_VIRTUAL_INTEGRITY', 'MEETS_BASIC_INTEGRITY'], 'basic'],
    [['MEETS_PC_INTEGRITY'], 'failed'],
    [['UNKNOWN'], 'failed'],
    [['MEETS_STRONG_INTEGRITY_SOON', 'meets_strong_integrity'], 'failed'],
    [[], 'failed'],
    [undefined, 'failed'],
  ])('reads the labels %j as %s', (labels, integrity) => {
    const verdict = verify(
      wire((p) => (p.deviceIntegrity = labels ? { deviceRecognitionVerdict: labels } : {})),
    );

    expect(verdict.device).toEqual({ integrity, labels: labels ?? [] });
  });
});
