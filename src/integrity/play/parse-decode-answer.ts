// integrity/play: imports core and this folder only.

import { UnavailableError } from '../../core/errors.js';
import type { DecodeAnswer } from './request-decode.js';

/** What Google said of a token: its payload, or `null` if Google cannot decode it. Either is final. */
export interface DecodeOutcome {
  readonly payload: object | null;
}

/** If Google does not say when to come back. Its quotas are per day, so sooner is no use. */
const QUOTA_RETRY_SECONDS = 60;
/** Somebody has to change a setting first. */
const MISCONFIGURED_RETRY_SECONDS = 60;
const MAX_RETRY_SECONDS = 86_400;

/**
 * Says what an answer of Google's decode call means. Google publishes no list of errors for this call; the general
 * meaning of its status codes (google.rpc.Code) applies.
 *
 * - 200 with `tokenPayloadExternal`: the payload.
 * - 400: the token cannot be decoded. It is garbage, or it belongs to another app, and it will stay so.
 * - 429: `provider_quota_exhausted`, with the time that `Retry-After` names.
 * - 408, 5xx, and 200 without a payload: `provider_unavailable`.
 * - 401, 403, 404 and all the rest: `provider_misconfigured`. The service account, the linked Cloud project or the address
 *   is wrong; the device is not to blame.
 *
 * @throws UnavailableError in the last three cases
 */
export function parseDecodeAnswer(answer: DecodeAnswer, now: Date): DecodeOutcome {
  const { status } = answer;
  if (status === 200) return { payload: parsePayload(answer.body) };
  if (status === 400) return { payload: null };
  if (status === 429) {
    throw new UnavailableError('provider_quota_exhausted', {
      message: 'Google answered that the quota for decoding is used up',
      retryAfterSeconds: parseRetryAfter(answer.retryAfter, now) ?? QUOTA_RETRY_SECONDS,
    });
  }
  if (status === 408 || status >= 500) {
    const retryAfterSeconds = parseRetryAfter(answer.retryAfter, now);
    throw new UnavailableError('provider_unavailable', {
      message: `Google answered ${status}`,
      ...(retryAfterSeconds !== null && { retryAfterSeconds }),
    });
  }
  throw new UnavailableError('provider_misconfigured', {
    message: `Google answered ${status}: check the service account, the linked Cloud project and the package name`,
    retryAfterSeconds: MISCONFIGURED_RETRY_SECONDS,
  });
}

function parsePayload(body: string): object {
  let payload: unknown;
  let cause: unknown;
  try {
    const answer: unknown = JSON.parse(body);
    if (typeof answer === 'object' && answer !== null && 'tokenPayloadExternal' in answer) {
      payload = answer.tokenPayloadExternal;
    }
  } catch (error) {
    cause = error;
  }
  if (typeof payload === 'object' && payload !== null) return payload;
  throw new UnavailableError('provider_unavailable', {
    message: 'the answer of Google holds no payload',
    cause,
  });
}

/** Seconds or an HTTP date (RFC 9110 section 10.2.3), as seconds from now; `null` if it is neither. */
function parseRetryAfter(text: string | null, now: Date): number | null {
  if (text === null) return null;
  const seconds = /^[0-9]{1,9}$/.test(text)
    ? Number(text)
    : Math.ceil((Date.parse(text) - now.getTime()) / 1000);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), MAX_RETRY_SECONDS) : null;
}
