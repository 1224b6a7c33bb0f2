// telemetry: imports core and contracts.

import type { BatchObservableResult, Meter } from '@opentelemetry/api';
import type { Clock } from '../core/clock.js';
import type { CrlDescription, CrlStore } from '../contracts/crl-store.js';
import { createGauge } from './instruments.js';

/**
 * Observes the published CRLs. Returns what ends it.
 *
 * While the store cannot be asked, the lists that were known last go on to age: an SDK repeats the last value of a gauge
 * that is silent, and a list that nobody can see must not look as fresh as when it was seen.
 */
export function observeCrls(meter: Meter, crls: Pick<CrlStore, 'listCrls'>, clock: Clock): () => void {
  const size = createGauge(meter, 'crlSize');
  const age = createGauge(meter, 'crlAge');
  const entries = createGauge(meter, 'crlEntries');
  const remaining = createGauge(meter, 'crlRemaining');
  const gauges = [size, age, entries, remaining];
  let known: readonly CrlDescription[] | null = null;

  async function list(): Promise<readonly CrlDescription[]> {
    try {
      known = await crls.listCrls();
    } catch (error) {
      // Nothing was ever known: the SDK reports the error.
      if (known === null) throw error;
    }
    return known;
  }

  async function observe(result: BatchObservableResult): Promise<void> {
    const lists = await list();
    const now = clock.now().getTime();
    for (const { issuerId, crlShard, thisUpdate, nextUpdate, entryCount, bytes } of lists) {
      const attributes = { issuer: issuerId, shard: crlShard === null ? 'full' : String(crlShard) };
      result.observe(size, bytes, attributes);
      result.observe(entries, entryCount, attributes);
      result.observe(age, (now - thisUpdate.getTime()) / 1000, attributes);
      result.observe(remaining, (nextUpdate.getTime() - now) / 1000, attributes);
    }
  }

  meter.addBatchObservableCallback(observe, gauges);
  return () => {
    meter.removeBatchObservableCallback(observe, gauges);
  };
}
