import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  createAuthenticator,
  issueBootstrapCertificate,
  issueIntermediateCertificate,
  issueServerCertificate,
  RejectedError,
  UnavailableError,
} from '../../src/index.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';
import { connectionOf, createBackend, newKey, peerFrom, peerOf, type Backend } from '../backend.js';

const enrolled = async (backend: Backend) => {
  const answer = await backend.enroll();
  return { peer: peerFrom(answer), body: answer.body };
};

const spki = () => createPublicKey(newKey()).export({ format: 'der', type: 'spki' });

/** A certificate that the CA of the devices, or of the app releases, made without the library's profile. */
const issuedBy = (ca: { certificate: string; privateKey: string }) => ({
  certificate: ca.certificate,
  privateKey: { pem: ca.privateKey },
});

const year = { notBefore: new Date('2026-05-31T12:00:00Z'), notAfter: new Date('2026-12-01T12:00:00Z') };

describe('an application request', () => {
  it('with both proofs tells the device and the user apart', async () => {
    const backend = await createBackend();
    const { peer, body } = await enrolled(backend);
    const { device, accessToken } = await backend.authenticate(peer, 'device');
    expect(device).toMatchObject({
      deviceId: body['deviceId'],
      tier: 'strong',
      serialNumber: body['serialNumber'],
    });
    expect(accessToken).toMatchObject({ subject: 'alice' });
  });

  it.each<[string, string, readonly string[], (backend: Backend) => Promise<Backend['bootstrap'] | null>]>([
    ['no certificate', 'client_certificate_required', [], async () => null],
    [
      'an empty certificate',
      'client_certificate_required',
      [],
      async () => ({ certificate: new Uint8Array() }),
    ],
    [
      'bytes that are no certificate',
      'certificate_untrusted',
      [],
      async () => ({ certificate: Buffer.from('300130', 'hex') }),
    ],
    ['the bootstrap certificate', 'device_certificate_required', [], async (backend) => backend.bootstrap],
    [
      'a certificate of another PKI with the same names',
      'certificate_untrusted',
      ['signature_invalid'],
      async () => {
        const other = await createBackend();
        return (await enrolled(other)).peer;
      },
    ],
    [
      'a certificate of a sibling CA under the same root',
      'certificate_untrusted',
      ['no_trust_anchor'],
      async ({ pki }) => {
        const key = newKey();
        const sibling = await issueIntermediateCertificate({
          issuer: issuedBy(pki.root),
          subject: { commonName: 'sibling CA' },
          publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }),
          ...year,
        });
        const certificate = await issueBootstrapCertificate({
          issuer: { certificate: sibling, privateKey: key },
          release: 'x',
          publicKey: spki(),
          ...year,
          notAfter: new Date('2026-11-01T12:00:00Z'),
        });
        return { certificate };
      },
    ],
    [
      'a certificate of our CA that is for servers only',
      'certificate_untrusted',
      ['extended_key_usage_refused'],
      async ({ pki }) => ({
        certificate: await issueServerCertificate({
          issuer: issuedBy(pki.deviceCa),
          subject: { commonName: 'localhost' },
          names: [{ type: 'dns', value: 'localhost' }],
          publicKey: spki(),
          ...year,
        }),
      }),
    ],
    [
      'the CA certificate itself',
      'certificate_untrusted',
      ['leaf_is_ca'],
      async ({ pki }) => peerOf(pki.deviceCa.certificate),
    ],
    [
      'a client certificate of our CA that names no device',
      'certificate_untrusted',
      ['device_id_missing'],
      async ({ pki }) => ({
        certificate: await issueBootstrapCertificate({
          issuer: issuedBy(pki.deviceCa),
          release: 'x',
          publicKey: spki(),
          ...year,
        }),
      }),
    ],
  ])('with %s: %s', async (_what, code, reasons, makePeer) => {
    const backend = await createBackend();
    const error = await rejectionOf(backend.authenticate(await makePeer(backend)));
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code });
    if (reasons.length > 0)
      expect((error as RejectedError).reasons).toEqual(expect.arrayContaining([...reasons]));
    expect(backend.events.at(-1)).toMatchObject({ type: 'request_refused', code });
  });

  it('with the certificate of a tier that is not of our scale: certificate_untrusted', async () => {
    const backend = await createBackend();
    const prepared = await backend.pki.authority.prepare({
      publicKey: spki(),
      deviceId: '11111111-2222-4333-8444-555555555555',
      policyOid: '1.2.3.4',
      lifetimeSeconds: 3600,
      now: backend.clock.now(),
    });
    const { certificate } = await backend.pki.authority.issue(prepared);
    const error = await rejectionOf(backend.authenticate({ certificate }));
    expect(error).toMatchObject({ code: 'certificate_untrusted', reasons: ['tier_missing'] });
  });

  it('with a good certificate that the store has never heard of: certificate_unknown', async () => {
    const backend = await createBackend();
    const prepared = await backend.pki.authority.prepare({
      publicKey: spki(),
      deviceId: '11111111-2222-4333-8444-555555555555',
      policyOid: '1.3.6.1.4.1.32473.1.3',
      lifetimeSeconds: 3600,
      now: backend.clock.now(),
    });
    const { certificate } = await backend.pki.authority.issue(prepared);
    expect(await rejectionOf(backend.authenticate({ certificate }))).toMatchObject({
      code: 'certificate_unknown',
    });
  });

  it('before the start and after the end of its certificate is refused, also when it was known before', async () => {
    const backend = await createBackend();
    const { peer, body } = await enrolled(backend);
    await backend.authenticate(peer);
    const { notBefore, notAfter } = body as { notBefore: string; notAfter: string };
    backend.clock.set(new Date(notAfter));
    await backend.authenticate(peer);
    backend.clock.advance(0.001);
    expect(await rejectionOf(backend.authenticate(peer))).toMatchObject({
      code: 'certificate_expired',
      action: 'renew',
    });
    backend.clock.set(new Date(new Date(notBefore).getTime() - 1));
    expect(await rejectionOf(backend.authenticate(peer))).toMatchObject({
      code: 'certificate_not_yet_valid',
    });
  });

  it('ends when its certificate ends, whatever a handler does with what it was given', async () => {
    const backend = await createBackend();
    const { peer, body } = await enrolled(backend);
    const { device } = await backend.authenticate(peer);
    device.notAfter.setFullYear(2100);
    device.issuedAt.setFullYear(2000);
    expect((await backend.authenticate(peer)).device.issuedAt).toEqual(backend.clock.now());
    backend.clock.set(new Date(new Date(String(body['notAfter'])).getTime() + 1));
    expect(await rejectionOf(backend.authenticate(peer))).toMatchObject({ code: 'certificate_expired' });
  });

  it('with a certificate that starts in the future is told so even if it was never seen', async () => {
    const backend = await createBackend();
    const { peer } = await enrolled(backend);
    backend.clock.advance(-1000);
    expect(await rejectionOf(backend.authenticate(peer))).toMatchObject({
      code: 'certificate_not_yet_valid',
    });
  });

  it.each([
    ['its certificate is revoked', 'certificate_revoked', 'serialNumber', {}],
    ['its device is suspended', 'device_suspended', 'deviceId', { state: 'suspended' }],
    ['its device is banned', 'device_banned', 'deviceId', { state: 'banned' }],
  ])('is refused at once when %s', async (_what, code, target, more) => {
    const backend = await createBackend();
    const { peer, body } = await enrolled(backend);
    await backend.authenticate(peer);
    await backend.revoke({ [target]: body[target], ...more });
    expect(await rejectionOf(backend.authenticate(peer))).toMatchObject({ code });
  });

  it('is refused at once when its key is revoked', async () => {
    const backend = await createBackend();
    const { peer } = await enrolled(backend);
    const { device } = await backend.authenticate(peer);
    await backend.revoke({ publicKeySha256: device.publicKeySha256, reason: 'keyCompromise' });
    expect(await rejectionOf(backend.authenticate(peer))).toMatchObject({ code: 'certificate_revoked' });
  });

  it('on a route for a stronger tier is refused, and the client told to attest again', async () => {
    const backend = await createBackend();
    const peer = peerFrom(await backend.enroll({ play: { labels: ['MEETS_BASIC_INTEGRITY'] } }));
    await backend.authenticate(peer, 'basic');
    expect(await rejectionOf(backend.authenticate(peer, 'device'))).toMatchObject({
      code: 'tier_insufficient',
    });
  });

  it('on a route that demands a tier that does not exist is a mistake of the developer', async () => {
    const backend = await createBackend();
    const { peer } = await enrolled(backend);
    expect(await rejectionOf(backend.authenticate(peer, 'royal'))).toBeInstanceOf(ConfigurationError);
  });

  it.each([
    ['no header', undefined, 'access_token_missing'],
    ['another scheme', 'Basic YTpi', 'access_token_missing'],
    ['no token', 'Bearer ', 'access_token_invalid'],
    ['two tokens', 'Bearer a, Bearer b', 'access_token_invalid'],
    ['a token that is no JWT', 'Bearer abc', 'access_token_invalid'],
  ])('with %s instead of a token: %s', async (_what, authorization, code) => {
    const backend = await createBackend();
    const { peer } = await enrolled(backend);
    expect(
      await rejectionOf(
        backend.trust.authenticator.authenticate(
          connectionOf(peer, authorization === undefined ? {} : { authorization }),
        ),
      ),
    ).toMatchObject({ code });
  });

  it('is refused while the store cannot be asked', async () => {
    const backend = await createBackend();
    const { peer } = await enrolled(backend);
    const authenticator = createAuthenticator({
      ...backend.options,
      deviceIssuers: [backend.pki.deviceCa.certificate],
      status: {
        ...backend.trust.status,
        find: async () => {
          throw new UnavailableError('store_unavailable', { message: 'down' });
        },
      },
    });
    const authorization = `Bearer ${await backend.tokens.createToken({ subject: 'alice' })}`;
    const error = await rejectionOf(authenticator.authenticate(connectionOf(peer, { authorization })));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'store_unavailable' });
  });

  it('is refused with a bootstrap certificate that has expired, and the app told to update', async () => {
    const backend = await createBackend();
    const end = new Date(new X509Certificate(backend.pki.bootstrap.certificate).validTo).getTime();
    backend.clock.set(new Date(end + 1000));
    const error = thrownBy(() => backend.trust.authenticator.identify(connectionOf(backend.bootstrap)));
    expect(error).toBeInstanceOf(RejectedError);
  });
});

describe('the authenticator', () => {
  it.each<[string, (backend: Backend) => Partial<Parameters<typeof createAuthenticator>[0]>]>([
    ['no device issuer', () => ({ deviceIssuers: [] })],
    ['an issuer that is no CA', ({ pki }) => ({ deviceIssuers: [pki.server.certificate] })],
    ['an issuer that is no certificate', () => ({ deviceIssuers: ['hello'] })],
    [
      'two certificates in one',
      ({ pki }) => ({ deviceIssuers: [pki.deviceCa.certificate + pki.root.certificate] }),
    ],
    ['the same CA for both kinds', ({ pki }) => ({ bootstrapIssuers: [pki.deviceCa.certificate] })],
    ['a cache of nothing', () => ({ cacheCapacity: 0 })],
  ])('refuses %s at creation', async (_what, make) => {
    const backend = await createBackend();
    const options = {
      ...backend.options,
      status: backend.trust.status,
      deviceIssuers: [backend.pki.deviceCa.certificate],
    };
    expect(thrownBy(() => createAuthenticator({ ...options, ...make(backend) }))).toBeInstanceOf(
      ConfigurationError,
    );
  });

  it('remembers a bounded number of certificates, and forgetting one costs nothing but time', async () => {
    const backend = await createBackend();
    const authenticator = createAuthenticator({
      ...backend.options,
      status: backend.trust.status,
      deviceIssuers: [backend.pki.deviceCa.certificate],
      cacheCapacity: 2,
    });
    const peers = [];
    for (let index = 0; index < 5; index++) peers.push((await enrolled(backend)).peer);
    for (let round = 0; round < 2; round++) {
      for (const peer of peers)
        expect(authenticator.identify(connectionOf(peer))).toMatchObject({ kind: 'device' });
    }
  });
});

describe('access tokens', () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  it.each<[string, (backend: Backend) => Promise<string>]>([
    ['expired', ({ tokens }) => tokens.createToken({ subject: 'a', lifetimeSeconds: -31 })],
    [
      'of another issuer',
      ({ tokens }) => tokens.createToken({ subject: 'a', issuer: 'https://evil.example' }),
    ],
    [
      'for another audience',
      ({ tokens }) => tokens.createToken({ subject: 'a', audience: 'https://other.example' }),
    ],
    ['without a subject', ({ tokens }) => tokens.createToken({ subject: '' })],
    ['not valid yet', ({ tokens }) => tokens.createToken({ subject: 'a', claims: { nbf: 4102444800 } })],
    [
      'signed by another key',
      async ({ tokens, clock }) => {
        const { SignJWT } = await import('jose');
        const now = clock.now().getTime() / 1000;
        return new SignJWT({})
          .setProtectedHeader({ alg: 'ES256', kid: 'test' })
          .setIssuer(tokens.issuer)
          .setAudience(tokens.audience)
          .setSubject('a')
          .setExpirationTime(now + 60)
          .sign(privateKey);
      },
    ],
    [
      'signed with a shared secret',
      async ({ tokens, clock }) => {
        const { SignJWT } = await import('jose');
        const now = clock.now().getTime() / 1000;
        return new SignJWT({})
          .setProtectedHeader({ alg: 'HS256', kid: 'test' })
          .setIssuer(tokens.issuer)
          .setAudience(tokens.audience)
          .setSubject('a')
          .setExpirationTime(now + 60)
          .sign(Buffer.alloc(32, 1));
      },
    ],
    [
      'not signed',
      async ({ tokens }) => {
        const [, payload = ''] = (await tokens.createToken({ subject: 'a' })).split('.');
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
      },
    ],
  ])('that are %s are refused', async (_what, makeToken) => {
    const backend = await createBackend();
    const { peer } = await enrolled(backend);
    const authorization = `Bearer ${await makeToken(backend)}`;
    const error = await rejectionOf(
      backend.trust.authenticator.authenticate(connectionOf(peer, { authorization })),
    );
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code: 'access_token_invalid' });
  });
});
