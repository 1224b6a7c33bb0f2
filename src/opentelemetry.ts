// door: re-exports only. `device-trust/opentelemetry`.

export { metricTable } from './telemetry/metric-table.js';
export { createTelemetry } from './telemetry/telemetry.js';
export type { MetricDefinition } from './telemetry/metric-table.js';
export type { ObservedStatus } from './telemetry/status-gauges.js';
export type { ObservedVendor } from './telemetry/vendor-gauges.js';
export type { ObserveOptions, Telemetry, TelemetryOptions } from './telemetry/telemetry.js';
