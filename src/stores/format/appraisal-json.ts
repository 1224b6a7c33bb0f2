// stores/format: imports core, contracts and this folder only. What more than one store package needs.

import type { AppraisalSummary } from '../../contracts/certificate-store.js';
import type { VerdictSummary } from '../../contracts/policy.js';

/** An appraisal as the JSON text that is stored; dates in ISO 8601. Throws if a date is not one. */
export function encodeAppraisal(appraisal: AppraisalSummary): string {
  const verdicts = appraisal.verdicts.map((verdict) => ({
    ...verdict,
    issuedAt: verdict.issuedAt.toISOString(),
  }));
  const { reasons, claimed, evidenceAt, evidenceDueAt, outage, observed } = appraisal;
  return JSON.stringify({
    reasons,
    verdicts,
    claimed,
    evidenceAt: evidenceAt?.toISOString() ?? null,
    evidenceDueAt: evidenceDueAt?.toISOString() ?? null,
    outage,
    ...(observed.length === 0 ? {} : { observed }),
  });
}

/** Reads what {@link encodeAppraisal} wrote; throws if it is anything else. */
export function parseAppraisal(text: string): AppraisalSummary {
  const appraisal = asObject(JSON.parse(text));
  const verdicts = asArray(appraisal['verdicts']).map(parseVerdict);
  return {
    reasons: asArray(appraisal['reasons']).map(asText),
    verdicts,
    claimed: asObject(appraisal['claimed']),
    // Members that releases before them did not write are absent.
    evidenceAt: asOptionalDate(appraisal['evidenceAt']) ?? findLatest(verdicts),
    evidenceDueAt: asOptionalDate(appraisal['evidenceDueAt']),
    outage: asOptional(appraisal['outage'], asText),
    observed: asArray(appraisal['observed'] ?? []).map((value) => {
      const refusal = asObject(value);
      return { by: asText(refusal['by']), reasons: asArray(refusal['reasons']).map(asText) };
    }),
  };
}

function parseVerdict(value: unknown): VerdictSummary {
  const verdict = asObject(value);
  return {
    provider: asText(verdict['provider']),
    kind: asText(verdict['kind']),
    issuedAt: new Date(asText(verdict['issuedAt'])),
    deviceIntegrity: asText(verdict['deviceIntegrity']),
    appRecognition: asText(verdict['appRecognition']),
  };
}

/** Evidence is verified within minutes of being made. */
function findLatest(verdicts: readonly VerdictSummary[]): Date | null {
  return verdicts.length === 0
    ? null
    : new Date(Math.max(...verdicts.map(({ issuedAt }) => issuedAt.getTime())));
}

function asOptional<T>(value: unknown, read: (value: unknown) => T): T | null {
  return value === undefined || value === null ? null : read(value);
}

function asOptionalDate(value: unknown): Date | null {
  return asOptional(value, (text) => new Date(asText(text)));
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
