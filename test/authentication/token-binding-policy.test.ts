import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  certificateBinding,
  ConfigurationError,
  createTokenBindingPolicy,
  deviceIdBinding,
  keyBinding,
  RejectedError,
  type TokenBinding,
  type TokenBindingOutcome,
  type TokenBindingPolicyOptions,
} from '../../src/index.js';
import { thrownBy } from '../thrown-by.js';
import { DEVICE_ID, newPublicKey, presenterWith, tokenWith, x5t } from './binding/present.js';

const key = newPublicKey();
const presenter = presenterWith(key);
const jkt = await calculateJwkThumbprint(key.export({ format: 'jwk' }));
const all = [certificateBinding(), keyBinding(), deviceIdBinding()];

const verify = (
  claims: Record<string, unknown>,
  options: TokenBindingPolicyOptions = { bindings: all, unbound: 'refuse' },
) => {
  createTokenBindingPolicy(options).verify(tokenWith(claims), presenter);
};
const outcome = (answer: unknown, confirmation: string | null = null): TokenBinding => ({
  name: 'mine',
  confirmation,
  evaluate: () => answer as TokenBindingOutcome,
});

describe('a policy of token bindings', () => {
  it.each<[string, Record<string, unknown>]>([
    ['the certificate', { cnf: { 'x5t#S256': x5t(presenter) } }],
    ['the key', { cnf: { jkt } }],
    ['the device', { device_id: DEVICE_ID }],
    ['all of them', { cnf: { 'x5t#S256': x5t(presenter), jkt }, device_id: DEVICE_ID }],
  ])('takes a token that names %s', (_what, claims) => {
    expect(() => {
      verify(claims);
    }).not.toThrow();
  });

  it('refuses a token that names nobody, or takes it where that is accepted', () => {
    const error = thrownBy(() => {
      verify({});
    });
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code: 'access_token_unbound' });
    expect(() => {
      verify({}, { bindings: all, unbound: 'accept' });
      verify({}, { bindings: [], unbound: 'accept' });
    }).not.toThrow();
  });

  const mismatches: readonly [string, Record<string, unknown>, readonly TokenBinding[]][] = [
    ['another certificate', { cnf: { 'x5t#S256': x5t(presenterWith()) } }, all],
    ['another key', { cnf: { jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' } }, all],
    ['another device', { device_id: 'someone else' }, all],
    ['the right key and another device', { cnf: { jkt }, device_id: 'someone else' }, all],
    ['the right device and another certificate', { cnf: { 'x5t#S256': 'x' }, device_id: DEVICE_ID }, all],
    ['a key, where no binding reads keys', { cnf: { jkt } }, [certificateBinding(), deviceIdBinding()]],
    [
      'a key, where no binding reads keys, and the right device',
      { cnf: { jkt }, device_id: DEVICE_ID },
      [deviceIdBinding()],
    ],
    [
      'the right certificate, and something that no binding reads',
      { cnf: { 'x5t#S256': x5t(presenter), kid: '1' } },
      all,
    ],
    ['a whole key (RFC 7800 section 3.2)', { cnf: { jwk: { kty: 'EC' } } }, all],
    ['a certificate by SHA-1', { cnf: { x5t: 'x' } }, all],
    ['nobody in a cnf that is empty', { cnf: {} }, all],
    ['nobody in a cnf that is null', { cnf: null }, all],
    ['nobody in a cnf that is text', { cnf: jkt }, all],
    ['nobody in a cnf that is a list', { cnf: [{ jkt }] }, all],
    ['someone, where there is no binding at all', { cnf: { jkt } }, []],
  ];
  it.each(mismatches)(
    'refuses a token that names %s, also where unbound ones are accepted',
    (_what, claims, bindings) => {
      const error = thrownBy(() => {
        verify(claims, { bindings, unbound: 'accept' });
      });
      expect(error).toBeInstanceOf(RejectedError);
      expect(error).toMatchObject({ code: 'access_token_binding_mismatch' });
    },
  );

  it('reads no member by the name of null', () => {
    const error = thrownBy(() => {
      verify({ cnf: { null: 'x' }, device_id: DEVICE_ID });
    });
    expect(error).toMatchObject({ code: 'access_token_binding_mismatch' });
  });

  it('takes bindings of your own, and no answer of theirs for a yes that is none', () => {
    expect(() => {
      verify({ cnf: { mine: 1 } }, { bindings: [outcome('bound', 'mine')], unbound: 'refuse' });
    }).not.toThrow();
    for (const answer of ['mismatch', undefined, true, Promise.resolve('bound')]) {
      const error = thrownBy(() => {
        verify({}, { bindings: [outcome(answer)], unbound: 'accept' });
      });
      expect(error).toMatchObject({ code: 'access_token_binding_mismatch' });
    }
  });

  it.each<[string, string, TokenBindingPolicyOptions]>([
    [
      'no binding, and refusing what is unbound',
      'bindings: without one, every token would be refused',
      { bindings: [], unbound: 'refuse' },
    ],
    [
      'a misspelt word',
      'unbound: must be refuse or accept',
      { bindings: all, unbound: 'reject' as 'refuse' },
    ],
  ])('cannot be made with %s', (_what, message, options) => {
    const error = thrownBy(() => createTokenBindingPolicy(options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ message });
  });

  const held = 'what the access token says of its presenter does not hold';
  it.each<[string, Record<string, unknown>]>([
    ['the access token does not say who may present it', {}],
    [`${held}: cnf`, { cnf: 'text' }],
    [`${held}: cnf`, { cnf: { x5t: 'x' } }],
    [`${held}: x5t#S256`, { cnf: { 'x5t#S256': 'x' } }],
    [`${held}: jkt`, { cnf: { jkt: 'x' } }],
    [`${held}: device_id`, { device_id: 'x' }],
  ])('says in the log: %s', (message, claims) => {
    // Made here, so that what is said is what these very bindings are called.
    const bindings = [certificateBinding(), keyBinding(), deviceIdBinding()];
    const error = thrownBy(() => {
      verify(claims, { bindings, unbound: 'refuse' });
    });
    expect(error).toMatchObject({ message });
  });

  it('is held by each binding that it was made of', () => {
    for (const [binding, cnf] of [
      [certificateBinding(), { 'x5t#S256': x5t(presenter) }],
      [keyBinding(), { jkt }],
    ] as const) {
      const policy = createTokenBindingPolicy({ bindings: [binding], unbound: 'refuse' });
      expect(() => {
        policy.verify(tokenWith({ cnf }), presenter);
      }).not.toThrow();
    }
  });

  it('does not change with the list that it was made from', () => {
    const bindings = [...all];
    const policy = createTokenBindingPolicy({ bindings, unbound: 'refuse' });
    bindings.length = 0;
    expect(() => {
      policy.verify(tokenWith({ device_id: DEVICE_ID }), presenter);
    }).not.toThrow();
  });
});
