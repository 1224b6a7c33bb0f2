import { describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../src/core/errors.js';
import { parseDecodeAnswer } from '../../../src/integrity/play/parse-decode-answer.js';

const now = new Date('2026-01-01T00:00:00Z');

function failureOf(status: number, retryAfter: string | null = null, body = ''): UnavailableError {
  try {
    parseDecodeAnswer({ status, retryAfter, body }, now);
  } catch (error) {
    if (error instanceof UnavailableError) return error;
    throw error;
  }
  throw new Error('expected a failure');
}

describe('parseDecodeAnswer', () => {
  it('reads the payload of 200, whatever is in it', () => {
    const body = JSON.stringify({ tokenPayloadExternal: { a: 1 }, new: true });

    expect(parseDecodeAnswer({ status: 200, retryAfter: null, body }, now)).toEqual({ payload: { a: 1 } });
  });

  it('takes 400 as the last word on the token', () => {
    const body = '{"error":{"code":400,"message":"made up","status":"INVALID_ARGUMENT"}}';

    expect(parseDecodeAnswer({ status: 400, retryAfter: null, body }, now)).toEqual({ payload: null });
  });

  it.each(['', 'hello', '[]', 'null', '{}', '{"tokenPayloadExternal":null}', '{"tokenPayloadExternal":"a"}'])(
    'takes 200 with the body %j as an outage',
    (body) => {
      expect(failureOf(200, null, body).code).toBe('provider_unavailable');
    },
  );

  it.each([
    [204, 'provider_misconfigured'],
    [302, 'provider_misconfigured'],
    [401, 'provider_misconfigured'],
    [403, 'provider_misconfigured'],
    [404, 'provider_misconfigured'],
    [408, 'provider_unavailable'],
    [418, 'provider_misconfigured'],
    [429, 'provider_quota_exhausted'],
    [500, 'provider_unavailable'],
    [503, 'provider_unavailable'],
    [504, 'provider_unavailable'],
  ])('takes %i as %s', (status, code) => {
    expect(failureOf(status).code).toBe(code);
  });

  it.each([
    [429, null, 60],
    [429, '120', 120],
    [429, 'Thu, 01 Jan 2026 00:05:00 GMT', 300],
    [429, 'Wed, 31 Dec 2025 00:00:00 GMT', 1],
    [429, '0', 1],
    [429, '999999999', 86_400],
    [429, 'tomorrow', 60],
    [429, '-5', 1],
    [503, '7', 7],
    [503, null, 5],
    [403, '7', 60],
  ])('answers %i with Retry-After %j by a new try in %i s', (status, retryAfter, seconds) => {
    expect(failureOf(status, retryAfter).retryAfterSeconds).toBe(seconds);
  });
});
