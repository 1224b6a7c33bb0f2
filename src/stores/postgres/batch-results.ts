// stores/postgres: imports core, contracts and this folder only.

import { readInteger, type Row } from './row.js';

/** Puts the rows of a batch in its order by their `place`, which counts from 1; `null` where there is no row. */
export function toBatchResults<Result>(
  rows: readonly Row[],
  length: number,
  read: (row: Row) => Result,
): readonly (Result | null)[] {
  const results = new Map(rows.map((row) => [readInteger(row, 'place'), read(row)]));
  return Array.from({ length }, (_, index) => results.get(index + 1) ?? null);
}
