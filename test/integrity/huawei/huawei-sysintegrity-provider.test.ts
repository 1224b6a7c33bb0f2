import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, MalformedError, RejectedError } from '../../../src/core/errors.js';
import {
  createHuaweiSysIntegrityProvider,
  isHuaweiSysIntegrityVerdict,
  type HuaweiSysIntegrityProviderOptions,
} from '../../../src/huawei-sysintegrity.js';
import { createFakeHuawei, type FakeHuaweiTokenRequest } from '../../../src/testing/fake-huawei.js';
import { malformed, refusalOf, rejectedFor } from '../refusal-of.js';

const now = new Date('2026-01-01T00:00:00Z');
const huawei = createFakeHuawei({ clock: { now: () => now } });
const binding = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
const expected = { challenge: new Uint8Array(32), publicKey: new Uint8Array(91), binding };
const kinds = ['hms', 'harmonyos', 'harmonyos-enhanced'] as const;
const MINUTE = 60_000;
const YEAR = 365 * 24 * 60 * MINUTE;

function createProvider(options: Partial<HuaweiSysIntegrityProviderOptions> = {}) {
  return createHuaweiSysIntegrityProvider({
    packageName: huawei.packageName,
    certificateSha256: [huawei.certificateSha256],
    appId: huawei.appId,
    roots: huawei.roots,
    ...options,
  });
}

const verifyEvidence = (member: object, by = createProvider(), time = now) =>
  by.verify({ evidence: { provider: 'huawei-sysintegrity', ...member }, expected, now: time });
const verifyToken = (request: FakeHuaweiTokenRequest, by = createProvider(), time = now) =>
  verifyEvidence({ token: huawei.createToken({ binding, ...request }) }, by, time);

describe('createHuaweiSysIntegrityProvider', () => {
  it('turns a good HMS Core token into a verdict', async () => {
    const verdict = await verifyToken({});

    expect(createProvider().name).toBe('huawei-sysintegrity');
    expect(verdict).toEqual({
      provider: 'huawei-sysintegrity',
      kind: 'hms',
      issuedAt: now,
      app: {
        packageName: huawei.packageName,
        certificateSha256: [huawei.certificateSha256],
        version: null,
        recognition: 'recognized',
        licensing: 'unevaluated',
      },
      device: { integrity: 'basic', labels: [] },
      details: {
        packageName: huawei.packageName,
        certificateSha256: [Buffer.from(huawei.certificateSha256, 'hex').toString('base64')],
        apkDigestSha256: expect.stringMatching(/^.{43}=$/) as string,
        basicIntegrity: true,
        detail: [],
        advice: null,
        appId: huawei.appId,
        version: null,
        nonce: Buffer.from(binding).toString('base64'),
        timestampMillis: now.getTime(),
      },
    });
    expect(JSON.parse(JSON.stringify(verdict.details))).toEqual(verdict.details);
    expect(isHuaweiSysIntegrityVerdict(verdict)).toBe(true);
    expect(isHuaweiSysIntegrityVerdict({ ...verdict, provider: 'play-integrity' })).toBe(false);
  });

  it.each([
    ['hms', 'basic'],
    ['harmonyos', 'basic'],
    ['harmonyos-enhanced', 'device'],
  ] as const)('takes basicIntegrity true of a token of kind %s as %s', async (kind, integrity) => {
    expect(await verifyToken({ kind })).toMatchObject({ kind, device: { integrity, labels: [] } });
  });

  it.each(kinds)(
    'makes a verdict, not a refusal, of a compromised device in a token of kind %s',
    async (kind) => {
      const verdict = await verifyToken({ kind, basicIntegrity: false, detail: ['root', 'unlocked'] });

      expect(verdict.device).toEqual({ integrity: 'failed', labels: ['root', 'unlocked'] });
    },
  );

  it('lets basicIntegrity alone decide, whether there is a detail or not', async () => {
    const change = (payload: Record<string, unknown>) => ({ ...payload, detail: undefined });

    expect((await verifyToken({ basicIntegrity: false, change })).device.integrity).toBe('failed');
    expect((await verifyToken({ change: (p) => ({ ...p, detail: ['root'] }) })).device).toEqual({
      integrity: 'basic',
      labels: ['root'],
    });
  });

  it('takes both algorithms of HMS Core, or the one it is told', async () => {
    const one = createProvider({ hmsAlgorithms: ['PS256'] });

    expect((await verifyToken({ algorithm: 'RS256' })).kind).toBe('hms');
    expect((await verifyToken({ algorithm: 'PS256' })).kind).toBe('hms');
    expect((await verifyToken({ algorithm: 'PS256' }, one)).kind).toBe('hms');
    expect(await refusalOf(() => verifyToken({ algorithm: 'RS256' }, one))).toEqual(
      rejectedFor('algorithm_refused'),
    );
  });

  describe('knows the padding of base64url as a part of what is signed', () => {
    it.each(kinds)('takes tokens of kind %s that were signed with and without it', async (kind) => {
      expect((await verifyToken({ kind, padded: true })).kind).toBe(kind);
      expect((await verifyToken({ kind, padded: false })).kind).toBe(kind);
    });

    it('refuses a token that lost it on the way', async () => {
      for (const filler of ['', 'a', 'aa']) {
        const change = (payload: Record<string, unknown>) => ({ ...payload, filler });
        const signed = huawei.createToken({ binding, change }).split('.', 2).join('.');
        const verdict = verifyToken({ change, stripPadding: true });

        if (signed.includes('='))
          expect(await refusalOf(() => verdict)).toEqual(rejectedFor('signature_invalid'));
        else expect((await verdict).kind).toBe('hms');
      }
      expect.assertions(3);
    });
  });

  describe('judges the payload', () => {
    const at = (millis: number) => new Date(now.getTime() + millis);

    it.each<[string, string, FakeHuaweiTokenRequest]>([
      ['another binding', 'binding_mismatch', { binding: new Uint8Array(32) }],
      ['an empty nonce', 'binding_mismatch', { nonce: '' }],
      ['a nonce without padding', 'binding_mismatch', { nonce: Buffer.from(binding).toString('base64url') }],
      ['a nonce in hex', 'binding_mismatch', { nonce: Buffer.from(binding).toString('hex') }],
      [
        'a nonce that was encoded twice',
        'binding_mismatch',
        { nonce: Buffer.from(Buffer.from(binding).toString('base64')).toString('base64') },
      ],
      ['a token that is too old', 'evidence_too_old', { issuedAt: at(-10 * MINUTE - 1) }],
      ['a token from the future', 'evidence_from_future', { issuedAt: at(MINUTE + 1) }],
    ])('refuses %s, of every kind', async (_, reason, request) => {
      for (const kind of kinds) {
        expect(await refusalOf(() => verifyToken({ ...request, kind }))).toEqual(rejectedFor(reason));
      }
    });

    it('refuses a token that is bound to nothing', async () => {
      const token = huawei.createToken();

      expect(await refusalOf(() => verifyEvidence({ token }))).toEqual(rejectedFor('binding_missing'));
    });

    it('refuses another package', async () => {
      expect(
        await refusalOf(() => verifyToken({}, createProvider({ packageName: 'com.example.other' }))),
      ).toEqual(rejectedFor('app_package_mismatch'));
    });

    it('refuses another signing certificate', async () => {
      const other = createProvider({ certificateSha256: ['00'.repeat(32)] });

      for (const kind of kinds) {
        expect(await refusalOf(() => verifyToken({ kind }, other))).toEqual(
          rejectedFor('app_certificate_mismatch'),
        );
      }
    });

    it('refuses a signing certificate that is none', async () => {
      const change = (payload: Record<string, unknown>) => ({ ...payload, apkCertificateDigestSha256: [''] });

      expect(await refusalOf(() => verifyToken({ change }))).toEqual(rejectedFor('app_certificate_mismatch'));
    });

    it('reads the digest of a HarmonyOS app in hex and in base64', async () => {
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const hapCertificateSha256 = Buffer.from(huawei.certificateSha256, 'hex').toString(encoding);
        const change = (payload: Record<string, unknown>) => ({ ...payload, hapCertificateSha256 });

        expect((await verifyToken({ kind: 'harmonyos', change })).app.certificateSha256).toEqual([
          huawei.certificateSha256,
        ]);
      }
    });

    it('refuses another app id', async () => {
      const other = createProvider({ appId: '100000002' });

      for (const kind of kinds) {
        expect(await refusalOf(() => verifyToken({ kind }, other))).toEqual(rejectedFor('app_id_mismatch'));
      }
    });

    it('lets only an HMS Core token name no app id', async () => {
      const change = (payload: Record<string, unknown>) => ({ ...payload, appId: undefined });

      expect((await verifyToken({ change })).details.appId).toBeNull();
      for (const kind of ['harmonyos', 'harmonyos-enhanced'] as const) {
        expect(await refusalOf(() => verifyToken({ kind, change }))).toEqual(rejectedFor('app_id_mismatch'));
      }
    });

    it('does not ask for the app id of HMS Core tokens if it is not told', async () => {
      const { packageName, roots } = huawei;
      const certificateSha256 = [huawei.certificateSha256];
      const own = createHuaweiSysIntegrityProvider({ packageName, certificateSha256, roots, kinds: ['hms'] });

      expect((await verifyToken({}, own)).kind).toBe('hms');
    });

    it('collects every reason, in the order of the checks', async () => {
      const change = () => ({
        apkPackageName: 'x.y',
        apkCertificateDigestSha256: [],
        basicIntegrity: true,
        appId: '1',
        timestampMs: 0,
      });

      expect(await refusalOf(() => verifyToken({ change }))).toEqual(
        rejectedFor(
          'binding_missing',
          'evidence_too_old',
          'app_package_mismatch',
          'app_certificate_mismatch',
          'app_id_mismatch',
        ),
      );
    });

    it('takes a token at the very edges of its time', async () => {
      expect((await verifyToken({}, createProvider(), at(10 * MINUTE))).issuedAt).toEqual(now);
      expect((await verifyToken({}, createProvider(), at(-MINUTE))).issuedAt).toEqual(now);
    });

    it('refuses a payload of another kind as malformed', async () => {
      const change = () => ({ hapBundleName: huawei.packageName, basicIntegrity: true, timestamp: 0 });

      expect(await refusalOf(() => verifyToken({ kind: 'hms', change }))).toEqual(malformed);
    });
  });

  describe('judges the certificates', () => {
    const leafOf = (certificates: readonly Uint8Array[]) => certificates.slice(0, 1);

    it.each<[string, string, FakeHuaweiTokenRequest]>([
      [
        'a root of the same name in the token itself',
        'signature_invalid',
        { kind: 'harmonyos', chain: { foreignRoot: true } },
      ],
      ['a root of the same name with another key', 'signature_invalid', { chain: { foreignRoot: true } }],
      [
        'a leaf of another service',
        'leaf_name_mismatch',
        { chain: { leafName: 'other.platform.hicloud.com' } },
      ],
      [
        'a leaf whose name only ends like the right one',
        'leaf_name_mismatch',
        { chain: { leafName: 'evil-sysintegrity.platform.hicloud.com' } },
      ],
      ['a leaf with a wildcard', 'leaf_name_mismatch', { chain: { leafName: '*.platform.hicloud.com' } }],
      [
        'a leaf whose subjectAltName is another one, whatever its common name',
        'leaf_name_mismatch',
        { chain: { leafDnsName: 'other.platform.hicloud.com' } },
      ],
      ['a leaf that is a CA', 'leaf_is_ca', { chain: { leafIsCa: true } }],
      ['a leaf that may not sign', 'key_usage_refused', { chain: { leafMayNotSign: true } }],
      [
        'a leaf that has ended',
        'certificate_expired',
        { chain: { leafNotAfter: new Date(now.getTime() - 1000) } },
      ],
      [
        'a leaf that has not begun',
        'certificate_not_yet_valid',
        { chain: { leafNotBefore: new Date(now.getTime() + 1000) } },
      ],
      [
        'an issuer that has ended',
        'certificate_expired',
        { chain: { issuerNotAfter: new Date(now.getTime() - 1000) } },
      ],
      ['an issuer that is no CA', 'issuer_not_ca', { chain: { issuerIsNoCa: true } }],
      ['an issuer that may not sign', 'issuer_key_usage', { chain: { issuerMayNotSign: true } }],
      ['an ES256 leaf on another curve', 'key_refused', { kind: 'harmonyos', chain: { leafKey: 'P-384' } }],
      ['an ES256 token with an RSA leaf', 'key_refused', { kind: 'harmonyos', chain: { leafKey: 'RSA' } }],
      [
        'an RS256 token with an EC leaf',
        'key_refused',
        { header: { alg: 'RS256' }, chain: { leafKey: 'P-384' } },
      ],
      ['no certificate', 'chain_length_refused', { changeCertificates: () => [] }],
      ['a leaf alone', 'chain_length_refused', { changeCertificates: leafOf }],
      [
        'two certificates from HarmonyOS',
        'chain_length_refused',
        { kind: 'harmonyos', changeCertificates: (certificates) => certificates.slice(0, 2) },
      ],
      [
        'four certificates from HarmonyOS',
        'chain_length_refused',
        {
          kind: 'harmonyos',
          changeCertificates: (certificates) => [...certificates, ...leafOf(certificates)],
        },
      ],
      [
        'five certificates from HMS Core',
        'chain_length_refused',
        { changeCertificates: (certificates) => [...certificates, ...certificates, ...leafOf(certificates)] },
      ],
    ])('refuses %s, for that reason alone', async (_, reason, request) => {
      expect(await refusalOf(() => verifyToken(request))).toEqual(rejectedFor(reason));
    });

    it('takes a leaf whose subjectAltName is the right one, whatever its common name', async () => {
      const chain = { leafName: 'SysIntegrity', leafDnsName: 'sysintegrity.platform.hicloud.com' };

      expect((await verifyToken({ chain })).kind).toBe('hms');
    });

    it('tells the two kinds with ES256 apart by the leaf, and each by its own root', async () => {
      const host = 'sysintegrity.platform.hicloud.com';

      expect(
        await refusalOf(() => verifyToken({ kind: 'harmonyos-enhanced', chain: { leafName: host } })),
      ).toEqual(rejectedFor('no_trust_anchor'));
    });

    it('takes no kind that it is not told to take', async () => {
      const hmsOnly = createProvider({ kinds: ['hms'] });
      const enhancedOnly = createProvider({ kinds: ['harmonyos-enhanced'] });

      expect(await refusalOf(() => verifyToken({ kind: 'harmonyos' }, hmsOnly))).toEqual(
        rejectedFor('algorithm_refused'),
      );
      expect(await refusalOf(() => verifyToken({ kind: 'harmonyos' }, enhancedOnly))).toEqual(
        rejectedFor('leaf_name_mismatch'),
      );
      expect((await verifyToken({ kind: 'harmonyos-enhanced' }, enhancedOnly)).kind).toBe(
        'harmonyos-enhanced',
      );
    });

    it('takes a HMS Core chain with the root in it', async () => {
      const [pem = ''] = huawei.roots.hms;
      const root = Buffer.from(pem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
      const changeCertificates = (certificates: readonly Uint8Array[]) => [...certificates, root];

      expect((await verifyToken({ changeCertificates })).kind).toBe('hms');
    });

    it('refuses certificates that are none, or in the wrong order', async () => {
      const noCertificates = { changeCertificates: () => [new Uint8Array(9), new Uint8Array(9)] };
      const wrongOrder: FakeHuaweiTokenRequest = {
        changeCertificates: (certificates) => [...certificates].reverse(),
      };

      expect(await refusalOf(() => verifyToken(noCertificates))).toEqual(malformed);
      expect(await refusalOf(() => verifyToken(wrongOrder))).toEqual(rejectedFor('leaf_name_mismatch'));
    });

    it('trusts the roots of Huawei, and not those of a fake, if it is told no others', async () => {
      const { packageName, appId } = huawei;
      const real = createHuaweiSysIntegrityProvider({
        packageName,
        appId,
        certificateSha256: [huawei.certificateSha256],
      });

      for (const kind of kinds) {
        const refusal = await refusalOf(() => verifyToken({ kind }, real));
        expect(refusal).toMatchObject({ class: 'RejectedError', code: 'evidence_rejected' });
      }
    });
  });

  describe('judges the signature', () => {
    it.each(['none', 'HS256', 'ES384', 'RS512', 'rs256', ''])('refuses alg %j', async (alg) => {
      expect(await refusalOf(() => verifyToken({ header: { alg } }))).toEqual(
        rejectedFor('algorithm_refused'),
      );
    });

    it('does not take one RSA scheme for the other', async () => {
      expect(await refusalOf(() => verifyToken({ algorithm: 'RS256', header: { alg: 'PS256' } }))).toEqual(
        rejectedFor('signature_invalid'),
      );
      expect(await refusalOf(() => verifyToken({ algorithm: 'PS256', header: { alg: 'RS256' } }))).toEqual(
        rejectedFor('signature_invalid'),
      );
    });

    it.each(kinds)(
      'refuses a token of kind %s whose payload was changed, known signer or not',
      async (kind) => {
        const provider = createProvider();
        const [header, , signature] = huawei.createToken({ kind, binding }).split('.');
        const [, payload] = huawei.createToken({ kind, binding, basicIntegrity: false }).split('.');
        const forged = { token: [header, payload, signature].join('.') };

        expect(await refusalOf(() => verifyEvidence(forged, provider))).toEqual(
          rejectedFor('signature_invalid'),
        );
        await verifyToken({ kind }, provider);
        expect(await refusalOf(() => verifyEvidence(forged, provider))).toEqual(
          rejectedFor('signature_invalid'),
        );
      },
    );

    it.each([0, 1, 63, 65, 72])('refuses an ES256 signature of %i octets', async (length) => {
      const [header, payload] = huawei.createToken({ kind: 'harmonyos', binding }).split('.');
      const signature = Buffer.alloc(length, 1).toString('base64url');

      const refusal = await refusalOf(() => verifyEvidence({ token: `${header}.${payload}.${signature}` }));
      expect(refusal).toEqual(length === 0 ? malformed : rejectedFor('signature_invalid'));
    });
  });

  describe('remembers a chain', () => {
    const later = new Date(now.getTime() + YEAR);

    it('and still looks at its dates each time', async () => {
      const provider = createProvider();
      const chain = { leafNotAfter: new Date(now.getTime() + MINUTE) };
      const token = huawei.createToken({ binding, chain });
      const inTime = await verifyEvidence({ token }, provider);

      expect(inTime.kind).toBe('hms');
      expect(
        await refusalOf(() => verifyEvidence({ token }, provider, new Date(now.getTime() + 2 * MINUTE))),
      ).toEqual(rejectedFor('certificate_expired'));
      expect((await verifyEvidence({ token }, provider)).kind).toBe('hms');
    });

    it('and looks at the dates of the CAs too', async () => {
      const provider = createProvider();
      const chain = { issuerNotAfter: new Date(now.getTime() + MINUTE) };
      const token = huawei.createToken({ binding, chain });
      await verifyEvidence({ token }, provider);

      expect(await refusalOf(() => verifyEvidence({ token }, provider, later))).toEqual(
        rejectedFor('certificate_expired'),
      );
    });
  });

  it.each<[string, object]>([
    ['no token', {}],
    ['a token that is no text', { token: {} }],
    ['a token that is too long', { token: 'a'.repeat(16_385) }],
    ['a token of another vendor', { token: 'a.b.c.d.e' }],
    ['evidence of another provider', { provider: 'play-integrity', token: 'e30.e30.AA' }],
  ])('refuses %s as malformed', async (_, member) => {
    expect(await refusalOf(() => verifyEvidence(member))).toEqual(malformed);
  });

  it.each<[string, Partial<HuaweiSysIntegrityProviderOptions>]>([
    ['packageName', { packageName: 'app' }],
    ['certificateSha256', { certificateSha256: [] }],
    ['certificateSha256[0]', { certificateSha256: ['abc'] }],
    ['appId', { appId: '' }],
    ['kinds', { kinds: [] }],
    ['hmsAlgorithms', { hmsAlgorithms: [] }],
    ['roots.hms', { roots: { hms: [] } }],
    ['roots.harmonyos', { roots: { harmonyos: ['no PEM'] } }],
    [
      'roots.harmonyos',
      { roots: { harmonyos: ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'] } },
    ],
    ['maxAgeSeconds', { maxAgeSeconds: 86_401 }],
    ['maxClockSkewSeconds', { maxClockSkewSeconds: Number.NaN }],
  ])('refuses a wrong %s at creation', (option, options) => {
    expect(() => createProvider(options)).toThrow(ConfigurationError);
    expect(() => createProvider(options)).toThrow(expect.objectContaining({ option }) as Error);
  });

  it('refuses to take HarmonyOS tokens without an app id to compare', () => {
    const { packageName } = huawei;
    const create = () =>
      createHuaweiSysIntegrityProvider({ packageName, certificateSha256: [huawei.certificateSha256] });

    expect(create).toThrow(expect.objectContaining({ option: 'appId' }) as Error);
  });

  describe('meets hostile tokens with typed refusals only', () => {
    const provider = createProvider();
    const refuses = async (token: string): Promise<void> => {
      const error: unknown = await verifyEvidence({ token }, provider).then(
        () => new Error('accepted'),
        (thrown: unknown) => thrown,
      );
      expect(error instanceof MalformedError || error instanceof RejectedError).toBe(true);
    };

    it.each(kinds)('a good token of kind %s with one character changed', (kind) => {
      const good = huawei.createToken({ kind, binding });
      const changed = fc
        .tuple(fc.nat(good.length - 1), fc.constantFrom('A', 'a', '0', '_', '-', '.', '='))
        .map(([at, by]) => good.slice(0, at) + by + good.slice(at + 1))
        .filter((token) => token.replace(/=+$/, '') !== good.replace(/=+$/, ''));

      return fc.assert(fc.asyncProperty(changed, refuses), { numRuns: 200 });
    });

    it.each(kinds)('a token of kind %s with a changed certificate', (kind) => {
      const tokens = fc
        .tuple(fc.nat(2), fc.nat(500), fc.integer({ min: 1, max: 255 }))
        .map(([index, at, by]) =>
          huawei.createToken({
            kind,
            binding,
            changeCertificates: (certificates) =>
              certificates.map((der, position) =>
                position === index % certificates.length
                  ? Uint8Array.from(der, (octet, offset) => (offset === at % der.length ? octet ^ by : octet))
                  : der,
              ),
          }),
        );

      return fc.assert(fc.asyncProperty(tokens, refuses), { numRuns: 60 });
    });

    it('any JSON as an authentic payload', () =>
      fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (json) => {
          await refuses(huawei.createToken({ change: () => json }));
        }),
        { numRuns: 100 },
      ));
  });
});
