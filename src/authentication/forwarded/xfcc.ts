// authentication: imports core, contracts, x509.

import { malformed } from './forwarded-error.js';

/** One element of `x-forwarded-client-cert`: what one proxy says. */
export type XfccElement = readonly XfccPair[];

/** One pair of an element. */
export interface XfccPair {
  /** Lower-case. */
  readonly key: string;
  /** Without quotes and escapes. */
  readonly value: string;
}

const KEY = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
const QUOTE = '"';

/**
 * Reads `x-forwarded-client-cert` (Envoy, "HTTP header manipulation"): elements separated by commas, the nearest proxy's
 * last; pairs of `key=value` separated by semicolons; keys in any case; a value with comma, semicolon or equals sign in
 * it is in double quotes, and there `\"` is a quote and `\\` a backslash.
 *
 * All of it is read from the start, and nothing is let pass: after a quote that a client left open, what the proxy appended
 * would be read as something else.
 *
 * @throws MalformedError `forwarded_certificate_malformed`
 */
export function parseXfcc(header: string): readonly [XfccElement, ...XfccElement[]] {
  if (/[^\x20-\x7e]/.test(header)) throw malformed('x-forwarded-client-cert is not printable ASCII');
  const elements: [XfccPair[], ...XfccPair[][]] = [[]];
  let element = elements[0];
  for (let at = skipSpaces(header, 0); ;) {
    const pair = readPair(header, at);
    element.push({ key: pair.key, value: pair.value });
    at = skipSpaces(header, pair.end);
    if (at === header.length) return elements;
    const separator = header[at];
    if (separator === ',') elements.push((element = []));
    else if (separator !== ';') throw malformed('x-forwarded-client-cert goes on after the end of a value');
    at = skipSpaces(header, at + 1);
  }
}

function readPair(header: string, start: number): XfccPair & { readonly end: number } {
  const equals = header.indexOf('=', start);
  const key = header.slice(start, Math.max(equals, start));
  if (!KEY.test(key)) throw malformed('x-forwarded-client-cert has no key where one is due');
  const { value, end } =
    header[equals + 1] === QUOTE ? readQuoted(header, equals + 2) : readPlain(header, equals + 1);
  return { key: key.toLowerCase(), value, end };
}

function readPlain(header: string, start: number): { readonly value: string; readonly end: number } {
  let end = start;
  while (end < header.length && header[end] !== ',' && header[end] !== ';') end += 1;
  const value = header.slice(start, end).trimEnd();
  if (value.includes(QUOTE)) throw malformed('x-forwarded-client-cert has a quote inside a plain value');
  return { value, end };
}

/** @param start after the opening quote */
function readQuoted(header: string, start: number): { readonly value: string; readonly end: number } {
  let value = '';
  for (let from = start, at = start; at < header.length; at += 1) {
    const character = header[at];
    if (character === QUOTE) return { value: value + header.slice(from, at), end: at + 1 };
    if (character !== '\\') continue;
    const escaped = header[at + 1];
    if (escaped === QUOTE || escaped === '\\') {
      value += header.slice(from, at) + escaped;
      from = at + 2;
    }
    at += 1;
  }
  throw malformed('x-forwarded-client-cert has a quote that is not closed');
}

function skipSpaces(header: string, start: number): number {
  let at = start;
  while (header[at] === ' ') at += 1;
  return at;
}
