import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../../src/core/errors.js';
import { createFakePlay } from '../../src/testing/fake-play.js';

describe('createFakePlay', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('prints its keys as Play Console does', () => {
    const play = createFakePlay();

    expect(play.decryptionKey).toMatch(/^[A-Za-z0-9+/]{43}=$/);
    expect(play.verificationKey.startsWith('MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE')).toBe(true);
    expect(Buffer.from(play.verificationKey, 'base64').length).toBe(91);
    expect(play.certificateSha256).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  });

  it('writes payloads as Google does', () => {
    const issuedAt = new Date('2026-01-01T00:00:00Z');
    const play = createFakePlay({
      packageName: 'com.example.bank',
      certificateSha256: 'ff'.repeat(32),
      clock: { now: () => issuedAt },
    });

    expect(play.findPayload(play.createToken({ binding: new Uint8Array(32) }))).toEqual({
      requestDetails: {
        requestPackageName: 'com.example.bank',
        timestampMillis: '1767225600000',
        nonce: 'A'.repeat(43),
      },
      appIntegrity: {
        appRecognitionVerdict: 'PLAY_RECOGNIZED',
        packageName: 'com.example.bank',
        certificateSha256Digest: [`${'_'.repeat(42)}8`],
        versionCode: '42',
      },
      deviceIntegrity: {
        deviceRecognitionVerdict: [
          'MEETS_BASIC_INTEGRITY',
          'MEETS_DEVICE_INTEGRITY',
          'MEETS_STRONG_INTEGRITY',
        ],
      },
      accountDetails: { appLicensingVerdict: 'LICENSED' },
    });
  });

  it('leaves out what Google leaves out', () => {
    const play = createFakePlay();

    expect(play.findPayload(play.createToken({ labels: [], recognition: 'UNEVALUATED' }))).toMatchObject({
      appIntegrity: { appRecognitionVerdict: 'UNEVALUATED' },
      deviceIntegrity: {},
    });
    expect(play.findPayload('of somebody else')).toBeNull();
  });

  it('refuses a digest that is none', () => {
    expect(() => createFakePlay({ certificateSha256: 'abc' })).toThrow(ConfigurationError);
  });

  it('refuses to start in production', () => {
    vi.stubEnv('NODE_ENV', 'production');

    expect(() => createFakePlay()).toThrow(ConfigurationError);
  });
});
