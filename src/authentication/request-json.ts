// authentication: imports core, contracts, x509.

import type { UnavailableErrorCode } from '../core/error-code.js';
import { UnavailableError } from '../core/errors.js';
import type { HttpFetch } from '../core/http-fetch.js';
import { untilAborted } from '../core/until-aborted.js';

/** One question to an authorization server. */
export interface JsonRequest {
  readonly fetch: HttpFetch;
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Longest answer in characters. */
  readonly maxLength: number;
  /** What an error is called. */
  readonly code: UnavailableErrorCode;
}

/**
 * Asks for a JSON object. Any answer but 200 with one is no answer.
 *
 * @throws UnavailableError of the code that the request names
 */
export async function requestJson(request: JsonRequest): Promise<Readonly<Record<string, unknown>>> {
  const { code, signal } = request;
  const { status, text } = await untilAborted(
    () => receive(request),
    signal,
    (cause) =>
      new UnavailableError(code, { message: 'the authorization server did not answer in time', cause }),
  );
  if (status !== 200) {
    throw new UnavailableError(code, { message: `the authorization server answered with status ${status}` });
  }
  return parseObject(text, code);
}

async function receive({ fetch, url, method, headers, body, signal, maxLength, code }: JsonRequest) {
  let text: string | null;
  let status: number;
  try {
    const response = await fetch(url, { method, headers, signal, ...(body === undefined ? {} : { body }) });
    status = response.status;
    const announced = Number(response.headers.get('content-length') ?? 0);
    text = announced > maxLength ? null : await response.text();
  } catch (cause) {
    throw new UnavailableError(code, { message: 'the authorization server could not be asked', cause });
  }
  if (text === null || text.length > maxLength) {
    throw new UnavailableError(code, { message: 'the answer of the authorization server is too large' });
  }
  return { status, text };
}

/** The parser's own error is no cause: it would quote the answer. */
function parseObject(text: string, code: UnavailableErrorCode): Readonly<Record<string, unknown>> {
  const value = parseOrNull(text);
  if (isObject(value)) return value;
  throw new UnavailableError(code, { message: 'the answer of the authorization server is no JSON object' });
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
