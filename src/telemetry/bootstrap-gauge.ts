// telemetry: imports core and contracts.

import type { BatchObservableResult, Meter } from '@opentelemetry/api';
import { createGauge } from './instruments.js';

/** What is told of the use of bootstrap certificates: `bootstrap` of a `DeviceTrust` is one. */
export interface ObservedBootstrap {
  describe(): readonly { readonly release: string; readonly requests: number }[];
}

/** Observes how often the bootstrap certificates of each release are used. Returns what ends it. */
export function observeBootstrap(meter: Meter, bootstrap: ObservedBootstrap): () => void {
  const gauge = createGauge(meter, 'bootstrapRequests');

  function observe(result: BatchObservableResult): void {
    const byRelease = new Map<string, number>();
    for (const { release, requests } of bootstrap.describe()) {
      byRelease.set(release, (byRelease.get(release) ?? 0) + requests);
    }
    for (const [release, requests] of byRelease) result.observe(gauge, requests, { release });
  }

  meter.addBatchObservableCallback(observe, [gauge]);
  return () => {
    meter.removeBatchObservableCallback(observe, [gauge]);
  };
}
