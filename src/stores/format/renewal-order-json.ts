// stores/format: imports core, contracts and this folder only. What more than one store package needs.

import { MalformedError } from '../../core/errors.js';
import type { RenewalFilter, RenewalOrder } from '../../contracts/renewal-order-store.js';

/** Most orders that have not ended. */
export const MAX_RENEWAL_ORDERS = 1000;

const TEXTS = ['tier', 'provider', 'appVersion', 'bootstrapCertificateSha256', 'issuerId'] as const;
const TIMES = ['enrolledFrom', 'enrolledBefore'] as const;
const MEMBERS: ReadonlySet<string> = new Set<keyof RenewalFilter>([...TEXTS, ...TIMES]);

/**
 * An order as the JSON text that is stored; dates in ISO 8601.
 *
 * @throws MalformedError `request_malformed` if one of its times is none
 */
export function encodeRenewalOrder(order: RenewalOrder): string {
  const { id, orderedAt, filter, issuedBefore, renewAfter, renewBefore, reason, endsAt } = order;
  try {
    return JSON.stringify({
      id,
      orderedAt: orderedAt.toISOString(),
      filter: {
        ...filter,
        enrolledFrom: filter.enrolledFrom?.toISOString(),
        enrolledBefore: filter.enrolledBefore?.toISOString(),
      },
      issuedBefore: issuedBefore.toISOString(),
      renewAfter: renewAfter.toISOString(),
      renewBefore: renewBefore.toISOString(),
      reason,
      endsAt: endsAt.toISOString(),
    });
  } catch (cause) {
    throw new MalformedError('request_malformed', { message: 'a time of the order is none', cause });
  }
}

/**
 * Reads what {@link encodeRenewalOrder} wrote; throws if it is anything else. A member of the filter that this version does not
 * know is not passed over: without it the order would be about more certificates than it names.
 */
export function parseRenewalOrder(text: string): RenewalOrder {
  const order = asObject(JSON.parse(text));
  const filter = asObject(order['filter']);
  if (Object.keys(filter).some((member) => !MEMBERS.has(member))) refuse();
  return {
    id: asText(order['id']),
    orderedAt: asDate(order['orderedAt']),
    filter: {
      ...Object.fromEntries(TEXTS.filter(isGiven).map((member) => [member, asText(filter[member])])),
      ...Object.fromEntries(TIMES.filter(isGiven).map((member) => [member, asDate(filter[member])])),
    },
    issuedBefore: asDate(order['issuedBefore']),
    renewAfter: asDate(order['renewAfter']),
    renewBefore: asDate(order['renewBefore']),
    reason: asText(order['reason']),
    endsAt: asDate(order['endsAt']),
  };

  function isGiven(member: keyof RenewalFilter): boolean {
    return member in filter;
  }
}

/** The refusal of one order too many. */
export function tooManyRenewalOrders(): MalformedError {
  return new MalformedError('request_malformed', {
    message: `there are ${MAX_RENEWAL_ORDERS} orders of renewal that have not ended`,
  });
}

/** Oldest first; those of one moment in the same order everywhere. */
export function byAge(left: RenewalOrder, right: RenewalOrder): number {
  return left.orderedAt.getTime() - right.orderedAt.getTime() || (left.id < right.id ? -1 : 1);
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : refuse();
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : refuse();
}

function asDate(value: unknown): Date {
  const date = new Date(asText(value));
  return Number.isNaN(date.getTime()) ? refuse() : date;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(): never {
  throw new TypeError('the stored order is not what was written');
}
