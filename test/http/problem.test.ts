import { describe, expect, it } from 'vitest';
import { problemResponse, RejectedError, UnavailableError, type RejectedErrorCode } from '../../src/index.js';

describe('what a problem with an access token is answered', () => {
  it.each<[RejectedErrorCode, number, string | undefined]>([
    ['access_token_missing', 401, 'Bearer'],
    ['access_token_invalid', 401, 'Bearer error="invalid_token"'],
    ['access_token_unbound', 401, 'Bearer error="invalid_token"'],
    ['access_token_binding_mismatch', 401, 'Bearer error="invalid_token"'],
    ['access_token_scope_insufficient', 403, 'Bearer error="insufficient_scope"'],
    ['tier_insufficient', 403, undefined],
    ['certificate_revoked', 403, undefined],
  ])('%s: %i, WWW-Authenticate: %s (RFC 6750 section 3)', (code, status, challenge) => {
    const answer = problemResponse(new RejectedError(code, { message: 'not for the client' }));
    expect(answer.status).toBe(status);
    expect(answer.headers['www-authenticate']).toBe(challenge);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code, status });
    expect(answer.body.toString()).not.toContain('not for the client');
  });

  it.each(['access_token_keys_unavailable', 'access_token_introspection_unavailable'] as const)(
    '%s: 503, to be tried again, and no challenge: a new token would not help',
    (code) => {
      const answer = problemResponse(new UnavailableError(code, { message: 'x', retryAfterSeconds: 7 }));
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '7' } });
      expect(answer.headers).not.toHaveProperty('www-authenticate');
    },
  );
});
