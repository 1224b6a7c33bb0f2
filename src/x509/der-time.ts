// x509: imports core and x509 only.

import { MalformedError } from '../core/errors.js';
import { derTag } from './der-tag.js';

/**
 * Reads the content octets of a UTCTime or GeneralizedTime in the only forms that RFC 5280 section 4.1.2.5 allows:
 * `YYMMDDHHMMSSZ` and `YYYYMMDDHHMMSSZ`. Years 50 to 99 of a UTCTime are 1950 to 1999.
 *
 * @param tag of the element: UTCTime or GeneralizedTime
 * @returns milliseconds since 1970
 * @throws MalformedError `der_malformed`
 */
export function parseDerTime(tag: number, bytes: Uint8Array, start = 0, end = bytes.length): number {
  const yearDigits = tag === derTag.utcTime ? 2 : tag === derTag.generalizedTime ? 4 : 0;
  if (yearDigits === 0 || end - start !== yearDigits + 11 || bytes[end - 1] !== 0x5a) {
    throw new MalformedError('der_malformed', { message: 'a time is not in a form that RFC 5280 allows' });
  }
  const yearEnd = start + yearDigits;
  const last = twoDigits(bytes, yearEnd - 2);
  const year = yearDigits === 4 ? twoDigits(bytes, start) * 100 + last : last + (last >= 50 ? 1900 : 2000);
  const month = twoDigits(bytes, yearEnd);
  const day = twoDigits(bytes, yearEnd + 2);
  const hour = twoDigits(bytes, yearEnd + 4);
  const minute = twoDigits(bytes, yearEnd + 6);
  const second = twoDigits(bytes, yearEnd + 8);
  const valid =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59;
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  if (!valid || year < 100) {
    throw new MalformedError('der_malformed', { message: 'a time does not exist in the calendar' });
  }
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - 0x30;
  const ones = (bytes[at + 1] ?? 0) - 0x30;
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) {
    throw new MalformedError('der_malformed', { message: 'a time has a character that is no digit' });
  }
  return tens * 10 + ones;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
