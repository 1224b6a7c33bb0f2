// integrity/play: imports core, vendor and this folder only.

import { UnavailableError } from '../../core/errors.js';
import type { HttpFetch } from '../../core/http-fetch.js';
import { NotProcessedError } from '../../vendor/not-processed-error.js';
import { wasNeverSent } from '../../vendor/was-never-sent.js';

/** What Google answered, not judged yet. */
export interface DecodeAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** At most {@link MAX_ANSWER_LENGTH} characters. */
  readonly body: string;
}

/** A real answer has 1 to 2 KB. */
const MAX_ANSWER_LENGTH = 65_536;

/**
 * Asks Google once to decode a token: `POST {apiUrl}/v1/{packageName}:decodeIntegrityToken` (discovery document of
 * `playintegrity` v1). Only the network is here; `parseDecodeAnswer` says what the answer means.
 *
 * @throws UnavailableError `provider_unavailable` if there is no answer, or one beyond any sensible size
 * @throws NotProcessedError with the same if there was no connection to ask over
 */
export async function requestDecode(call: {
  readonly fetch: HttpFetch;
  readonly apiUrl: string;
  readonly packageName: string;
  readonly token: string;
  readonly accessToken: string;
  readonly signal: AbortSignal;
}): Promise<DecodeAnswer> {
  try {
    const response = await call.fetch(
      `${call.apiUrl}/v1/${encodeURIComponent(call.packageName)}:decodeIntegrityToken`,
      {
        method: 'POST',
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${call.accessToken}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ integrityToken: call.token }),
        signal: call.signal,
      },
    );
    const announced = Number(response.headers.get('content-length') ?? 0);
    const body = announced > MAX_ANSWER_LENGTH ? null : await response.text();
    if (body !== null && body.length <= MAX_ANSWER_LENGTH) {
      return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
    }
  } catch (cause) {
    const failure = new UnavailableError('provider_unavailable', {
      message: 'Google could not be asked to decode',
      cause,
    });
    throw wasNeverSent(cause) ? new NotProcessedError(failure, null) : failure;
  }
  throw new UnavailableError('provider_unavailable', { message: 'the answer of Google is too large' });
}
