import {
  InMemorySpanExporter,
  BasicTracerProvider,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { DataPointType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { createTelemetry } from '../../src/opentelemetry.js';
import { createFakeClock } from '../../src/testing.js';

/** Collects when it is told to. */
class ManualReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {
    /* nothing is exported */
  }
  protected override async onShutdown(): Promise<void> {
    /* nothing is open */
  }
}

/** One point of one metric; of a histogram: how often, how much in all, and the bounds of its buckets. */
export interface Point {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: number;
  readonly sum?: number | undefined;
  readonly boundaries?: readonly number[];
}

/** Telemetry over the real SDK, with everything it told at hand. */
export function createCollecting(clock = createFakeClock(new Date('2026-06-01T12:00:00Z'))) {
  const reader = new ManualReader();
  const meterProvider = new MeterProvider({ readers: [reader] });
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const meter = meterProvider.getMeter('device-trust');
  const tracer = tracerProvider.getTracer('device-trust');

  async function collect(): Promise<{
    readonly points: readonly Point[];
    readonly errors: readonly unknown[];
  }> {
    const { resourceMetrics, errors } = await reader.collect();
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    const points = metrics.flatMap((metric): Point[] => {
      const { name, unit } = metric.descriptor;
      switch (metric.dataPointType) {
        case DataPointType.SUM:
          return metric.dataPoints.map(({ attributes, value }) => ({
            name,
            unit,
            kind: 'counter',
            attributes,
            value,
          }));
        case DataPointType.GAUGE:
          return metric.dataPoints.map(({ attributes, value }) => ({
            name,
            unit,
            kind: 'gauge',
            attributes,
            value,
          }));
        case DataPointType.HISTOGRAM:
          return metric.dataPoints.map(({ attributes, value: { count, sum, buckets } }) => {
            return {
              name,
              unit,
              kind: 'histogram',
              attributes,
              value: count,
              sum,
              boundaries: buckets.boundaries,
            };
          });
        case DataPointType.EXPONENTIAL_HISTOGRAM:
          throw new Error('nobody asked for exponential buckets');
      }
    });
    return { points, errors };
  }

  return {
    clock,
    meter,
    tracer,
    tracerProvider,
    telemetry: createTelemetry({ meter, tracer, clock, monotonicClock: clock }),
    spans: () => spans.getFinishedSpans(),
    collect,
    /** Attributes and value of each point of a metric. */
    points: async (name: string) =>
      (await collect()).points
        .filter((point) => point.name === name)
        .map(({ attributes, value }) => ({ ...attributes, value })),
  };
}
