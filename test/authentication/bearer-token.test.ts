import { describe, expect, it } from 'vitest';
import { readBearerToken } from '../../src/authentication/bearer-token.js';
import { RejectedError } from '../../src/index.js';
import { thrownBy } from '../thrown-by.js';

describe('the bearer token among header lines', () => {
  it.each<[string, readonly string[]]>([
    ['alone', ['Authorization', 'Bearer abc.def']],
    ['among others', ['Host', 'x', 'authorization', 'Bearer abc.def', 'Accept', '*/*']],
    ['in capitals', ['AUTHORIZATION', 'BEARER abc.def']],
    ['with more white space', ['Authorization', 'bearer   abc.def ']],
    ['next to a header of the same length', ['X-Authorizati', 'Bearer x', 'Authorization', 'Bearer abc.def']],
    ['next to a value that looks like the name', ['X', 'Authorization', 'Authorization', 'Bearer abc.def']],
  ])('is found %s', (_what, rawHeaders) => {
    expect(readBearerToken(rawHeaders)).toBe('abc.def');
  });

  it.each<[string, readonly string[], string]>([
    ['no header', [], 'access_token_missing'],
    ['only others', ['Host', 'Authorization', 'Proxy-Authorization', 'Bearer abc'], 'access_token_missing'],
    ['another scheme', ['Authorization', 'Basic YTpi'], 'access_token_missing'],
    ['a scheme alone', ['Authorization', 'Bearer'], 'access_token_missing'],
    ['an empty one', ['Authorization', ''], 'access_token_missing'],
    ['a name without a value', ['Authorization'], 'access_token_missing'],
    ['no token', ['Authorization', 'Bearer '], 'access_token_invalid'],
    ['two tokens in one line', ['Authorization', 'Bearer a, Bearer b'], 'access_token_invalid'],
    ['a foreign character', ['Authorization', 'Bearer ä'], 'access_token_invalid'],
    [
      'the same line twice',
      ['Authorization', 'Bearer a', 'Authorization', 'Bearer a'],
      'access_token_invalid',
    ],
    [
      'a second one of another scheme',
      ['Authorization', 'Bearer a', 'authorization', 'Basic YTpi'],
      'access_token_invalid',
    ],
    [
      'a second one that is empty',
      ['Authorization', 'Bearer a', 'authorization', ''],
      'access_token_invalid',
    ],
    ['an empty first one', ['Authorization', '', 'authorization', 'Bearer a'], 'access_token_invalid'],
    ['17 KiB of token', ['Authorization', `Bearer ${'a'.repeat(17 * 1024)}`], 'access_token_invalid'],
  ])('is refused if there is %s', (_what, rawHeaders, code) => {
    const error = thrownBy(() => readBearerToken(rawHeaders));
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code });
  });

  it.each<[string, readonly string[]]>([
    ['there is no bearer token', ['Authorization', 'Basic YTpi']],
    ['there is no bearer token', []],
    ['there is no bearer token', ['Authorization']],
    ['the bearer token is not in form', ['Authorization', 'Bearer ']],
    ['there is more than one Authorization', ['Authorization', 'Bearer a', 'Authorization', 'Bearer b']],
  ])('is refused with a message that says why: %s', (message, rawHeaders) => {
    expect(thrownBy(() => readBearerToken(rawHeaders))).toMatchObject({ message });
  });

  it('may have 16 KiB, and not a character more', () => {
    const longest = 'a'.repeat(16 * 1024);
    expect(readBearerToken(['Authorization', `Bearer ${longest}`])).toBe(longest);
    expect(thrownBy(() => readBearerToken(['Authorization', `Bearer ${longest}a`]))).toMatchObject({
      code: 'access_token_invalid',
    });
  });
});
