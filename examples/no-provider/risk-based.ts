// A phone without a provider gets what a score of the team's own says: a weak tier, or nothing.
//
// Gives up: as much as the weak tier does, to whoever finds out what the score likes to see. It looks at claims of the client, and a
// script can claim anything: it keeps the lazy out, not the patient. Each request may wait for it, and an outage of it refuses
// everyone without evidence.
// Keeps: the team can close the door bit by bit, without a new release of the app.

import { createDefaultPolicy, riskBased, type Policy, type RiskContext } from 'device-trust';

/** Models that are sold without the services of a vendor: there it is no wonder that there is no evidence. */
const MODELS_WITHOUT_SERVICES = new Set(['Acme One', 'Acme Two']);

/** A made-up score; a real one would ask the team's risk engine, and hand it the signal. */
export async function scoreClient({ claimed, history }: RiskContext): Promise<number> {
  const known = history === null ? 0.3 : 0;
  const plausible = MODELS_WITHOUT_SERVICES.has(claimed.model ?? '') ? 0 : 0.4;
  const current = /^[2-9]\./.test(claimed.appVersion ?? '') ? 0 : 0.3;
  return known + plausible + current;
}

export function createScoringPolicy(score: (context: RiskContext) => Promise<number> = scoreClient): Policy {
  const levels = [{ below: 0.5, tier: 'none', lifetimeSeconds: 3600 }];
  return createDefaultPolicy({ withoutEvidence: riskBased({ score, levels, timeoutSeconds: 1 }) });
}
