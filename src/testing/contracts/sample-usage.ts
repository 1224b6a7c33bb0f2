// testing: may import everything; nothing imports it.

import type { CountUsageRequest } from '../../contracts/usage-counter-store.js';

/** A use to count, of a counter that is not over by the clock of whoever asks or of whatever server. */
export function sampleUsage(change: Partial<CountUsageRequest> = {}): CountUsageRequest {
  return {
    key: 'decodes:play-integrity:2026-03-01',
    limit: 10,
    expiresAt: new Date('2200-01-01T00:00:00.000Z'),
    now: new Date('2026-03-01T12:00:00.000Z'),
    ...change,
  };
}
