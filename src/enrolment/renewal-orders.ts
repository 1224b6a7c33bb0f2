// enrolment: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { encodeHex } from '../core/bytes.js';
import { systemClock, type Clock } from '../core/clock.js';
import { MalformedError } from '../core/errors.js';
import { systemRandom, type Random } from '../core/random.js';
import { MAX_LIFETIME_SECONDS } from '../core/tier-scale.js';
import type { CertificateName, CertificateRecord, CertificateStore } from '../contracts/certificate-store.js';
import type { EventSink } from '../contracts/event-sink.js';
import type { RenewalFilter, RenewalOrder, RenewalOrderStore } from '../contracts/renewal-order-store.js';
import { createEventRecorder } from './event-recorder.js';
import { usualRenewalWindow, type RenewalWindow } from './renewal-window.js';

/** What orders of renewal work with. */
export interface RenewalOrdersOptions {
  readonly renewalOrders: RenewalOrderStore;
  readonly certificates: Pick<CertificateStore, 'find'>;
  /** Gets each order before it counts. Default: nobody. */
  readonly events?: EventSink | undefined;
  /** For how long the orders that were read are remembered, in seconds, 0 to 300. Default 10. */
  readonly refreshSeconds?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** An order to give. */
export interface OrderRenewalRequest {
  /** Which certificates; an empty filter is all of them. */
  readonly filter: RenewalFilter;
  /** Only certificates that were issued before this time. Default, and at the latest: now. */
  readonly issuedBefore?: Date;
  /** Over how many seconds the renewals are spread, from now on, 0 to 30 days. Default 3,600. */
  readonly spreadSeconds?: number;
  /** Why, for the log of the devices; 1 to 200 characters. It is shown to them. */
  readonly reason: string;
  /** Who gives it. Default `administrator`. */
  readonly actor?: string;
  /** For the audit trail alone. */
  readonly note?: string;
}

/** Tells devices when to renew, and lets an operator call them all in. */
export interface RenewalOrders {
  /**
   * Orders certificates to be renewed from now on: devices learn of it when they next ask `GET /device`. It revokes nothing; a
   * device that does not renew goes on with the certificate that it has.
   *
   * @throws MalformedError `request_malformed` for a reason, time or spread out of bounds, or too many orders
   * @throws UnavailableError `store_unavailable`, `audit_unavailable`: nothing was ordered
   */
  order(request: OrderRenewalRequest): Promise<RenewalOrder>;
  /**
   * The window of a certificate: the earliest among the usual one and those of the orders that are about it.
   *
   * @throws UnavailableError `store_unavailable`
   */
  findWindow(
    certificate: CertificateName & { readonly issuedAt: Date; readonly notAfter: Date },
  ): Promise<RenewalWindow>;
}

const MAX_REASON_LENGTH = 200;
const MAX_SPREAD_SECONDS = 30 * 24 * 60 * 60;

/** @throws ConfigurationError if `refreshSeconds` is out of bounds */
export function createRenewalOrders(options: RenewalOrdersOptions): RenewalOrders {
  const { renewalOrders, certificates, events, refreshSeconds = 10 } = options;
  const { clock = systemClock, random = systemRandom } = options;
  assertWholeNumber('refreshSeconds', refreshSeconds, 0, 300);
  const recorder = createEventRecorder({ events });
  let known: { readonly at: number; readonly orders: readonly RenewalOrder[] } | null = null;

  async function listOrders(now: Date): Promise<readonly RenewalOrder[]> {
    const age = known === null ? Infinity : Math.abs(now.getTime() - known.at);
    if (known !== null && age < refreshSeconds * 1000) return known.orders;
    const orders = await renewalOrders.listOrders(now);
    known = { at: now.getTime(), orders };
    return orders;
  }

  return {
    async order(request) {
      const now = clock.now();
      const order = makeOrder(request, now, encodeHex(random(16)));
      const { actor = 'administrator', note = null } = request;
      await recorder.record({ type: 'renewal_ordered', at: now, actor, note, order });
      await renewalOrders.recordOrder(order);
      known = null;
      return order;
    },

    async findWindow(certificate) {
      const { issuedAt: intendedAt, notAfter } = certificate;
      const usual = usualRenewalWindow({ intendedAt, notAfter });
      const now = clock.now();
      const orders = await listOrders(now);
      if (orders.length === 0) return usual;
      const { issuerId, serialNumber } = certificate;
      const record = await certificates.find({ by: 'name', issuerId, serialNumber });
      if (record === null) return usual;
      return orders.filter((order) => concerns(order, record)).reduce(earlier, usual);
    },
  };
}

function makeOrder(request: OrderRenewalRequest, now: Date, id: string): RenewalOrder {
  const { filter, issuedBefore = now, spreadSeconds = 3600, reason } = request;
  if (reason === '' || reason.length > MAX_REASON_LENGTH) {
    throw malformed(`reason must have 1 to ${MAX_REASON_LENGTH} characters`);
  }
  if (!Number.isInteger(spreadSeconds) || spreadSeconds < 0 || spreadSeconds > MAX_SPREAD_SECONDS) {
    throw malformed(`spreadSeconds must be 0 to ${MAX_SPREAD_SECONDS}`);
  }
  if (Number.isNaN(issuedBefore.getTime())) throw malformed('issuedBefore is no time');
  // What is issued after the order is what was ordered.
  const bound = new Date(Math.min(issuedBefore.getTime(), now.getTime()));
  return {
    id,
    orderedAt: now,
    filter: { ...filter },
    issuedBefore: bound,
    renewAfter: now,
    renewBefore: new Date(now.getTime() + spreadSeconds * 1000),
    reason,
    endsAt: new Date(bound.getTime() + MAX_LIFETIME_SECONDS * 1000),
  };
}

function concerns({ filter, issuedBefore }: RenewalOrder, record: CertificateRecord): boolean {
  const { verdicts, claimed } = record.appraisal;
  const providers = verdicts.length === 0 ? [''] : verdicts.map(({ provider }) => provider);
  const { tier, provider, appVersion, bootstrapCertificateSha256, issuerId } = filter;
  const { enrolledFrom, enrolledBefore } = filter;
  const enrolledAt = record.enrolledAt.getTime();
  return (
    record.intendedAt.getTime() < issuedBefore.getTime() &&
    (tier === undefined || tier === record.tier) &&
    (provider === undefined || providers.includes(provider)) &&
    (appVersion === undefined || appVersion === claimed.appVersion) &&
    (bootstrapCertificateSha256 === undefined ||
      bootstrapCertificateSha256 === record.bootstrapCertificateSha256) &&
    (issuerId === undefined || issuerId === record.issuerId) &&
    (enrolledFrom === undefined || enrolledAt >= enrolledFrom.getTime()) &&
    (enrolledBefore === undefined || enrolledAt < enrolledBefore.getTime())
  );
}

function earlier(window: RenewalWindow, order: RenewalOrder): RenewalWindow {
  if (window.renewAfter.getTime() <= order.renewAfter.getTime()) return window;
  const { renewAfter, renewBefore, reason } = order;
  return { renewAfter, renewBefore, reason };
}

function malformed(message: string): MalformedError {
  return new MalformedError('request_malformed', { message });
}
