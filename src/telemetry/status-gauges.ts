// telemetry: imports core and contracts.

import type { BatchObservableResult, Meter } from '@opentelemetry/api';
import { createGauge } from './instruments.js';

/** What is told of a status cache: `status` of a `DeviceTrust` is one. */
export interface ObservedStatus {
  describe(): {
    readonly maxStalenessSeconds: number;
    /** `null` before the log was first read. */
    readonly ageSeconds: number | null;
    readonly revoked: number;
    readonly indexBytes: number;
  };
}

/** Observes a status cache. Returns what ends it. */
export function observeStatus(meter: Meter, status: ObservedStatus): () => void {
  const age = createGauge(meter, 'statusAge');
  const maxStaleness = createGauge(meter, 'statusMaxStaleness');
  const revoked = createGauge(meter, 'statusRevoked');
  const indexSize = createGauge(meter, 'statusIndexSize');
  const gauges = [age, maxStaleness, revoked, indexSize];

  function observe(result: BatchObservableResult): void {
    const { ageSeconds, ...state } = status.describe();
    if (ageSeconds !== null) result.observe(age, ageSeconds);
    result.observe(maxStaleness, state.maxStalenessSeconds);
    result.observe(revoked, state.revoked);
    result.observe(indexSize, state.indexBytes);
  }

  meter.addBatchObservableCallback(observe, gauges);
  return () => {
    meter.removeBatchObservableCallback(observe, gauges);
  };
}
