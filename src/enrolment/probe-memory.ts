// enrolment: imports core, contracts, x509.

import { assertWholeNumber } from '../core/assert-option.js';
import type { MonotonicClock } from '../core/clock.js';
import { ConfigurationError } from '../core/errors.js';
import { systemTimer, withinTime } from '../core/timer.js';
import type { VendorProbe, VendorState } from '../contracts/vendor-probe.js';

export interface ProbeMemoryOptions {
  readonly probes: readonly VendorProbe[];
  readonly probeTimeoutSeconds?: number;
  readonly probeMemorySeconds?: number;
  readonly monotonicClock: MonotonicClock;
}

/** Asks vendors whether they answer, and not more often than it must: a probe may cost quota. */
export interface ProbeMemory {
  /** The state of the vendor; `answered` of a provider without a probe, for nothing then speaks for an outage. Never rejects. */
  find(provider: string): Promise<VendorState>;
}

/**
 * Remembers what came of a probe for some seconds, whichever it was, and shares one that is under way.
 *
 * @throws ConfigurationError if an option is out of bounds, no probe is given, or two are of one provider
 */
export function createProbeMemory(options: ProbeMemoryOptions): ProbeMemory {
  const { monotonicClock, probeTimeoutSeconds = 5, probeMemorySeconds = 10 } = options;
  if (!(probeTimeoutSeconds > 0 && probeTimeoutSeconds <= 60)) {
    throw new ConfigurationError('probeTimeoutSeconds', { message: 'must be above 0 and at most 60' });
  }
  assertWholeNumber('probeMemorySeconds', probeMemorySeconds, 1, 60);
  const probes = new Map(options.probes.map((probe) => [probe.provider, probe]));
  if (probes.size === 0) throw new ConfigurationError('probes', { message: 'at least one is needed' });
  if (probes.size !== options.probes.length) {
    throw new ConfigurationError('probes', { message: 'two are of one provider' });
  }
  const known = new Map<string, { readonly state: Promise<VendorState>; until: number }>();

  return {
    find(provider) {
      const probe = probes.get(provider);
      if (probe === undefined) return Promise.resolve('answered');
      const earlier = known.get(provider);
      if (earlier && monotonicClock.elapsedMilliseconds() < earlier.until) return earlier.state;
      const entry = { state: ask(probe, probeTimeoutSeconds), until: Infinity };
      known.set(provider, entry);
      void entry.state.then(() => {
        entry.until = monotonicClock.elapsedMilliseconds() + probeMemorySeconds * 1000;
      });
      return entry.state;
    },
  };
}

/**
 * A probe that breaks its word and rejects says nothing of the vendor: no outage. One that hangs has had no answer. The time limit is
 * one that a process under load does not mistake for silence: a flood must not look like an outage.
 */
async function ask(probe: VendorProbe, timeoutSeconds: number): Promise<VendorState> {
  const ended = new AbortController();
  const over = (): VendorState => {
    ended.abort();
    return 'unanswered';
  };
  const milliseconds = timeoutSeconds * 1000;
  try {
    return await withinTime({ timer: systemTimer, milliseconds, over }, probe.probe(ended.signal));
  } catch {
    return 'answered';
  }
}
