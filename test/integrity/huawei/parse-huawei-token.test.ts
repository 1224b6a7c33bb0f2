import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../../src/core/errors.js';
import { parseHuaweiHeader, parseHuaweiToken } from '../../../src/integrity/huawei/parse-huawei-token.js';
import { malformed, refusalOf } from '../refusal-of.js';

/** Base64url with padding, as HMS Core writes it. */
const pad = (text: string) => Buffer.from(text).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
const header = (json: object) => pad(JSON.stringify(json));

describe('parseHuaweiToken', () => {
  it('keeps what is signed as it came, padding included', () => {
    const token = `${pad('{"alg":"RS256"}')}.${pad('{"a":12}')}.${pad('sign')}`;

    expect(token).toContain('=.');
    expect(parseHuaweiToken(token)).toEqual({
      header: pad('{"alg":"RS256"}'),
      signingInput: Buffer.from(token.slice(0, token.lastIndexOf('.'))),
      payload: { a: 12 },
      signature: Buffer.from('sign'),
    });
  });

  it('takes parts without padding too', () => {
    expect(parseHuaweiToken('e30.eyJhIjoxMn0.c2lnbg')).toMatchObject({ payload: { a: 12 } });
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a number', 1],
    ['an empty text', ''],
    ['two parts', 'e30.e30'],
    ['four parts', 'e30.e30.AA.AA'],
    ['an empty header', '.e30.AA'],
    ['an empty payload', 'e30..AA'],
    ['an empty signature', 'e30.e30.'],
    ['a payload in standard base64', `e30.${Buffer.from('"???~~~"').toString('base64')}.AA`],
    ['a payload with white space', 'e30.e30 .AA'],
    ['a payload with too much padding', 'e30.e30==.AA'],
    ['a payload with stray bits', 'e30.e31.AA'],
    ['a payload that is not JSON', `e30.${pad('{')}.AA`],
    ['a payload that is not UTF-8', 'e30.Iv8i.AA'],
    ['a signature that is not base64url', 'e30.e30.!!'],
    ['a token that is too long', `e30.${'A'.repeat(16_384)}.AA`],
  ])('refuses %s', async (_, token) => {
    expect(await refusalOf(() => parseHuaweiToken(token))).toEqual(malformed);
  });

  it('meets any text with a typed refusal', () => {
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.base64String(), fc.base64String(), fc.base64String()).map((p) => p.join('.')),
    );
    fc.assert(
      fc.property(text, (token) => {
        try {
          parseHuaweiToken(token);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('parseHuaweiHeader', () => {
  it('reads alg and x5c, and ignores what it does not know', () => {
    expect(parseHuaweiHeader(header({ alg: 'ES256', typ: 'JWS', x5c: ['AAEC', '_-8='], kid: 'a' }))).toEqual({
      alg: 'ES256',
      x5c: [Buffer.from([0, 1, 2]), Buffer.from([0xff, 0xef])],
    });
  });

  it.each<[string, string]>([
    ['null', pad('null')],
    ['a list', pad('[]')],
    ['text', pad('"alg"')],
    ['no JSON', pad('{')],
    ['no alg', header({ x5c: [] })],
    ['an alg that is a number', header({ alg: 1, x5c: [] })],
    ['no x5c', header({ alg: 'RS256' })],
    ['an x5c that is a text', header({ alg: 'RS256', x5c: 'AA==' })],
    ['an x5c of numbers', header({ alg: 'RS256', x5c: [1] })],
    ['an x5c that is not base64', header({ alg: 'RS256', x5c: ['-----BEGIN CERTIFICATE-----'] })],
    ['another typ', header({ alg: 'RS256', typ: 'JWT', x5c: [] })],
    ['crit', header({ alg: 'RS256', x5c: [], crit: ['exp'] })],
    ['b64', header({ alg: 'RS256', x5c: [], b64: false })],
    ['jku', header({ alg: 'RS256', x5c: [], jku: 'https://example.com' })],
    ['jwk', header({ alg: 'RS256', x5c: [], jwk: {} })],
    ['x5u', header({ alg: 'RS256', x5c: [], x5u: 'https://example.com' })],
  ])('refuses %s', async (_, text) => {
    expect(await refusalOf(() => parseHuaweiHeader(text))).toEqual(malformed);
  });
});
