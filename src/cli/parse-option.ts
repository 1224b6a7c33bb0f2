// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { Misuse } from './misuse.js';

/** Reads a whole number. */
export function parseNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new Misuse(`${option} must be a whole number, ${least} to ${most}`);
}

/** Reads hex as tools print it, with colons or without, in any case, to lower-case hex of that many digits. */
export function parseHex(option: string, text: string, digits: { readonly exactly: number } | 'any'): string {
  const hex = text.toLowerCase().replaceAll(':', '');
  const fits = digits === 'any' ? hex.length > 0 && hex.length <= 64 : hex.length === digits.exactly;
  if (fits && /^[0-9a-f]+$/.test(hex)) return hex;
  throw new Misuse(`${option} must be ${digits === 'any' ? 'hex' : `${digits.exactly} hex digits`}`);
}

/** Reads an RFC 3339 time, or a day in UTC. */
export function parseTime(option: string, text: string): Date {
  const form = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?$/.exec(text);
  const time = form === null ? NaN : Date.parse(text);
  // Date.parse takes the 31st of February for a day in March.
  const day = form?.[1] ?? '';
  if (!Number.isNaN(time) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day))
    return new Date(time);
  throw new Misuse(`${option} must be a day such as 2026-03-01, or a time such as 2026-03-01T12:00:00Z`);
}

/** Reads text that goes into the audit trail. */
export function parseText(option: string, text: string, most: number): string {
  if (text.length > 0 && text.length <= most) return text;
  throw new Misuse(`${option} must be 1 to ${most} characters`);
}
