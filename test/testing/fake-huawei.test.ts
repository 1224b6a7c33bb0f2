import { verify, X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../../src/core/errors.js';
import { createFakeHuawei } from '../../src/testing/fake-huawei.js';

const now = new Date('2026-01-01T00:00:00Z');
const huawei = createFakeHuawei({ clock: { now: () => now } });

/** A token taken apart without any code of the library. */
function read(token: string) {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const json = (part: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  const x5c = json(header)['x5c'] as string[];
  return {
    header: json(header),
    payload: json(payload),
    signed: `${header}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
    certificates: x5c.map((entry) => new X509Certificate(Buffer.from(entry, 'base64'))),
  };
}

describe('createFakeHuawei', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('writes HMS Core tokens as Huawei does: padded, with leaf and issuer, and members in order', () => {
    const token = huawei.createToken({ binding: new Uint8Array(32) });
    const { header, payload, certificates, signed, signature } = read(token);

    expect(Object.keys(header)).toEqual(['alg', 'x5c']);
    expect(Object.keys(payload)).toEqual([
      'apkCertificateDigestSha256',
      'apkDigestSha256',
      'apkPackageName',
      'appId',
      'basicIntegrity',
      'nonce',
      'timestampMs',
    ]);
    expect(payload['nonce']).toBe(`${'A'.repeat(43)}=`);
    expect(token.split('.').map((part) => part.length % 4)).toEqual([0, 0, 0]);
    expect(token.endsWith('==')).toBe(true);
    const [leaf, issuer] = certificates;
    expect(certificates.length).toBe(2);
    expect(leaf?.subject).toContain('CN=sysintegrity.platform.hicloud.com');
    expect(leaf?.subjectAltName).toBeUndefined();
    expect(leaf?.ca).toBe(false);
    expect(leaf && issuer && leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey)).toBe(true);
    expect(issuer?.verify(new X509Certificate(huawei.roots.hms[0]!).publicKey)).toBe(true);
    expect(leaf && verify('sha256', Buffer.from(signed), leaf.publicKey, signature)).toBe(true);
    expect(leaf && verify('sha256', Buffer.from(signed.replaceAll('=', '')), leaf.publicKey, signature)).toBe(
      !signed.includes('='),
    );
  });

  it.each([
    ['harmonyos', 'CN=sysintegrity.platform.hicloud.com', []],
    ['harmonyos-enhanced', 'CN=Harmony OS Device Attestation Service', ['version']],
  ] as const)('writes tokens of kind %s with three certificates', (kind, name, more) => {
    const { header, payload, certificates, signed, signature } = read(
      huawei.createToken({ kind, nonce: 'a' }),
    );

    expect(header).toMatchObject({ alg: 'ES256', typ: 'JWS' });
    expect(Object.keys(payload)).toEqual([
      'hapCertificateSha256',
      'hapBundleName',
      'appId',
      'basicIntegrity',
      'nonce',
      'timestamp',
      ...more,
    ]);
    expect(certificates.length).toBe(3);
    expect(certificates[0]?.subject).toContain(name);
    expect(signature.length).toBe(64);
    const key = certificates[0]?.publicKey;
    expect(key && verify('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(
      true,
    );
  });

  it('says why a device is compromised', () => {
    expect(read(huawei.createToken({ basicIntegrity: false })).payload).toMatchObject({
      basicIntegrity: false,
      detail: ['attack'],
      advice: 'RESTORE_TO_FACTORY_ROM',
    });
  });

  it('refuses a digest that is none', () => {
    expect(() => createFakeHuawei({ certificateSha256: 'abc' })).toThrow(ConfigurationError);
  });

  it('refuses to start in production', () => {
    vi.stubEnv('NODE_ENV', 'production');

    expect(() => createFakeHuawei()).toThrow(ConfigurationError);
  });
});
