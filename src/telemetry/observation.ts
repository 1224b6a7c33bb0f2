// telemetry: imports core and contracts.

import type { Tracer } from '@opentelemetry/api';
import type { MonotonicClock } from '../core/clock.js';
import { errorTypeOf, outcomeOf, type FailedOutcome } from './outcome.js';
import { withoutConsequence } from './without-consequence.js';

/** What calls are observed with. */
export interface ObservationOptions {
  readonly tracer: Tracer | undefined;
  readonly monotonicClock: MonotonicClock;
}

/** One kind of call. */
export interface ObservedCall<Good extends string> {
  readonly spanName: string;
  /** Of the span; known before the call. */
  readonly attributes: Readonly<Record<string, string>>;
  /** What it is called when it resolves. */
  readonly good: Good;
  /** Called once when it has ended. */
  readonly measure: (outcome: Good | FailedOutcome, seconds: number) => void;
}

/** Does the work, in a span if there is a tracer, and measures it; its value and its error go on as they came. */
export type Observation = <Value, Good extends string>(
  call: ObservedCall<Good>,
  work: () => Promise<Value>,
) => Promise<Value>;

/** What is told to a `Span`. The status code is a number: its enum is a value of the API, which is not loaded here. */
interface ObservedSpan {
  setAttribute(key: string, value: string): unknown;
  setStatus(status: { readonly code: number }): unknown;
  end(): void;
}

/** `SpanStatusCode.ERROR` of `@opentelemetry/api`. */
const ERROR = 2;

export function createObservation(options: ObservationOptions): Observation {
  const { tracer, monotonicClock } = options;

  async function run<Value, Good extends string>(
    call: ObservedCall<Good>,
    work: () => Promise<Value>,
    span: ObservedSpan | undefined,
  ): Promise<Value> {
    const startedAt = monotonicClock.elapsedMilliseconds();

    function finish(outcome: Good | FailedOutcome, errorType: string | null): void {
      const seconds = (monotonicClock.elapsedMilliseconds() - startedAt) / 1000;
      withoutConsequence(() => {
        call.measure(outcome, seconds);
      });
      withoutConsequence(() => {
        span?.setAttribute('outcome', outcome);
        if (errorType !== null) span?.setAttribute('error.type', errorType);
        // A refusal is an answer; only who could not answer is in error.
        if (outcome === 'unavailable' || outcome === 'failed') span?.setStatus({ code: ERROR });
      });
      withoutConsequence(() => {
        span?.end();
      });
    }

    let value: Value;
    try {
      value = await work();
    } catch (error) {
      finish(outcomeOf(error), errorTypeOf(error));
      throw error;
    }
    finish(call.good, null);
    return value;
  }

  return (call, work) => {
    let running: ReturnType<typeof work> | undefined;
    // Active, so that the spans of drivers and of fetch are its children.
    withoutConsequence(() => {
      tracer?.startActiveSpan(call.spanName, { attributes: { ...call.attributes } }, (span) => {
        running ??= run(call, work, span);
      });
    });
    return running ?? run(call, work, undefined);
  };
}
