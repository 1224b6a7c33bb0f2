// authentication: imports core, contracts, x509.

import type { ForwardedHeader } from './forwarded-format.js';
import { malformed } from './forwarded-error.js';

/** Longest value of a header that is read, in characters; of a list, that of all its lines. Node.js allows as much for all headers together. */
export const MAX_HEADER_LENGTH = 16 * 1024;

/** Reads the values of some headers, in the order in which the headers were given. */
export type HeaderReader = (rawHeaders: readonly string[]) => (string | undefined)[];

/**
 * Creates a reader that goes over the header lines once. It refuses whatever could make two readers of one request see
 * different things: a header on two lines that is no list; a name that is one of ours but for `_` in place of `-`, which
 * some gateways treat as the same; and a value over {@link MAX_HEADER_LENGTH}.
 *
 * @param guarded further headers that may come once at most, and of which nobody wants the value
 */
export function createHeaderReader(
  headers: readonly ForwardedHeader[],
  guarded: readonly string[] = [],
): HeaderReader {
  const all: readonly ForwardedHeader[] = [...headers, ...guarded.map((name) => ({ name }))];
  // Most lines of a request are passed over by their length alone.
  const byLength: (number[] | undefined)[] = [];
  for (const [index, { name }] of all.entries()) (byLength[name.length] ??= []).push(index);

  function indexOf(name: string, candidates: readonly number[]): number {
    const lower = name.toLowerCase();
    for (const index of candidates) if (all[index]?.name === lower) return index;
    if (lower.includes('_')) {
      const meant = lower.replaceAll('_', '-');
      for (const index of candidates) {
        if (all[index]?.name === meant) throw malformed(`there is a header that passes for ${meant}`);
      }
    }
    return -1;
  }

  return (rawHeaders) => {
    const values = new Array<string | undefined>(all.length).fill(undefined);
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
      const name = rawHeaders[at] ?? '';
      const candidates = byLength[name.length];
      if (candidates === undefined) continue;
      const index = indexOf(name, candidates);
      if (index >= 0) values[index] = joined(all[index], values[index], rawHeaders[at + 1] ?? '');
    }
    return values;
  };
}

function joined(header: ForwardedHeader | undefined, before: string | undefined, value: string): string {
  if (before !== undefined && header?.isList !== true) throw malformed(`${header?.name ?? ''} comes twice`);
  const whole = before === undefined ? value : `${before}, ${value}`;
  if (whole.length > MAX_HEADER_LENGTH) throw malformed(`${header?.name ?? ''} is too long`);
  return whole;
}
