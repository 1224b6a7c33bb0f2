// telemetry: imports core and contracts.

import type { Meter } from '@opentelemetry/api';
import type { IntegrityProvider } from '../contracts/integrity-provider.js';
import { createHistogram } from './instruments.js';
import type { Observation } from './observation.js';

/** Buckets of `http.server.request.duration` in the semantic conventions: local work, or a call to a vendor. */
const BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Returns what wraps a provider so that each verification is measured. Nothing of the evidence is looked at. */
export function createProviderObserver(
  meter: Meter,
  observe: Observation,
): (provider: IntegrityProvider) => IntegrityProvider {
  const duration = createHistogram(meter, 'providerDuration', BOUNDARIES);
  return (inner) => {
    const { name } = inner;
    const call = {
      spanName: 'device_trust.provider.verify',
      attributes: { provider: name },
      good: 'verdict',
      measure: (outcome: string, seconds: number) => {
        duration.record(seconds, { provider: name, outcome });
      },
    };
    return { name, verify: (request) => observe(call, () => inner.verify(request)) };
  };
}
