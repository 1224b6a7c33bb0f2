// testing: may import everything; nothing imports it.

import type { RenewalOrder } from '../../contracts/renewal-order-store.js';
import { days } from './sample-intent.js';

/** Order number `index`, given so many minutes after the first, in fresh objects. */
export function sampleOrder(index: number, change: Partial<RenewalOrder> = {}): RenewalOrder {
  return {
    id: (0x1000 + index).toString(16).repeat(8),
    orderedAt: new Date(days(0).getTime() + index * 60_000),
    filter: { tier: 'device' },
    issuedBefore: days(-1),
    renewAfter: days(0),
    renewBefore: days(3),
    reason: 'the CA is retired',
    endsAt: days(90),
    ...change,
  };
}
