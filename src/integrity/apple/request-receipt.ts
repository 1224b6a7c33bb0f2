// integrity/apple: imports core, vendor and this folder only.

import { decodeBase64, encodeBase64 } from '../../core/bytes.js';
import { UnavailableError } from '../../core/errors.js';
import type { HttpFetch } from '../../core/http-fetch.js';
import { NotProcessedError } from '../../vendor/not-processed-error.js';
import { wasNeverSent } from '../../vendor/was-never-sent.js';

/** One request for a newer receipt. */
export interface ReceiptRequest {
  readonly fetch: HttpFetch;
  /** The whole URL. */
  readonly url: string;
  /** A JWT that the DeviceCheck key of the team has signed. */
  readonly token: string;
  readonly receipt: Uint8Array;
  readonly signal: AbortSignal;
}

/** A receipt has less than 6,000 characters. */
const MAX_ANSWER_LENGTH = 65_536;

/** After a 429 without `Retry-After`. */
const QUOTA_RETRY_SECONDS = 60;

/**
 * Asks Apple once for a newer receipt (Apple, "Assessing fraud risk"): `POST /v1/attestationData` with base64 of the one at hand.
 *
 * @returns the newer receipt, not verified yet; `null` if it is too early for one (304)
 * @throws UnavailableError `provider_misconfigured` if Apple refuses our key (401, 403); `provider_quota_exhausted` (429);
 *   `provider_unavailable` if there is no answer, or any other. Apple answers 404 now and then for receipts that it takes later
 * @throws NotProcessedError with the same if there was no connection to ask over, or Apple says when to ask again (429, 503)
 */
export async function requestReceipt(request: ReceiptRequest): Promise<Uint8Array | null> {
  const { status, retryAfter, body } = await post(request);
  if (status === 304) return null;
  if (status === 200) {
    const receipt = decodeBase64(body.trim());
    if (receipt !== null && receipt.length > 0) return receipt;
    throw unavailable('Apple answered with something that is no receipt');
  }
  if (status === 401 || status === 403) {
    throw new UnavailableError('provider_misconfigured', {
      message: `Apple refused the DeviceCheck key (status ${status})`,
    });
  }
  const failure = createFailure(status, readSeconds(retryAfter));
  const isTurnedAway = (status === 429 || status === 503) && retryAfter !== null;
  throw isTurnedAway ? new NotProcessedError(failure, failure.retryAfterSeconds) : failure;
}

function createFailure(status: number, retryAfterSeconds: number | null): UnavailableError {
  const message = `Apple gave no newer receipt (status ${status})`;
  if (status === 429) {
    return new UnavailableError('provider_quota_exhausted', {
      message,
      retryAfterSeconds: retryAfterSeconds ?? QUOTA_RETRY_SECONDS,
    });
  }
  return new UnavailableError('provider_unavailable', {
    message,
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
  });
}

async function post(request: ReceiptRequest): Promise<{
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}> {
  let body: string;
  let response: Awaited<ReturnType<HttpFetch>>;
  try {
    response = await request.fetch(request.url, {
      method: 'POST',
      headers: { authorization: request.token, 'content-type': 'text/plain' },
      body: encodeBase64(request.receipt),
      signal: request.signal,
    });
    body = await response.text();
  } catch (cause) {
    const failure = new UnavailableError('provider_unavailable', {
      message: 'Apple could not be asked for a newer receipt',
      cause,
    });
    throw wasNeverSent(cause) ? new NotProcessedError(failure, null) : failure;
  }
  if (body.length > MAX_ANSWER_LENGTH) throw unavailable('the answer of Apple is too large');
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body };
}

/** `Retry-After` in seconds (RFC 9110 section 10.2.3), up to an hour; the form with a date is not asked. */
function readSeconds(text: string | null): number | null {
  return text !== null && /^\d{1,4}$/.test(text) ? Math.min(Number(text), 3600) : null;
}

function unavailable(message: string): UnavailableError {
  return new UnavailableError('provider_unavailable', { message });
}
