import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/index.js';
import { assertSecureUrl } from '../../src/core/secure-url.js';
import { thrownBy } from '../thrown-by.js';

describe('a secure URL', () => {
  it.each([
    'https://id.example.com/jwks?tenant=1',
    'http://localhost/jwks',
    'http://127.0.0.1:8080/',
    'http://[::1]/',
  ])('may be %s', (url) => {
    expect(() => {
      assertSecureUrl('jwks', new URL(url));
    }).not.toThrow();
  });

  it.each([
    'http://id.example.com/',
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'ftp://localhost/',
    'data:application/json,{}',
    'https://user@id.example.com/',
    'https://:secret@id.example.com/',
    'https://id.example.com/#fragment',
  ])('may not be %s', (url) => {
    const error = thrownBy(() => {
      assertSecureUrl('jwks', new URL(url));
    });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'jwks' });
  });
});
