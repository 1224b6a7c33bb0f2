// telemetry: imports core and contracts.

import type { Meter } from '@opentelemetry/api';
import { errorCodes } from '../core/error-code.js';
import { reasonCodes, type ReasonCode } from '../core/reason-code.js';
import type { AppraisalSummary } from '../contracts/certificate-store.js';
import type { DeviceTrustEvent, EventSink, RevokedTarget } from '../contracts/event-sink.js';
import type { ObservedRefusal } from '../contracts/policy.js';
import { createCounter } from './instruments.js';
import { withoutConsequence } from './without-consequence.js';

/** All reason codes; and all error codes, for what a provider refuses without a reason. */
const knownReasons: ReadonlySet<string> = new Set(
  [reasonCodes, ...Object.values(errorCodes)].flatMap((codes) => Object.keys(codes)),
);

/** Makes sinks that count and hand on. */
export interface EventCounter {
  /** A sink that hands each event on to `next` and counts it once that has taken it. */
  countBefore(next: EventSink | undefined): EventSink;
}

export function createEventCounter(meter: Meter): EventCounter {
  const issued = createCounter(meter, 'certificatesIssued');
  const observedRefusals = createCounter(meter, 'observedRefusals');
  const outageCertificates = createCounter(meter, 'outageCertificates');
  const issuanceRefused = createCounter(meter, 'issuanceRefused');
  const requestsRefused = createCounter(meter, 'requestsRefused');
  const revocations = createCounter(meter, 'revocations');
  const batchRevoked = createCounter(meter, 'batchRevoked');
  const reinstated = createCounter(meter, 'devicesReinstated');

  const renewalsOrdered = createCounter(meter, 'renewalsOrdered');
  const bootstrapJumps = createCounter(meter, 'bootstrapJumps');
  const vendorBudgetAlarms = createCounter(meter, 'vendorBudgetAlarms');

  function count(event: DeviceTrustEvent): void {
    switch (event.type) {
      case 'certificate_issued': {
        const { action, tier, appraisal } = event;
        issued.add(1, { action, tier, provider: providersOf(appraisal) });
        countObserved(appraisal.observed);
        if (appraisal.outage !== null) outageCertificates.add(1, { provider: appraisal.outage, action });
        return;
      }
      case 'issuance_refused': {
        const { action, code } = event;
        for (const reason of boundedReasons(event.reasons)) issuanceRefused.add(1, { action, code, reason });
        return;
      }
      case 'request_refused':
        requestsRefused.add(1, { code: event.code });
        return;
      case 'revoked':
        revocations.add(1, { kind: kindOf(event.target), reason: event.reason });
        return;
      case 'batch_revoked':
        batchRevoked.add(event.revoked, { reason: event.reason });
        return;
      case 'device_reinstated':
        reinstated.add(1, {});
        return;
      case 'renewal_ordered':
        renewalsOrdered.add(1, {});
        return;
      case 'bootstrap_use_jumped':
        bootstrapJumps.add(1, { release: event.release });
        return;
      case 'vendor_budget_low':
        vendorBudgetAlarms.add(1, { provider: event.provider });
        return;
    }
  }

  function countObserved(observed: readonly ObservedRefusal[]): void {
    for (const { by, reasons } of observed) {
      for (const reason of boundedReasons(reasons)) observedRefusals.add(1, { by: boundedBy(by), reason });
    }
  }

  return {
    countBefore: (next) => ({
      async record(event) {
        // What it rejects does not happen, and is not counted.
        await next?.record(event);
        withoutConsequence(() => {
          count(event);
        });
      },
    }),
  };
}

/** Who verified the evidence: in order and once each, joined by `+`; `none` for a certificate without evidence. */
function providersOf({ verdicts }: AppraisalSummary): string {
  const names = new Set(verdicts.map(({ provider }) => provider));
  return names.size === 0 ? 'none' : [...names].sort().join('+');
}

/**
 * The reasons of one refusal, once each. Those of providers and policies written elsewhere may be any text, so they are
 * `other`: an attribute must have few values. `none` where the code says it all.
 */
function boundedReasons(reasons: readonly ReasonCode[]): ReadonlySet<string> {
  if (reasons.length === 0) return new Set(['none']);
  return new Set(reasons.map((reason) => (knownReasons.has(reason) ? reason : 'other')));
}

/** Rules and providers are named by the team; what a policy written elsewhere says besides may be any text. */
function boundedBy(by: string): string {
  return by === 'policy' || /^(rule|provider):/.test(by) ? by : 'other';
}

function kindOf(target: RevokedTarget): 'certificate' | 'device' | 'key' | 'batch' {
  if ('serialNumber' in target) return 'certificate';
  if ('deviceId' in target) return 'device';
  return 'publicKeySha256' in target ? 'key' : 'batch';
}
