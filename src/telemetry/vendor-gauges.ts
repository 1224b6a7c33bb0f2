// telemetry: imports core and contracts.

import type { BatchObservableResult, Meter } from '@opentelemetry/api';
import { createGauge } from './instruments.js';

/** What is told of the calls to a vendor: what `googleDecode` makes is one. */
export interface ObservedVendor {
  /** Name of the provider that calls. */
  readonly provider: string;
  readonly state: {
    readonly breaker: 'closed' | 'open' | 'half-open';
    readonly running: number;
    readonly waiting: number;
  };
}

/** Observes the calls to vendors. Returns what ends it. */
export function observeVendors(meter: Meter, vendors: readonly ObservedVendor[]): () => void {
  const down = createGauge(meter, 'vendorDown');
  const calls = createGauge(meter, 'vendorCalls');

  function observe(result: BatchObservableResult): void {
    for (const { provider, state } of vendors) {
      result.observe(down, state.breaker === 'closed' ? 0 : 1, { provider });
      result.observe(calls, state.running, { provider, state: 'running' });
      result.observe(calls, state.waiting, { provider, state: 'waiting' });
    }
  }

  meter.addBatchObservableCallback(observe, [down, calls]);
  return () => {
    meter.removeBatchObservableCallback(observe, [down, calls]);
  };
}
