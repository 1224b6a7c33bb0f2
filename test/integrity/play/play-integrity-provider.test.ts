import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationError, MalformedError, RejectedError } from '../../../src/core/errors.js';
import {
  createPlayIntegrityProvider,
  googleDecode,
  localDecryption,
  type PlayIntegrityProviderOptions,
} from '../../../src/play-integrity.js';
import {
  createFakeGoogleDecodeServer,
  type FakeGoogleDecodeServer,
} from '../../../src/testing/fake-google-decode-server.js';
import { createFakePlay, type FakePlayTokenRequest } from '../../../src/testing/fake-play.js';
import { malformed, refusalOf, rejectedFor } from '../refusal-of.js';

const now = new Date('2026-01-01T00:00:00Z');
const play = createFakePlay({ clock: { now: () => now } });
const binding = Uint8Array.from({ length: 32 }, (_, index) => 255 - index);
const expected = { challenge: new Uint8Array(32), publicKey: new Uint8Array(91), binding };

let server: FakeGoogleDecodeServer;
beforeAll(async () => {
  server = await createFakeGoogleDecodeServer({ play });
});
afterAll(() => server.close());

function createProvider(options: Partial<PlayIntegrityProviderOptions> = {}) {
  return createPlayIntegrityProvider({
    packageName: play.packageName,
    certificateSha256: [play.certificateSha256],
    decode: localDecryption(play),
    ...options,
  });
}

const provider = createProvider();
const verifyEvidence = (member: object, by = provider) =>
  by.verify({ evidence: { provider: 'play-integrity', ...member }, expected, now });
const verifyToken = (request: FakePlayTokenRequest, by = provider) =>
  verifyEvidence({ token: play.createToken({ binding, ...request }) }, by);

describe('createPlayIntegrityProvider', () => {
  it('turns a good token into a verdict', async () => {
    expect(provider.name).toBe('play-integrity');
    expect(await verifyToken({})).toMatchObject({
      provider: 'play-integrity',
      kind: 'classic',
      issuedAt: now,
      app: { packageName: play.packageName, version: '42', recognition: 'recognized', licensing: 'licensed' },
      device: { integrity: 'strong' },
    });
  });

  it('takes tokens of both kinds where Google stands behind the local keys', async () => {
    const google = googleDecode({ apiUrl: server.apiUrl, accessToken: async () => server.accessToken });
    const both = createProvider({ decode: localDecryption({ ...play, otherwise: google }) });

    expect((await verifyToken({ kind: 'classic' }, both)).kind).toBe('classic');
    expect(server.decodeCalls).toBe(0);
    expect((await verifyToken({ kind: 'standard' }, both)).kind).toBe('standard');
    expect(server.decodeCalls).toBe(1);
  });

  it('hands the signal on to the decoder', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const spy = createProvider({
      decode: {
        decode: async (request) => {
          signals.push(request.signal);
          return play.findPayload(request.token);
        },
      },
    });
    const { signal } = new AbortController();
    const evidence = { provider: 'play-integrity', token: play.createToken({ binding }) };
    await spy.verify({ evidence, expected, now, signal });
    await spy.verify({ evidence, expected, now });

    expect(signals).toEqual([signal, undefined]);
  });

  it('refuses a token that is bound to another request', async () => {
    expect(await refusalOf(() => verifyToken({ binding: new Uint8Array(32) }))).toEqual(
      rejectedFor('binding_mismatch'),
    );
  });

  it('refuses a token of another app, even where it was decrypted', async () => {
    const other = createProvider({ packageName: 'com.example.other' });

    expect(await refusalOf(() => verifyToken({}, other))).toEqual(rejectedFor('app_package_mismatch'));
  });

  it('refuses a token with a payload of the Windows variant', async () => {
    const change = () => ({
      requestDetails: { requestPackageName: play.packageName, requestTime: now.toISOString(), nonce: 'a' },
      deviceIntegrity: { deviceRecognitionVerdict: ['MEETS_PC_INTEGRITY'] },
    });

    expect(await refusalOf(() => verifyToken({ change }))).toEqual(malformed);
  });

  it('judges by the time it is given', async () => {
    const evidence = { provider: 'play-integrity', token: play.createToken({ binding }) };
    const later = { evidence, expected, now: new Date(now.getTime() + 120_000) };

    expect(await refusalOf(() => createProvider({ maxAgeSeconds: 119 }).verify(later))).toEqual(
      rejectedFor('evidence_too_old'),
    );
    expect((await createProvider({ maxAgeSeconds: 120 }).verify(later)).issuedAt).toEqual(now);
  });

  it('allows the clock of Google to be ahead as far as it is told', async () => {
    const issuedAt = new Date(now.getTime() + 5000);

    expect(
      await refusalOf(() => verifyToken({ issuedAt }, createProvider({ maxClockSkewSeconds: 4 }))),
    ).toEqual(rejectedFor('evidence_from_future'));
    expect((await verifyToken({ issuedAt }, createProvider({ maxClockSkewSeconds: 5 }))).issuedAt).toEqual(
      issuedAt,
    );
  });

  it('refuses versions below the lowest one', async () => {
    const demanding = createProvider({ minimumVersionCode: 100 });

    expect(await refusalOf(() => verifyToken({ versionCode: 99 }, demanding))).toEqual(
      rejectedFor('app_version_too_old'),
    );
    expect((await verifyToken({ versionCode: 100 }, demanding)).app.version).toBe('100');
  });

  it('refuses test answers unless the dangerous switch is on', async () => {
    const careless = createProvider({ dangerouslyAcceptTestingResponses: true });

    expect(await refusalOf(() => verifyToken({ testing: true }))).toEqual(rejectedFor('testing_response'));
    expect((await verifyToken({ testing: true }, careless)).details.testingDetails.isTestingResponse).toBe(
      true,
    );
  });

  it.each([
    ['hex with colons', (hex: string) => hex],
    ['lower-case hex', (hex: string) => hex.replaceAll(':', '').toLowerCase()],
    ['base64', (hex: string) => Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64')],
    ['base64url', (hex: string) => Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64url')],
  ])('takes digests in %s', async (_, write) => {
    const own = createProvider({ certificateSha256: ['00'.repeat(32), write(play.certificateSha256)] });

    expect((await verifyToken({}, own)).app.recognition).toBe('recognized');
  });

  it.each<[string, object]>([
    ['no token', {}],
    ['a token that is no text', { token: 1 }],
    ['a token that is a list', { token: ['a.b.c.d.e'] }],
    ['an empty token', { token: '' }],
    ['a token with white space', { token: 'a.b.c.d.e ' }],
    ['a token with a line end', { token: 'a.b.c.d.e\n' }],
    ['a token that is too long', { token: 'a'.repeat(16_385) }],
    ['evidence of another provider', { provider: 'huawei-sysintegrity', token: 'a.b.c.d.e' }],
  ])('refuses %s as malformed', async (_, member) => {
    expect(await refusalOf(() => verifyEvidence(member))).toEqual(malformed);
  });

  it('never asks Google about malformed evidence', async () => {
    const google = googleDecode({ apiUrl: server.apiUrl, accessToken: async () => server.accessToken });
    const before = server.decodeCalls;
    await refusalOf(() => verifyEvidence({ token: 'a b' }, createProvider({ decode: google })));

    expect(server.decodeCalls).toBe(before);
  });

  it.each<[string, Partial<PlayIntegrityProviderOptions>]>([
    ['packageName', { packageName: '' }],
    ['packageName', { packageName: 'app' }],
    ['packageName', { packageName: 'com.example/../app' }],
    ['certificateSha256', { certificateSha256: [] }],
    ['certificateSha256[1]', { certificateSha256: [play.certificateSha256, 'abc'] }],
    ['minimumVersionCode', { minimumVersionCode: -1 }],
    ['minimumVersionCode', { minimumVersionCode: 1.5 }],
    ['maxAgeSeconds', { maxAgeSeconds: 0 }],
    ['maxAgeSeconds', { maxAgeSeconds: Number.NaN }],
    ['maxAgeSeconds', { maxAgeSeconds: Infinity }],
    ['maxClockSkewSeconds', { maxClockSkewSeconds: -1 }],
    ['maxClockSkewSeconds', { maxClockSkewSeconds: 601 }],
  ])('refuses a wrong %s at creation', (option, options) => {
    expect(() => createProvider(options)).toThrow(ConfigurationError);
    expect(() => createProvider(options)).toThrow(expect.objectContaining({ option }) as Error);
  });

  describe('meets hostile tokens with typed refusals only', () => {
    const refuses = async (token: string): Promise<void> => {
      const error: unknown = await verifyEvidence({ token }).then(
        () => new Error('accepted'),
        (thrown: unknown) => thrown,
      );
      expect(error instanceof MalformedError || error instanceof RejectedError).toBe(true);
    };

    it('any text', () =>
      fc.assert(fc.asyncProperty(fc.string({ maxLength: 200 }), refuses), { numRuns: 200 }));

    it('any five parts', () => {
      const part = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
      const header = fc.json().map((json) => Buffer.from(json).toString('base64url'));
      const tokens = fc.tuple(fc.oneof(header, part), part, part, part, part).map((parts) => parts.join('.'));

      return fc.assert(fc.asyncProperty(tokens, refuses), { numRuns: 300 });
    });

    it('a good token with one character changed', () => {
      const good = play.createToken({ binding });
      const changed = fc
        .tuple(fc.nat(good.length - 1), fc.constantFrom('A', 'a', '0', '_', '-', '.', '='))
        .map(([at, by]) => good.slice(0, at) + by + good.slice(at + 1))
        .filter((token) => token !== good);

      return fc.assert(fc.asyncProperty(changed, refuses), { numRuns: 300 });
    });

    it('any JSON as an authentic payload', () =>
      fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (json) => {
          await refuses(play.createToken({ change: () => json }));
        }),
        { numRuns: 100 },
      ));
  });
});
