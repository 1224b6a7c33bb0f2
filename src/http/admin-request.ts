// http: imports core, contracts and the use cases.

import { isRevocationReason } from '../core/revocation-reason.js';
import { MalformedError } from '../core/errors.js';
import type { CertificateFilter, CertificateSearchQuery } from '../contracts/certificate-search.js';
import type { RevocationReason } from '../contracts/revocation-store.js';
import type { OrderRenewalRequest } from '../enrolment/renewal-orders.js';
import type {
  AdministrativeAct,
  RevocationTarget,
  RevokeBatchRequest,
  RevokeRequest,
} from '../revocation/revocation-desk.js';
import { parseString } from './issuance-request.js';
import type { JsonObject } from './read-json.js';

/** What an administrator wants to revoke. */
export type RevocationOrder =
  | ({ readonly kind: 'one' } & RevokeRequest)
  | ({ readonly kind: 'batch' } & Pick<
      RevokeBatchRequest,
      'filter' | 'reason' | 'dryRun' | 'actor' | 'note'
    >);

const NAMES = ['serialNumber', 'deviceId', 'publicKeySha256'] as const;
const TEXT_FILTERS = ['tier', 'provider', 'appVersion', 'bootstrapCertificateSha256'] as const;
const TIME_FILTERS = ['enrolledFrom', 'enrolledBefore', 'notAfterFrom', 'notAfterBefore'] as const;
const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;
const MAX_ACTOR_LENGTH = 200;
const MAX_NOTE_LENGTH = 500;

/**
 * Reads the body of `POST /admin/revocations`: one of `serialNumber`, `deviceId` (with `state`), `publicKeySha256`, or the
 * members of a filter (with `dryRun`).
 *
 * @throws MalformedError `request_malformed`
 */
export function parseRevocationOrder(body: JsonObject): RevocationOrder {
  const named = NAMES.filter((member) => body[member] !== undefined);
  const filter = parseFilter(body);
  const isBatch = Object.keys(filter).length > 0;
  if (named.length + (isBatch ? 1 : 0) !== 1) {
    throw malformed('exactly one of serialNumber, deviceId, publicKeySha256, or a filter must be given');
  }
  const common = { reason: parseReason(body['reason']), ...parseAct(body) };
  if (isBatch) return { kind: 'batch', filter, dryRun: parseFlag(body, 'dryRun'), ...common };
  return { kind: 'one', target: parseTarget(body), ...common };
}

/**
 * Reads the body of `POST /admin/renewals`: `reason`, the members of a filter or `"all": true`, and optionally `issuerId`,
 * `issuedBefore`, `spreadSeconds`, `actor`, `note`.
 *
 * @throws MalformedError `request_malformed`
 */
export function parseRenewalOrder(body: JsonObject): OrderRenewalRequest {
  const { notAfterFrom, notAfterBefore, ...filter } = parseFilter(body);
  if (notAfterFrom ?? notAfterBefore) throw malformed('an order of renewal goes by enrolment and issuance');
  const issuerId = body['issuerId'] === undefined ? {} : { issuerId: parseString(body, 'issuerId') };
  const wanted = { ...filter, ...issuerId };
  // A filter that was misspelt must not call in everybody.
  if ((Object.keys(wanted).length === 0) !== parseFlag(body, 'all')) {
    throw malformed('either a filter or "all": true must be given');
  }
  const spread = body['spreadSeconds'];
  if (spread !== undefined && typeof spread !== 'number') throw malformed('spreadSeconds must be a number');
  return {
    filter: wanted,
    reason: parseString(body, 'reason'),
    ...(body['issuedBefore'] === undefined ? {} : { issuedBefore: parseTime(body, 'issuedBefore') }),
    ...(spread === undefined ? {} : { spreadSeconds: spread }),
    ...parseAct(body),
  };
}

/** Reads `actor` and `note`. @throws MalformedError `request_malformed` */
export function parseAct(body: JsonObject): AdministrativeAct {
  return {
    ...(body['actor'] === undefined ? {} : { actor: parseString(body, 'actor').slice(0, MAX_ACTOR_LENGTH) }),
    ...(body['note'] === undefined ? {} : { note: parseString(body, 'note').slice(0, MAX_NOTE_LENGTH) }),
  };
}

/**
 * Reads the query of `GET /admin/devices`: the members of a filter, `after` (the cursor), `limit` (default 100) and `count`.
 *
 * @throws MalformedError `request_malformed`
 */
export function parseDeviceQuery(url: string): {
  readonly query: CertificateSearchQuery;
  readonly count: boolean;
} {
  const parameters = Object.fromEntries(new URLSearchParams(url.split('?', 2)[1] ?? ''));
  const limit = Number(parameters['limit'] ?? DEFAULT_PAGE);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE)
    throw malformed(`limit must be 1 to ${MAX_PAGE}`);
  const after = parameters['after'];
  return {
    query: {
      ...parseFilter(parameters),
      latestOnly: true,
      limit,
      ...(after === undefined || after === '' ? {} : { cursor: after }),
    },
    count: parameters['count'] === 'true',
  };
}

function parseFilter(source: JsonObject): CertificateFilter {
  const filter: Record<string, string | Date> = {};
  for (const member of TEXT_FILTERS) {
    const value = source[member];
    if (value === undefined) continue;
    // The provider of those without any evidence is the empty text.
    if (typeof value !== 'string' || value.length > 200) throw malformed(`${member} must be a short string`);
    filter[member] = value;
  }
  for (const member of TIME_FILTERS) {
    if (source[member] !== undefined) filter[member] = parseTime(source, member);
  }
  return filter;
}

function parseTime(source: JsonObject, member: string): Date {
  const value = source[member];
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value) : null;
  if (time === null || Number.isNaN(time.getTime())) throw malformed(`${member} must be an RFC 3339 time`);
  return time;
}

function parseTarget(body: JsonObject): RevocationTarget {
  if (body['serialNumber'] !== undefined) {
    const serialNumber = parseString(body, 'serialNumber')
      .toLowerCase()
      .replaceAll(':', '')
      .replace(/^(00)+/, '');
    return { serialNumber };
  }
  if (body['publicKeySha256'] !== undefined) {
    const publicKeySha256 = parseString(body, 'publicKeySha256').toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(publicKeySha256)) throw malformed('publicKeySha256 must be 64 hex digits');
    return { publicKeySha256 };
  }
  const deviceId = parseString(body, 'deviceId');
  const state = body['state'];
  if (state === undefined) return { deviceId };
  if (state !== 'suspended' && state !== 'banned') throw malformed('state must be "suspended" or "banned"');
  return { deviceId, state };
}

function parseReason(value: unknown): RevocationReason {
  if (value === undefined) return 'unspecified';
  if (isRevocationReason(value)) return value;
  throw malformed('reason is none of RFC 5280 that a device CA uses');
}

function parseFlag(body: JsonObject, member: string): boolean {
  const value = body[member] ?? false;
  if (typeof value === 'boolean') return value;
  throw malformed(`${member} must be true or false`);
}

function malformed(message: string): MalformedError {
  return new MalformedError('request_malformed', { message });
}
