// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { escapeControls } from './report.js';

/** Prints rows in columns as wide as what is in them; an empty cell is a dash. Cells of strangers stay cells. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, ...rows].map((row) => row.map((cell) => escapeControls(cell) || '-'));
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Prints a value as JSON that is safe to look at too: what a terminal would act upon is escaped. */
export function printJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, index) => escapeUnit(character.charCodeAt(index))).join(''),
  );
  return `${text}\n`;
}

/** One UTF-16 code unit as JSON writes it (RFC 8259 section 7). */
function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
