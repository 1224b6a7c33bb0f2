// http: imports core, contracts and the use cases. The only file that turns errors into HTTP statuses.

import type { ClientAction } from '../core/client-action.js';
import { errorCodes, type ErrorCode } from '../core/error-code.js';
import { DeviceTrustError, MalformedError, RejectedError, UnavailableError } from '../core/errors.js';
import type { ReasonCode } from '../core/reason-code.js';
import type { HttpResponse } from './http-message.js';

/** How one code shows on the wire. */
interface ProblemType {
  readonly status: number;
  readonly action: ClientAction;
}

const malformed: ProblemType = { status: 400, action: 'update' };
const newChallenge: ProblemType = { status: 403, action: 'reattest' };
const newCertificate: ProblemType = { status: 403, action: 'reenroll' };
const stop: ProblemType = { status: 403, action: 'stop' };
const newToken: ProblemType = { status: 401, action: 'retry' };
const later: ProblemType = { status: 503, action: 'retry' };

const problemTypes: Readonly<Record<ErrorCode, ProblemType>> = {
  configuration_invalid: { status: 500, action: 'retry' },
  request_malformed: malformed,
  request_too_large: { status: 413, action: 'update' },
  media_type_unsupported: { status: 415, action: 'update' },
  route_unknown: { status: 404, action: 'update' },
  method_not_allowed: { status: 405, action: 'update' },
  der_malformed: malformed,
  pem_malformed: malformed,
  csr_malformed: malformed,
  csr_signature_invalid: malformed,
  csr_key_unsupported: malformed,
  certificate_malformed: malformed,
  crl_malformed: malformed,
  ocsp_malformed: malformed,
  forwarded_certificate_malformed: { status: 400, action: 'stop' },
  challenge_malformed: { status: 400, action: 'reattest' },
  evidence_malformed: { status: 400, action: 'reattest' },
  evidence_provider_unknown: malformed,
  challenge_invalid: newChallenge,
  challenge_expired: newChallenge,
  challenge_purpose_mismatch: newChallenge,
  challenge_used: newChallenge,
  evidence_rejected: newChallenge,
  policy_denied: newChallenge,
  key_blocked: newCertificate,
  key_in_use: newCertificate,
  client_certificate_required: newCertificate,
  device_certificate_required: newCertificate,
  proxy_untrusted: stop,
  forwarded_certificate_unverified: newCertificate,
  forwarded_certificate_missing: { status: 403, action: 'retry' },
  bootstrap_retired: { status: 403, action: 'update' },
  certificate_untrusted: newCertificate,
  certificate_not_yet_valid: { status: 403, action: 'retry' },
  certificate_expired: { status: 403, action: 'renew' },
  certificate_revoked: newCertificate,
  certificate_superseded: newCertificate,
  certificate_unknown: newCertificate,
  device_suspended: stop,
  device_banned: stop,
  tier_insufficient: { status: 403, action: 'reattest' },
  evidence_insufficient: { status: 403, action: 'reattest' },
  access_token_missing: newToken,
  access_token_invalid: newToken,
  access_token_unbound: newToken,
  access_token_binding_mismatch: newToken,
  access_token_scope_insufficient: { status: 403, action: 'stop' },
  rate_limited: { status: 429, action: 'retry' },
  admin_token_invalid: newToken,
  subject_unknown: { status: 404, action: 'stop' },
  provider_unavailable: later,
  provider_quota_exhausted: later,
  provider_budget_exhausted: later,
  provider_overloaded: later,
  provider_misconfigured: later,
  store_unavailable: later,
  store_rolled_back: later,
  policy_unavailable: later,
  authority_unavailable: later,
  access_token_keys_unavailable: later,
  access_token_introspection_unavailable: later,
  audit_unavailable: later,
};

/** What may be shown to a client. */
export interface ProblemOptions {
  /** Adds `reasons` to refusals. Default false: the audit trail has them, and an attacker need not. */
  readonly exposeReasons?: boolean;
}

/** Problem details (RFC 9457) with our two members. */
interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly action: ClientAction;
  readonly reasons?: readonly ReasonCode[];
}

/** The code of an answer to an error that is none of the library's. */
export const INTERNAL_ERROR = 'internal_error';

/**
 * Turns an error into problem details (RFC 9457): `type` (`urn:device-trust:problem:<code>`), `title`, `status`, `code` and
 * `action`. Holds nothing of the error but its code, so that no stack, token or key can leave by it.
 *
 * An error that is not one of the library's becomes `internal_error`, 500.
 */
export function problemResponse(error: unknown, options: ProblemOptions = {}): HttpResponse {
  if (!(error instanceof DeviceTrustError)) return internalError();
  const { code } = error;
  const type = problemTypes[code];
  const rejected = error instanceof RejectedError ? error : null;
  const action = rejected?.action ?? type.action;
  const headers: Record<string, string> = {};
  if (action === 'retry') {
    const wait = error instanceof UnavailableError ? error.retryAfterSeconds : rejected?.retryAfterSeconds;
    headers['retry-after'] = String(wait ?? DEFAULT_RETRY_SECONDS);
  }
  const challenge = bearerChallenge(type.status, code);
  if (challenge !== null) headers['www-authenticate'] = challenge;
  return problem(
    {
      type: `urn:device-trust:problem:${code}`,
      title: titles.get(code) ?? code,
      status: type.status,
      code,
      action,
      ...(options.exposeReasons && rejected ? { reasons: rejected.reasons } : {}),
    },
    headers,
  );
}

/** RFC 6750 section 3: no error code when there was no token; a good token that may not do this is told so by name. */
function bearerChallenge(status: number, code: ErrorCode): string | null {
  if (code === 'access_token_scope_insufficient') return 'Bearer error="insufficient_scope"';
  if (status !== 401) return null;
  return code === 'access_token_missing' ? 'Bearer' : 'Bearer error="invalid_token"';
}

const DEFAULT_RETRY_SECONDS = 5;

const titles = new Map<string, string>(Object.values(errorCodes).flatMap((codes) => Object.entries(codes)));

function internalError(): HttpResponse {
  const type = `urn:device-trust:problem:${INTERNAL_ERROR}`;
  const title = 'The server failed.';
  return problem(
    { type, title, status: 500, code: INTERNAL_ERROR, action: 'retry' },
    { 'retry-after': '60' },
  );
}

function problem(document: Problem, headers: Record<string, string>): HttpResponse {
  return {
    status: document.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(document),
  };
}

/** The answer to a method that an endpoint does not take (RFC 9110 section 15.5.6). */
export function methodNotAllowed(allowed: readonly string[]): HttpResponse {
  const error = new MalformedError('method_not_allowed', { message: 'method not allowed' });
  const response = problemResponse(error);
  return { ...response, headers: { ...response.headers, allow: allowed.join(', ') } };
}
