// integrity/play: imports core and this folder only.

import { sha256Hex } from '../../core/bytes.js';
import { ConfigurationError, DeviceTrustError, RejectedError, UnavailableError } from '../../core/errors.js';
import { systemFetch, type HttpFetch } from '../../core/http-fetch.js';
import { assertSecureUrl } from '../../core/secure-url.js';
import { untilAborted } from '../../core/until-aborted.js';
import {
  createGoogleAccessTokenSource,
  type AccessTokenSource,
  type GoogleServiceAccountKey,
} from './google-access-token.js';
import { createOutcomeMemory } from './outcome-memory.js';
import { parseDecodeAnswer, type DecodeOutcome } from './parse-decode-answer.js';
import type { DecodePlayIntegrityRequest, PlayIntegrityDecoder } from './play-integrity-decoder.js';
import { requestDecode, type DecodeAnswer } from './request-decode.js';

/** Options of {@link googleDecode}. */
export interface GoogleDecodeOptions {
  /** Default: Application Default Credentials, see {@link AccessTokenSource} for what they must be allowed. */
  readonly credentials?: GoogleServiceAccountKey;
  /** Instead of `credentials`: where access tokens come from. Default: `google-auth-library`. */
  readonly accessToken?: AccessTokenSource;
  /** `https:`, or `http:` on this machine. Default: `https://playintegrity.googleapis.com`. */
  readonly apiUrl?: string;
  /** Carries the calls to Google, those for access tokens included. Default: the `fetch` of the runtime. */
  readonly fetch?: HttpFetch;
  /** How long one decoding may take, access token included: more than 0, at most 60. Default: 5. */
  readonly timeoutSeconds?: number;
}

/** How long the outcome of a token is remembered: as long as a token is fresh by default. */
const MEMORY_SECONDS = 600;
/** With payloads of 1 to 2 KB, less than 10 MB. */
const MEMORY_ENTRIES = 4096;

/**
 * Decodes tokens of classic and standard requests by asking Google.
 *
 * **A token is decoded once.** Google empties the verdict of a standard token that it decodes again, so the outcome of a
 * token is remembered in this process for 10 minutes (by SHA-256, at most 4,096 outcomes), simultaneous requests share
 * one call, and a caller that gives up leaves the call running, for its outcome to be known when the client comes back.
 * Nothing is tried again here, but for a call that Google refused to look at (401: once more, with a new access token).
 * After a time-out or 5xx nobody knows whether Google has decoded the token: the next try is the client's, and a cleared
 * verdict then reads as not evaluated, for which the policy asks for fresh evidence.
 *
 * Its refusals: `evidence_rejected` with `evidence_undecodable` where Google cannot decode the token (garbage, or made for
 * another package). Its failures: `provider_unavailable`, `provider_quota_exhausted`, `provider_misconfigured`.
 *
 * @throws ConfigurationError if an option is not as described
 */
export function googleDecode(options: GoogleDecodeOptions = {}): PlayIntegrityDecoder {
  const settings = checkOptions(options);
  const memory = createOutcomeMemory<DecodeOutcome>({
    maxEntries: MEMORY_ENTRIES,
    lifetimeSeconds: MEMORY_SECONDS,
  });
  return {
    async decode(request) {
      const key = sha256Hex(Buffer.from(`${request.packageName} ${request.token}`));
      const ask = () => memory.once(key, request.now, () => decodeOnce(settings, request));
      const outcome = await (request.signal
        ? untilAborted(
            ask,
            request.signal,
            unavailable('the caller no longer waits for Google to decode the token'),
          )
        : ask());
      if (outcome.payload !== null) return outcome.payload;
      throw new RejectedError('evidence_rejected', {
        message: 'Google cannot decode the token: it is garbage, or it was made for another package',
        reasons: ['evidence_undecodable'],
      });
    },
  };
}

interface Settings {
  readonly accessToken: AccessTokenSource;
  readonly apiUrl: string;
  readonly fetch: HttpFetch;
  readonly timeoutSeconds: number;
}

async function decodeOnce(settings: Settings, request: DecodePlayIntegrityRequest): Promise<DecodeOutcome> {
  const signal = AbortSignal.timeout(settings.timeoutSeconds * 1000);
  const answer = await untilAborted(
    () => callGoogle(settings, request, signal),
    signal,
    unavailable('Google did not answer in time'),
  );
  return parseDecodeAnswer(answer, request.now);
}

async function callGoogle(
  { accessToken, apiUrl, fetch }: Settings,
  { packageName, token }: DecodePlayIntegrityRequest,
  signal: AbortSignal,
): Promise<DecodeAnswer> {
  const first = await getAccessToken(accessToken, null);
  const answer = await requestDecode({ fetch, apiUrl, packageName, token, accessToken: first, signal });
  if (answer.status !== 401) return answer;
  const second = await getAccessToken(accessToken, first);
  if (second === first) return answer;
  return requestDecode({ fetch, apiUrl, packageName, token, accessToken: second, signal });
}

async function getAccessToken(source: AccessTokenSource, refused: string | null): Promise<string> {
  try {
    return await source({ refused });
  } catch (cause) {
    if (cause instanceof DeviceTrustError) throw cause;
    throw unavailable('there is no access token for Google')(cause);
  }
}

function unavailable(message: string): (cause: unknown) => UnavailableError {
  return (cause) => new UnavailableError('provider_unavailable', { message, cause });
}

function checkOptions(options: GoogleDecodeOptions): Settings {
  const { credentials, fetch = systemFetch, timeoutSeconds = 5 } = options;
  if (credentials && options.accessToken) {
    throw new ConfigurationError('accessToken', { message: 'cannot go with credentials: choose one' });
  }
  if (!(timeoutSeconds > 0 && timeoutSeconds <= 60)) {
    throw new ConfigurationError('timeoutSeconds', { message: 'must be more than 0 and at most 60' });
  }
  return {
    accessToken:
      options.accessToken ?? createGoogleAccessTokenSource({ ...(credentials && { credentials }), fetch }),
    apiUrl: checkApiUrl(options.apiUrl ?? 'https://playintegrity.googleapis.com'),
    fetch,
    timeoutSeconds,
  };
}

/** An access token must not cross a network in clear. */
function checkApiUrl(text: string): string {
  if (!URL.canParse(text)) throw new ConfigurationError('apiUrl', { message: 'must be a URL' });
  const url = new URL(text);
  assertSecureUrl('apiUrl', url);
  if (url.search !== '') throw new ConfigurationError('apiUrl', { message: 'must be without a query' });
  return url.href.replace(/\/+$/, '');
}
