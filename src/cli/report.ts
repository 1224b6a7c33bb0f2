// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { DeviceTrustError, RejectedError } from '../core/errors.js';
import { reasonCodes, type ReasonCode } from '../core/reason-code.js';

/** What is in one thing, and what would be refused. */
export interface Finding {
  /** Such as "a certificate". */
  readonly what: string;
  /** Name and value, in the order to print; empty if it could not be read. */
  readonly facts: readonly (readonly [string, string])[];
  /** In plain words, each a reason; empty if nothing would be refused. */
  readonly refusals: readonly string[];
}

/** Prints a finding for a person. What a stranger wrote cannot move the cursor, colour the screen or begin a line. */
export function printReport(source: string, { what, facts, refusals }: Finding): string {
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  const lines = [
    `${source}: ${what}`,
    ...facts.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    ...(refusals.length === 0 ? ['  Nothing of it would be refused.'] : ['  Would be refused:']),
    ...refusals.map((refusal) => `    - ${refusal}`),
  ];
  return lines.map((line) => `${escapeControls(line)}\n`).join('');
}

/** What these reasons mean, in plain words. */
export function explainReasons(reasons: readonly ReasonCode[]): readonly string[] {
  const meanings = new Map<string, string>(Object.entries(reasonCodes));
  return reasons.map((reason) => `${reason}: ${meanings.get(reason) ?? 'a reason of a provider'}`);
}

/** What an error of the library means, in plain words, with what is underneath. */
export function explain(error: unknown): readonly string[] {
  if (!(error instanceof DeviceTrustError)) throw error;
  if (error instanceof RejectedError && error.reasons.length > 0) return explainReasons(error.reasons);
  const { cause } = error;
  const underneath =
    cause instanceof DeviceTrustError && cause.message !== error.message ? ` (${cause.message})` : '';
  return [`${error.code}: ${error.message}${underneath}`];
}

/** An error in one line, with what is underneath. */
export function describeError(error: Error): string {
  const { message, cause } = error;
  const underneath = cause instanceof Error && cause.message !== message ? describeCause(cause) : '';
  return escapeControls(underneath === '' ? message : `${message} (${underneath})`);
}

/** The first line; where both addresses of a host were tried in vain, an error has a code and no message. */
function describeCause(cause: Error): string {
  const [line = ''] = cause.message.split('\n', 1);
  return line === '' && 'code' in cause ? String(cause.code) : line;
}

/** Control and format characters as `\u{...}`: what a stranger wrote stays on its line. */
export function escapeControls(line: string): string {
  return line.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
