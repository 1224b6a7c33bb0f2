// integrity/android: imports nothing.

/** Updates for a month are on phones before it has begun everywhere. */
const MONTHS_AHEAD = 1;

/**
 * How many months ago a patch level was, counted from month to month; below zero for one that is ahead.
 *
 * @param level YYYYMM or YYYYMMDD, as phones have both in the same field
 * @returns `null` if it is no such number, or is more than one month ahead: it says nothing then
 */
export function patchAgeMonths(level: number | null, now: Date): number | null {
  const digits = String(level ?? '');
  const [, year = '', month = '', day = '01'] = /^(\d{4})(\d{2})(\d{2})?$/.exec(digits) ?? [];
  const isDate = Number(month) >= 1 && Number(month) <= 12 && Number(day) <= 31;
  const age = (now.getUTCFullYear() - Number(year)) * 12 + (now.getUTCMonth() + 1 - Number(month));
  return year !== '' && isDate && age >= -MONTHS_AHEAD ? age : null;
}
