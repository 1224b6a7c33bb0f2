// http: imports core, contracts and the use cases.

import { sha256, equalBytes } from '../core/bytes.js';
import { ConfigurationError, MalformedError, RejectedError } from '../core/errors.js';
import type { RevocationReason } from '../contracts/revocation-store.js';
import type { RevocationDesk, RevocationTarget } from '../revocation/revocation-desk.js';
import { headerValue, jsonResponse, type HttpHandler, type HttpRequest } from './http-message.js';
import { parseString } from './issuance-request.js';
import { readJson, type JsonObject } from './read-json.js';
import { createRouter } from './router.js';

/** What the administrative endpoints work with. */
export interface AdminHandlerOptions {
  readonly desk: RevocationDesk;
  /** The bearer token that opens them; at least 16 characters. */
  readonly token: string;
  /** Default `/device-trust/v1`. */
  readonly basePath?: string;
}

const REASONS: Readonly<Record<RevocationReason, true>> = {
  unspecified: true,
  keyCompromise: true,
  affiliationChanged: true,
  superseded: true,
  cessationOfOperation: true,
  privilegeWithdrawn: true,
};

/**
 * The administrative endpoints, as in `docs/protocol.md`: `POST /admin/revocations`.
 *
 * @throws ConfigurationError if the token is too short
 */
export function createAdminHandler(options: AdminHandlerOptions): HttpHandler {
  const { desk, token, basePath = '/device-trust/v1' } = options;
  if (token.length < 16)
    throw new ConfigurationError('token', { message: 'must have at least 16 characters' });
  const expected = sha256(Buffer.from(token));

  function authorize(request: HttpRequest): void {
    const authorization = headerValue(request, 'authorization');
    if (authorization === undefined) {
      throw new RejectedError('access_token_missing', { message: 'there is no administrator token' });
    }
    const presented = /^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';
    // Hashed first, so that the comparison is over equal lengths.
    if (!equalBytes(sha256(Buffer.from(presented)), expected)) {
      throw new RejectedError('admin_token_invalid', { message: 'not the administrator token' });
    }
  }

  return createRouter({
    problems: { exposeReasons: true },
    routes: [
      {
        method: 'POST',
        path: `${basePath}/admin/revocations`,
        async handle(request) {
          authorize(request);
          const body = await readJson(request);
          const note = body['note'] === undefined ? undefined : parseString(body, 'note').slice(0, 500);
          const { revoked } = await desk.revoke({
            target: parseTarget(body),
            reason: parseReason(body['reason']),
            ...(note === undefined ? {} : { note }),
          });
          return jsonResponse(200, { revoked });
        },
      },
    ],
  });
}

function parseTarget(body: JsonObject): RevocationTarget {
  const named = ['serialNumber', 'deviceId', 'publicKeySha256'].filter(
    (member) => body[member] !== undefined,
  );
  if (named.length !== 1) {
    const message = 'exactly one of serialNumber, deviceId, publicKeySha256 must be given';
    throw new MalformedError('request_malformed', { message });
  }
  if (named[0] === 'serialNumber') {
    const serialNumber = parseString(body, 'serialNumber')
      .toLowerCase()
      .replaceAll(':', '')
      .replace(/^(00)+/, '');
    return { serialNumber };
  }
  if (named[0] === 'publicKeySha256') {
    const publicKeySha256 = parseString(body, 'publicKeySha256').toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(publicKeySha256)) {
      throw new MalformedError('request_malformed', { message: 'publicKeySha256 must be 64 hex digits' });
    }
    return { publicKeySha256 };
  }
  const deviceId = parseString(body, 'deviceId');
  const state = body['state'];
  if (state === undefined) return { deviceId };
  if (state !== 'suspended' && state !== 'banned') {
    throw new MalformedError('request_malformed', { message: 'state must be "suspended" or "banned"' });
  }
  return { deviceId, state };
}

function parseReason(value: unknown): RevocationReason {
  if (value === undefined) return 'unspecified';
  if (isReason(value)) return value;
  throw new MalformedError('request_malformed', {
    message: 'reason is none of RFC 5280 that a device CA uses',
  });
}

function isReason(value: unknown): value is RevocationReason {
  return typeof value === 'string' && Object.hasOwn(REASONS, value);
}
