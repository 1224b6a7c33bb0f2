// telemetry: imports core and contracts.

import type { Meter, ObservableResult } from '@opentelemetry/api';
import type { Clock, MonotonicClock } from '../core/clock.js';
import type { CertificateSearch } from '../contracts/certificate-search.js';
import { createGauge } from './instruments.js';

/** What expiring certificates are counted with. */
export interface ExpiringGaugeOptions {
  readonly certificates: Pick<CertificateSearch, 'count'>;
  readonly withinSeconds: number;
  readonly clock: Clock;
  readonly monotonicClock: MonotonicClock;
}

/** A count may read a large part of an index, and several readers may collect every few seconds. */
const ASKED_EVERY_MILLISECONDS = 60_000;

/** Observes how many devices have a latest certificate that ends soon. Returns what ends it. */
export function observeExpiring(meter: Meter, options: ExpiringGaugeOptions): () => void {
  const { certificates, withinSeconds, clock, monotonicClock } = options;
  const gauge = createGauge(meter, 'certificatesExpiring');
  let askedAt = -Infinity;
  let answer = Promise.resolve(0);

  /** The answer of the last minute; if that is a failure, it too stands for the minute. */
  function count(): Promise<number> {
    const elapsed = monotonicClock.elapsedMilliseconds();
    if (elapsed - askedAt < ASKED_EVERY_MILLISECONDS) return answer;
    const now = clock.now();
    const notAfterBefore = new Date(now.getTime() + withinSeconds * 1000);
    answer = certificates.count({ latestOnly: true, notAfterFrom: now, notAfterBefore });
    askedAt = elapsed;
    return answer;
  }

  async function observe(result: ObservableResult): Promise<void> {
    result.observe(await count());
  }

  gauge.addCallback(observe);
  return () => {
    gauge.removeCallback(observe);
  };
}
