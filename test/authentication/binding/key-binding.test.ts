import { createPublicKey, generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, keyBinding } from '../../../src/index.js';
import { thrownBy } from '../../thrown-by.js';
import { newPublicKey, presenterWith, tokenWith } from './present.js';

const tokenOf = (jkt: unknown) => tokenWith({ cnf: { jkt } });

describe('a token bound to a key', () => {
  it.each<[string, JsonWebKey, string]>([
    [
      'RFC 7638 section 3.1',
      {
        kty: 'RSA',
        n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
        e: 'AQAB',
      },
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    ],
    [
      'RFC 8037 appendix A.3',
      { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    ],
  ])('has the thumbprint of %s', (_source, jwk, jkt) => {
    const presenter = presenterWith(createPublicKey({ key: jwk, format: 'jwk' }));
    expect(keyBinding().evaluate(tokenOf(jkt), presenter)).toBe('bound');
  });

  it.each([
    ['P-256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ])('has the thumbprint that jose computes for %s', async (_kind, generate) => {
    const { publicKey } = generate();
    const jkt = await calculateJwkThumbprint(publicKey.export({ format: 'jwk' }));
    expect(keyBinding().evaluate(tokenOf(jkt), presenterWith(publicKey))).toBe('bound');
    expect(keyBinding().evaluate(tokenOf(jkt), presenterWith())).toBe('mismatch');
  });

  it('lives through a renewal that keeps the key, and ends with the key', async () => {
    const binding = keyBinding();
    const key = newPublicKey();
    const token = tokenOf(await calculateJwkThumbprint(key.export({ format: 'jwk' })));
    expect(binding.evaluate(token, presenterWith(key))).toBe('bound');
    expect(binding.evaluate(token, presenterWith(key))).toBe('bound');
    expect(binding.evaluate(token, presenterWith())).toBe('mismatch');
  });

  it('is not fooled by a presenter that gives the name of another key', async () => {
    const binding = keyBinding();
    const mine = newPublicKey();
    const stolen = tokenOf(await calculateJwkThumbprint(mine.export({ format: 'jwk' })));
    const victim = presenterWith(mine);
    const liar = { ...presenterWith(), publicKeySha256: victim.publicKeySha256 };
    expect(binding.evaluate(stolen, liar)).toBe('mismatch');
    // And has remembered nothing of it.
    expect(binding.evaluate(stolen, victim)).toBe('bound');
  });

  it('keeps telling keys apart when there are more of them than it remembers', async () => {
    const binding = keyBinding({ cacheCapacity: 2 });
    const keys = Array.from({ length: 6 }, newPublicKey);
    const tokens = await Promise.all(
      keys.map(async (key) => tokenOf(await calculateJwkThumbprint(key.export({ format: 'jwk' })))),
    );
    const presenters = keys.map((key) => presenterWith(key));
    const outcomes = tokens.map((token) => presenters.map((presenter) => binding.evaluate(token, presenter)));
    expect(outcomes).toEqual(keys.map((a) => keys.map((b) => (a === b ? 'bound' : 'mismatch'))));
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['empty', ''],
    ['an object', {}],
  ])('does not hold if the thumbprint is %s', (_what, jkt) => {
    expect(keyBinding().evaluate(tokenOf(jkt), presenterWith())).toBe('mismatch');
  });

  it.each<[string, Uint8Array]>([
    ['no certificate', new Uint8Array()],
    ['garbage', Buffer.from('hello')],
  ])('does not hold, whatever it says, over %s', (_what, certificate) => {
    for (const jkt of [null, undefined, 'x']) {
      expect(keyBinding().evaluate(tokenOf(jkt), { ...presenterWith(), certificate })).toBe('mismatch');
    }
  });

  it('does not hold, whatever it says, for a key that has no JWK', () => {
    const presenter = presenterWith(generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' }).publicKey);
    for (const jkt of [null, undefined, 'x']) {
      expect(keyBinding().evaluate(tokenOf(jkt), presenter)).toBe('mismatch');
    }
  });

  it('is unbound if it says nothing of a key', () => {
    expect(keyBinding().evaluate(tokenWith({}), presenterWith())).toBe('unbound');
    expect(keyBinding().evaluate(tokenWith({ cnf: { 'x5t#S256': 'x' } }), presenterWith())).toBe('unbound');
  });

  it('cannot be made without room', () => {
    const error = thrownBy(() => keyBinding({ cacheCapacity: 1 }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'cacheCapacity' });
  });
});
