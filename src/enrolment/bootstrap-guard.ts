// enrolment: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import { ConfigurationError, RejectedError } from '../core/errors.js';
import type { EventSink } from '../contracts/event-sink.js';
import { createEventRecorder } from './event-recorder.js';
import { createUseCounter, type BootstrapRequest, type BootstrapUse } from './use-counter.js';

/** The end of a release, by its name or by the SHA-256 of its bootstrap certificate (lower-case hex). */
export interface BootstrapRetirement {
  /** The release as the bootstrap certificate names it, or the SHA-256 of that certificate. */
  readonly release: string;
  /** From this time on its bootstrap certificate opens nothing. Devices that it enrolled keep their certificates. */
  readonly acceptedUntil: Date;
}

/** When the use of a bootstrap certificate is alarming. Counted by each replica for itself. */
export interface BootstrapAlarm {
  /** How long a window is, in seconds, 60 to 86,400. Default 3,600. */
  readonly windowSeconds?: number;
  /** So many times what the windows of the last day had on average is a jump, 2 to 1,000. Default 5. */
  readonly factor?: number;
  /** Below so many requests in a window nothing is a jump, 1 to 10,000,000. Default 1,000. */
  readonly minimum?: number;
}

/** What a bootstrap guard knows. */
export interface BootstrapGuardOptions {
  /** Default: no release is retired. */
  readonly retirements?: readonly BootstrapRetirement[];
  readonly alarm?: BootstrapAlarm;
  /** Takes the alarm: {@link BootstrapUseJumpedEvent}. Default: nobody. */
  readonly events?: EventSink | undefined;
}

/**
 * Watches over the bootstrap certificates, each of which is shared by all installs of a release and can be dug out of any of
 * them: several live at once, each can be retired, and use that jumps is told.
 */
export interface BootstrapGuard {
  /**
   * Counts a request, and lets it through if its release is not retired. An alarm is told once for each window.
   *
   * @throws RejectedError `bootstrap_retired`
   * @throws UnavailableError `audit_unavailable` if nobody took the alarm
   */
  admit(request: BootstrapRequest, now: Date): Promise<void>;
  /** What this replica has counted since it started, the releases in order of their first request. */
  describe(): readonly BootstrapUse[];
}

/** @throws ConfigurationError if a release is retired twice, a time is none, or a number is out of bounds */
export function createBootstrapGuard(options: BootstrapGuardOptions): BootstrapGuard {
  const { retirements = [], alarm = {}, events } = options;
  const { windowSeconds = 3600, factor = 5, minimum = 1000 } = alarm;
  assertWholeNumber('alarm.windowSeconds', windowSeconds, 60, 86_400);
  assertWholeNumber('alarm.factor', factor, 2, 1000);
  assertWholeNumber('alarm.minimum', minimum, 1, 10_000_000);
  const acceptedUntil = readRetirements(retirements);
  const recorder = createEventRecorder({ events });
  const counter = createUseCounter({ windowSeconds, factor, minimum });

  function assertNotRetired(name: string, now: Date): void {
    if (now.getTime() < (acceptedUntil.get(name) ?? Infinity)) return;
    throw new RejectedError('bootstrap_retired', { message: 'the release may no longer enrol' });
  }

  return {
    async admit(request, now) {
      // Counted first: that a retired certificate is still asked with is what one wants to know.
      const jump = counter.count(request, now);
      if (jump) {
        const { release, certificateSha256 } = request;
        const type = 'bootstrap_use_jumped';
        await recorder.record({ type, at: now, release, certificateSha256, windowSeconds, ...jump });
      }
      assertNotRetired(request.release, now);
      assertNotRetired(request.certificateSha256, now);
    },
    describe: () => counter.describe(),
  };
}

function readRetirements(retirements: readonly BootstrapRetirement[]): ReadonlyMap<string, number> {
  const ends = new Map<string, number>();
  for (const [index, { release, acceptedUntil }] of retirements.entries()) {
    const option = `retirements[${index}]`;
    if (release === '' || ends.has(release)) {
      throw new ConfigurationError(`${option}.release`, { message: 'must be named, and only once' });
    }
    const end = acceptedUntil.getTime();
    if (Number.isNaN(end)) throw new ConfigurationError(`${option}.acceptedUntil`, { message: 'is no time' });
    ends.set(release, end);
  }
  return ends;
}
