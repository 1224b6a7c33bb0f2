// integrity/android: imports core, vendor and this folder only.

import { UnavailableError } from '../../core/errors.js';
import type { HttpFetch } from '../../core/http-fetch.js';
import { NotProcessedError } from '../../vendor/not-processed-error.js';
import { parseStatusList, type AttestationStatuses } from './parse-status-list.js';

/** Where the list is, and how long to wait for it. */
export interface StatusListSource {
  readonly url: string;
  readonly fetch: HttpFetch;
  readonly timeoutSeconds: number;
}

/** A list as it was fetched. */
export interface FetchedStatusList {
  readonly statuses: AttestationStatuses;
  /** For how long the vendor wants it to be used. */
  readonly maxAgeSeconds: number;
}

/** With 1,757 entries the list had about 130 KB in 2026. */
const MAX_CHARACTERS = 1024 * 1024;
const MIN_AGE_SECONDS = 60;
const MAX_AGE_SECONDS = 86_400;
/** Where the answer says nothing. */
const DEFAULT_AGE_SECONDS = 3600;

/**
 * Fetches the list once. Google's has had hundreds of entries for years, and keys that have leaked do not come back: one
 * without entries is no list.
 *
 * @throws UnavailableError `provider_unavailable`; NotProcessedError where another try may help: reading a list twice does no
 *   harm, whatever became of the first time
 */
export async function fetchStatusList(
  { fetch, url }: Pick<StatusListSource, 'fetch' | 'url'>,
  signal: AbortSignal,
): Promise<FetchedStatusList> {
  const headers = { accept: 'application/json' };
  const answer = await fetch(url, { method: 'GET', headers, signal }).catch(orAgain);
  if (answer.status !== 200) {
    const failure = unavailable(`the status list was answered ${answer.status}`)();
    throw answer.status >= 500 ? new NotProcessedError(failure, null) : failure;
  }
  const text = await answer.text().catch(orUnavailable);
  if (text.length > MAX_CHARACTERS) throw unavailable('the status list is too large')();
  const statuses = parse(text);
  if (statuses.size === 0) throw unavailable('the status list is empty')();
  return { statuses, maxAgeSeconds: findMaxAge(answer.headers) };
}

function parse(text: string): AttestationStatuses {
  try {
    return parseStatusList(JSON.parse(text));
  } catch (cause) {
    throw unavailable('the status list is not in its form')(cause);
  }
}

/** `max-age` of Cache-Control less what a cache on the way has used up of it (RFC 9111 sections 5.1 and 5.2.2.1). */
function findMaxAge(headers: Pick<Headers, 'get'>): number {
  const directives = headers.get('cache-control') ?? '';
  const maxAge = /(?:^|[\s,])max-age="?(\d{1,10})/i.exec(directives)?.[1];
  const age = /^\d{1,10}$/.exec(headers.get('age') ?? '')?.[0] ?? 0;
  const left = maxAge === undefined ? DEFAULT_AGE_SECONDS : Number(maxAge) - Number(age);
  return Math.min(MAX_AGE_SECONDS, Math.max(MIN_AGE_SECONDS, left));
}

function orAgain(cause: unknown): never {
  throw new NotProcessedError(unavailable('the status list could not be asked for')(cause), null);
}

function orUnavailable(cause: unknown): never {
  throw unavailable('the status list could not be read')(cause);
}

function unavailable(message: string): (cause?: unknown) => UnavailableError {
  return (cause) => new UnavailableError('provider_unavailable', { message, cause });
}
