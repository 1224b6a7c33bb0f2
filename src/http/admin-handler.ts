// http: imports core, contracts and the use cases.

import { sha256, equalBytes } from '../core/bytes.js';
import { systemClock, type Clock } from '../core/clock.js';
import { ConfigurationError, RejectedError } from '../core/errors.js';
import type { Stores } from '../contracts/stores.js';
import type { BootstrapGuard } from '../enrolment/bootstrap-guard.js';
import type { RenewalOrders } from '../enrolment/renewal-orders.js';
import type { RevocationDesk } from '../revocation/revocation-desk.js';
import type { StatusCache } from '../revocation/status-cache.js';
import { parseAct, parseDeviceQuery, parseRenewalOrder, parseRevocationOrder } from './admin-request.js';
import {
  describeAuditEntry,
  describeCertificateStatus,
  describeRecord,
  describeRenewalOrder,
  describeStatus,
  readDeviceState,
} from './admin-view.js';
import {
  headerValue,
  jsonResponse,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
} from './http-message.js';
import { readJson } from './read-json.js';
import { createRouter, type Route } from './router.js';

/** What the administrative endpoints work with. */
export interface AdminHandlerOptions {
  readonly desk: RevocationDesk;
  readonly stores: Pick<Stores, 'certificates' | 'revocations' | 'audit' | 'crls'>;
  readonly renewals: Pick<RenewalOrders, 'order'>;
  readonly bootstrap: Pick<BootstrapGuard, 'describe'>;
  readonly status: Pick<StatusCache, 'describe'>;
  /** The bearer token that opens them; at least 16 characters. */
  readonly token: string;
  /** Default `/device-trust/v1`. */
  readonly basePath?: string;
  readonly clock?: Clock;
}

/** Of a device, so many certificates and so many decisions are shown, the latest decisions first. */
const SHOWN = 1000;
const DEVICE_ID = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';

/**
 * The administrative endpoints, as in `docs/protocol.md`: `POST /admin/revocations`, `GET /admin/devices`, `GET
 * /admin/devices/<id>`, `POST /admin/devices/<id>/reinstate`, `POST /admin/renewals`, `GET
 * /admin/status`.
 *
 * @throws ConfigurationError if the token is too short
 */
export function createAdminHandler(options: AdminHandlerOptions): HttpHandler {
  const {
    desk,
    renewals,
    bootstrap,
    stores,
    status,
    token,
    basePath = '/device-trust/v1',
    clock = systemClock,
  } = options;
  const { certificates, revocations, audit, crls } = stores;
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

  async function revoke(request: HttpRequest): Promise<HttpResponse> {
    const order = parseRevocationOrder(await readJson(request));
    if (order.kind === 'one') return jsonResponse(200, await desk.revoke(order));
    return jsonResponse(
      200,
      await desk.revokeBatch(request.signal ? { ...order, signal: request.signal } : order),
    );
  }

  async function listDevices(request: HttpRequest): Promise<HttpResponse> {
    const { query, count } = parseDeviceQuery(request.url);
    const [{ records, cursor }, total] = await Promise.all([
      certificates.search(query),
      count ? certificates.count(query) : null,
    ]);
    const devices = records.map(describeRecord);
    return jsonResponse(200, { devices, after: cursor, ...(total === null ? {} : { count: total }) });
  }

  async function showDevice(
    _request: HttpRequest,
    [deviceId = '']: readonly string[],
  ): Promise<HttpResponse> {
    const { records } = await certificates.list({ deviceId, limit: SHOWN });
    if (records.length === 0) {
      throw new RejectedError('subject_unknown', { message: 'there is no such device' });
    }
    const [statuses, decisions] = await Promise.all([
      Promise.all(records.map((record) => revocations.find(record))),
      audit.listAudit({ afterSequence: 0, deviceId, limit: SHOWN }),
    ]);
    const [first] = statuses;
    return jsonResponse(200, {
      deviceId,
      state: first ? readDeviceState(first) : 'active',
      certificates: records.map((record, index) => {
        const found = statuses[index];
        return found ? describeCertificateStatus(record, found) : describeRecord(record);
      }),
      decisions: decisions.map(describeAuditEntry).reverse(),
    });
  }

  async function reinstate(request: HttpRequest, [deviceId = '']: readonly string[]): Promise<HttpResponse> {
    const hasBody = headerValue(request, 'content-type') !== undefined;
    const act = hasBody ? parseAct(await readJson(request)) : {};
    return jsonResponse(200, await desk.reinstate({ deviceId, ...act }));
  }

  async function orderRenewal(request: HttpRequest): Promise<HttpResponse> {
    const order = await renewals.order(parseRenewalOrder(await readJson(request)));
    return jsonResponse(201, describeRenewalOrder(order));
  }

  async function showStatus(): Promise<HttpResponse> {
    return jsonResponse(200, {
      ...describeStatus(status.describe(), await crls.listCrls(), clock.now()),
      bootstrap: bootstrap.describe(),
    });
  }

  const route = (method: Route['method'], path: Route['path'], handle: Route['handle']): Route => ({
    method,
    path,
    async handle(request, groups) {
      authorize(request);
      return handle(request, groups);
    },
  });
  const device = `^${escapePattern(basePath)}/admin/devices/${DEVICE_ID}`;
  return createRouter({
    problems: { exposeReasons: true },
    routes: [
      route('POST', `${basePath}/admin/revocations`, revoke),
      route('GET', `${basePath}/admin/devices`, listDevices),
      route('GET', new RegExp(`${device}$`), showDevice),
      route('POST', new RegExp(`${device}/reinstate$`), reinstate),
      route('POST', `${basePath}/admin/renewals`, orderRenewal),
      route('GET', `${basePath}/admin/status`, showStatus),
    ],
  });
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
