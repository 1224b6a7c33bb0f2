// telemetry: imports core and contracts.

import type { Counter, Histogram, Meter, ObservableGauge } from '@opentelemetry/api';
import { metricTable, type AttributesOf, type MetricKey } from './metric-table.js';

/** The counter of that metric. */
export function createCounter<Key extends MetricKey>(meter: Meter, key: Key): Counter<AttributesOf<Key>> {
  const { name, unit, description } = metricTable[key];
  return meter.createCounter(name, { unit, description });
}

/**
 * The histogram of that metric.
 *
 * @param boundaries of its buckets, in seconds, as advice to the SDK: a view of the caller overrides them
 */
export function createHistogram<Key extends MetricKey>(
  meter: Meter,
  key: Key,
  boundaries: readonly number[],
): Histogram<AttributesOf<Key>> {
  const { name, unit, description } = metricTable[key];
  const advice = { explicitBucketBoundaries: [...boundaries] };
  return meter.createHistogram(name, { unit, description, advice });
}

/** The gauge of that metric, asked for its value at each collection. */
export function createGauge<Key extends MetricKey>(
  meter: Meter,
  key: Key,
): ObservableGauge<AttributesOf<Key>> {
  const { name, unit, description } = metricTable[key];
  return meter.createObservableGauge(name, { unit, description });
}
