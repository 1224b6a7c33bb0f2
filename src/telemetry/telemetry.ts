// telemetry: imports core and contracts.

import type { Meter, Tracer } from '@opentelemetry/api';
import { assertWholeNumber } from '../core/assert-option.js';
import { systemClock, systemMonotonicClock, type Clock, type MonotonicClock } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import type { CertificateSearch } from '../contracts/certificate-search.js';
import type { CrlStore } from '../contracts/crl-store.js';
import type { EventSink } from '../contracts/event-sink.js';
import type { IntegrityProvider } from '../contracts/integrity-provider.js';
import type { Stores } from '../contracts/stores.js';
import { observeCrls } from './crl-gauges.js';
import { observeBootstrap, type ObservedBootstrap } from './bootstrap-gauge.js';
import { createEventCounter } from './event-counter.js';
import { observeExpiring } from './expiring-gauge.js';
import { createObservation } from './observation.js';
import { createProviderObserver } from './observed-provider.js';
import { createStoresObserver } from './observed-stores.js';
import { observeStatus, type ObservedStatus } from './status-gauges.js';
import { observeVendors, type ObservedVendor } from './vendor-gauges.js';

/** What is measured with. */
export interface TelemetryOptions {
  /** `metrics.getMeter('device-trust')` of `@opentelemetry/api`. */
  readonly meter: Meter;
  /** `trace.getTracer('device-trust')` of `@opentelemetry/api`. Default: there are no spans. */
  readonly tracer?: Tracer;
  /** By which the age of CRLs is told. Default: the clock of the machine. */
  readonly clock?: Clock;
  /** By which durations are measured. Default: the monotonic clock of the machine. */
  readonly monotonicClock?: MonotonicClock;
}

/** What is observed at each collection besides the status cache. */
export interface ObserveOptions {
  /** Where the published CRLs are: `stores.crls`. */
  readonly crls: Pick<CrlStore, 'listCrls'>;
  /** Whom to ask how many certificates end soon: `stores.certificates`. Default: nobody is asked. */
  readonly certificates?: Pick<CertificateSearch, 'count'>;
  /** What `soon` is, in seconds, 60 to 7,776,000 (90 days). Default 86,400: one day. */
  readonly expiringWithinSeconds?: number;
  /** Whose calls to vendors to tell of, such as what `googleDecode` made. Default: nobody's. */
  readonly vendors?: readonly ObservedVendor[];
}

/**
 * Metrics and traces of the library. It stands around the parts and changes none of them: each value and each error goes on as it
 * came, even if the meter or the tracer throws. No attribute holds a token, a device, a serial number or the key of a device.
 */
export interface Telemetry {
  /**
   * A sink that counts what was issued, refused and revoked: the `events` of `createDeviceTrust`. Each event goes to `next` first,
   * and is counted once that has taken it; what `next` rejects, it rejects, and does not count.
   *
   * @param next default: nobody
   */
  events(next?: EventSink): EventSink;
  /** The same provider, with each verification measured, in a span `device_trust.provider.verify`. */
  provider(provider: IntegrityProvider): IntegrityProvider;
  /** The same stores, with each call measured, in a span such as `device_trust.store.certificates.recordIntent`. */
  stores(stores: Stores): Stores;
  /**
   * Observes the state of this replica and of the published CRLs at each collection. Once for each meter: what two report under
   * one name is mixed. Returns a function that ends it.
   *
   * @throws ConfigurationError if `expiringWithinSeconds` is out of bounds
   */
  observe(
    trust: { readonly status: ObservedStatus; readonly bootstrap?: ObservedBootstrap },
    options: ObserveOptions,
  ): () => void;
}

/**
 * Makes telemetry with the meter and the tracer of the caller; no package of OpenTelemetry is loaded here.
 *
 * @throws ConfigurationError if the meter or the tracer is none
 */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { meter, tracer, clock = systemClock, monotonicClock = systemMonotonicClock } = options;
  assertHas('meter', meter, 'createHistogram');
  if (tracer !== undefined) assertHas('tracer', tracer, 'startActiveSpan');
  const observation = createObservation({ tracer, monotonicClock });
  const counter = createEventCounter(meter);

  return {
    events: (next) => counter.countBefore(next),
    provider: createProviderObserver(meter, observation),
    stores: createStoresObserver(meter, observation),
    observe(trust, { crls, certificates, vendors, expiringWithinSeconds: withinSeconds = 86_400 }) {
      assertWholeNumber('expiringWithinSeconds', withinSeconds, 60, 7_776_000);
      const endings = [observeStatus(meter, trust.status), observeCrls(meter, crls, clock)];
      if (trust.bootstrap !== undefined) endings.push(observeBootstrap(meter, trust.bootstrap));
      if (vendors !== undefined) endings.push(observeVendors(meter, vendors));
      if (certificates !== undefined) {
        endings.push(observeExpiring(meter, { certificates, withinSeconds, clock, monotonicClock }));
      }
      return () => {
        for (const end of endings) end();
      };
    },
  };
}

/** For callers without types. */
function assertHas(option: string, value: unknown, method: string): void {
  if (typeof value === 'object' && value !== null && method in value) return;
  throw new ConfigurationError(option, { message: `must be one of @opentelemetry/api, with ${method}` });
}
