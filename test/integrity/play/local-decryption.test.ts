import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { CompactEncrypt } from 'jose';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../src/core/errors.js';
import { localDecryption } from '../../../src/integrity/play/local-decryption.js';
import { createFakePlay, type FakePlayTokenRequest } from '../../../src/testing/fake-play.js';
import { sealPlayToken } from '../../../src/testing/seal-play-token.js';
import { malformed, refusalOf, rejectedFor } from '../refusal-of.js';

const play = createFakePlay();
const decoder = localDecryption(play);
const now = new Date('2026-01-01T00:00:00Z');

const decode = (token: string) => decoder.decode({ token, packageName: play.packageName, now });
const decodeForged = (forge: FakePlayTokenRequest['forge']) =>
  refusalOf(() => decode(play.createToken(forge ? { forge } : {})));

/** A JWE to the right key around anything. */
async function encrypt(inner: string, header: object = {}): Promise<string> {
  return new CompactEncrypt(Buffer.from(inner))
    .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', ...header })
    .encrypt(Buffer.from(play.decryptionKey, 'base64'));
}

describe('localDecryption', () => {
  it('gives the payload of a classic token', async () => {
    const token = play.createToken({ bindingText: 'nonce' });

    expect(token.startsWith('eyJhbGciOiJBMjU2S1ciLCJlbmMiOiJBMjU2R0NNIn0.')).toBe(true);
    expect(token.split('.').map((part) => part.length)).toEqual([43, 54, 16, expect.any(Number), 22]);
    expect(await decode(token)).toEqual(play.findPayload(token));
  });

  it('takes keys with white space around them, as they are pasted', async () => {
    const token = play.createToken();
    const pasted = localDecryption({
      decryptionKey: `${play.decryptionKey}\n`,
      verificationKey: ` ${play.verificationKey}\n`,
    });

    expect(await pasted.decode({ token, packageName: play.packageName, now })).toEqual(
      play.findPayload(token),
    );
  });

  it('ignores header members that say nothing dangerous', async () => {
    const token = play.createToken({
      forge: { jweHeader: { kid: '1', typ: 'JOSE' }, jwsHeader: { kid: '2' } },
    });

    expect(await decode(token)).toEqual(play.findPayload(token));
  });

  it('refuses a token that is encrypted to another key', async () => {
    expect(await decodeForged({ wrongEncryptionKey: true })).toEqual(rejectedFor('decryption_failed'));
  });

  it('refuses a token that is signed with another key', async () => {
    expect(await decodeForged({ wrongSigningKey: true })).toEqual(rejectedFor('signature_invalid'));
  });

  it.each([
    ['alg dir', { jweHeader: { alg: 'dir' } }],
    ['alg A128KW', { jweHeader: { alg: 'A128KW' } }],
    ['alg A256GCMKW', { jweHeader: { alg: 'A256GCMKW' } }],
    ['alg PBES2', { jweHeader: { alg: 'PBES2-HS512+A256KW', p2c: 2 ** 31, p2s: 'AAAAAAAAAAA' } }],
    ['enc A128GCM', { jweHeader: { enc: 'A128GCM' } }],
    ['enc A256CBC-HS512', { jweHeader: { enc: 'A256CBC-HS512' } }],
    ['signature alg none', { jwsHeader: { alg: 'none' } }],
    ['signature alg HS256', { jwsHeader: { alg: 'HS256' } }],
    ['signature alg ES384', { jwsHeader: { alg: 'ES384' } }],
    ['signature alg RS256', { jwsHeader: { alg: 'RS256' } }],
  ])('refuses %s', async (_, forge) => {
    expect(await decodeForged(forge)).toEqual(rejectedFor('algorithm_refused'));
  });

  it.each([
    ['crit in the JWE', { jweHeader: { crit: ['exp'], exp: 1 } }],
    ['zip', { jweHeader: { zip: 'DEF' } }],
    ['jku in the JWE', { jweHeader: { jku: 'https://example.com' } }],
    ['jwk in the JWE', { jweHeader: { jwk: { kty: 'oct', k: 'AA' } } }],
    ['x5u in the JWE', { jweHeader: { x5u: 'https://example.com' } }],
    ['crit in the JWS', { jwsHeader: { crit: ['exp'], exp: 1 } }],
    ['b64 with crit in the JWS', { jwsHeader: { crit: ['b64'], b64: true } }],
    ['jku in the JWS', { jwsHeader: { jku: 'https://example.com' } }],
    ['jwk in the JWS', { jwsHeader: { jwk: {} } }],
    ['x5u in the JWS', { jwsHeader: { x5u: 'https://example.com' } }],
    ['x5c in the JWS', { jwsHeader: { x5c: [] } }],
  ])('refuses the header member %s', async (_, forge) => {
    expect(await decodeForged(forge)).toEqual(malformed);
  });

  it('refuses another spelling of a good token', async () => {
    const token = play.createToken();
    const last = token.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const strayBit = alphabet.charAt(alphabet.indexOf(last) + 1);

    for (const spelling of [token.slice(0, -1) + strayBit, `${token}==`, token.replace('.', '=.')]) {
      expect(await refusalOf(() => decode(spelling))).toEqual(malformed);
    }
  });

  it('refuses a token that is only a JWS', async () => {
    const [header, , , ciphertext, tag] = play.createToken().split('.');

    expect(await refusalOf(() => decode(`${header}.${ciphertext}.${tag}`))).toEqual(malformed);
  });

  it.each([0, 1, 2, 3, 4])('refuses a token whose part %i was changed', async (index) => {
    const parts = play.createToken().split('.');
    const changed = Buffer.from(parts[index] ?? '', 'base64url');
    changed[2] = (changed[2] ?? 0) ^ 1;
    parts[index] = changed.toString('base64url');

    const refusal = await refusalOf(() => decode(parts.join('.')));
    expect([malformed, rejectedFor('decryption_failed')]).toContainEqual(refusal);
  });

  it.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['a JWS of two parts', 'e30.e30'],
    ['a JWS with an unsigned header', `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`],
    ['another JWE', `${'a'.repeat(4)}.${'b'.repeat(54)}.c.d.e`],
  ])('refuses %s inside the JWE', async (_, inner) => {
    const refusal = await refusalOf(async () => decode(await encrypt(inner)));

    expect([malformed, rejectedFor('algorithm_refused')]).toContainEqual(refusal);
  });

  it('refuses a compressed token without inflating it', async () => {
    const token = await encrypt('a'.repeat(100_000), { zip: 'DEF' });

    expect(token.length).toBeLessThan(1000);
    expect(await refusalOf(() => decode(token))).toEqual(malformed);
  });

  it.each([
    ['not JSON', Buffer.from('{')],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('refuses a payload that is %s', async (_, payload) => {
    const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = randomBytes(32);
    const own = localDecryption({
      decryptionKey: key.toString('base64'),
      verificationKey: signer.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    });
    const token = sealPlayToken({
      payload,
      encryptionKey: createSecretKey(key),
      signingKey: signer.privateKey,
    });

    expect(await refusalOf(() => own.decode({ token, packageName: 'a.b', now }))).toEqual(malformed);
  });

  describe('with another decoder to fall back on', () => {
    const asked: string[] = [];
    const both = localDecryption({
      ...play,
      otherwise: {
        decode: (request) => {
          asked.push(request.token);
          return Promise.resolve('from the other');
        },
      },
    });
    const decodeBoth = (token: string) => both.decode({ token, packageName: play.packageName, now });

    it('leaves to it what is not encrypted to the key', async () => {
      const standard = play.createToken({ kind: 'standard' });
      const foreign = play.createToken({ forge: { wrongEncryptionKey: true } });

      expect(await decodeBoth(standard)).toBe('from the other');
      expect(await decodeBoth(foreign)).toBe('from the other');
      expect(asked).toEqual([standard, foreign]);
    });

    it('asks it neither for what it can read itself nor for what is forged', async () => {
      const before = asked.length;
      const token = play.createToken();

      expect(await decodeBoth(token)).toEqual(play.findPayload(token));
      const forged = play.createToken({ forge: { wrongSigningKey: true } });
      expect(await refusalOf(() => decodeBoth(forged))).toEqual(rejectedFor('signature_invalid'));
      expect(asked.length).toBe(before);
    });
  });

  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  it.each([
    ['decryptionKey', { decryptionKey: '' }],
    ['decryptionKey', { decryptionKey: randomBytes(16).toString('base64') }],
    ['decryptionKey', { decryptionKey: randomBytes(32).toString('hex') }],
    ['verificationKey', { verificationKey: '' }],
    ['verificationKey', { verificationKey: 'not base64!' }],
    ['verificationKey', { verificationKey: play.decryptionKey }],
    ['verificationKey', { verificationKey: p384.export({ format: 'der', type: 'spki' }).toString('base64') }],
    ['verificationKey', { verificationKey: rsa.export({ format: 'der', type: 'spki' }).toString('base64') }],
  ])('refuses a wrong %s at creation, and does not repeat it', (option, wrong) => {
    expect.assertions(3);
    try {
      localDecryption({ ...play, ...wrong });
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({ option });
      expect(String(error)).not.toContain(Object.values(wrong)[0] || 'undefined');
    }
  });
});
