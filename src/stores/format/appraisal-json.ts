// stores/format: imports core, contracts and this folder only. What more than one store package needs.

import type { AppraisalSummary } from '../../contracts/certificate-store.js';

/** An appraisal as the JSON text that is stored; dates in ISO 8601. Throws if a date is not one. */
export function encodeAppraisal(appraisal: AppraisalSummary): string {
  const verdicts = appraisal.verdicts.map((verdict) => ({
    ...verdict,
    issuedAt: verdict.issuedAt.toISOString(),
  }));
  return JSON.stringify({ reasons: appraisal.reasons, verdicts, claimed: appraisal.claimed });
}

/** Reads what {@link encodeAppraisal} wrote; throws if it is anything else. */
export function parseAppraisal(text: string): AppraisalSummary {
  const appraisal = asObject(JSON.parse(text));
  return {
    reasons: asArray(appraisal['reasons']).map(asText),
    verdicts: asArray(appraisal['verdicts']).map((value) => {
      const verdict = asObject(value);
      return {
        provider: asText(verdict['provider']),
        kind: asText(verdict['kind']),
        issuedAt: new Date(asText(verdict['issuedAt'])),
        deviceIntegrity: asText(verdict['deviceIntegrity']),
        appRecognition: asText(verdict['appRecognition']),
      };
    }),
    claimed: asObject(appraisal['claimed']),
  };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : refuse();
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : refuse();
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : refuse();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(): never {
  throw new TypeError('the stored appraisal is not what was written');
}
