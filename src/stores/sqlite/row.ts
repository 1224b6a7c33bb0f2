// stores/sqlite: imports core, contracts and this folder only.

/** A row by column name, as the driver gave it. */
export type Row = Readonly<Record<string, unknown>>;

/** Takes what a driver returned for a row. */
export function toRow(value: unknown): Row {
  if (!isRow(value)) throw new TypeError('the driver did not return a row object');
  return value;
}

export function readText(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : refuse(column);
}

export function readInteger(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : refuse(column);
}

/** A number with a fraction. */
export function readNumber(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' && Number.isFinite(value) ? value : refuse(column);
}

/** Times are kept as milliseconds since 1970-01-01 UTC. */
export function readDate(row: Row, column: string): Date {
  return new Date(readInteger(row, column));
}

/** A plain `Uint8Array` of its own memory, where `better-sqlite3` gives a `Buffer`. */
export function readBytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  return value instanceof Uint8Array ? new Uint8Array(value) : refuse(column);
}

/** Reads a column that may be NULL. */
export function readNullable<T>(row: Row, column: string, read: (row: Row, column: string) => T): T | null {
  return row[column] === null ? null : read(row, column);
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}

function refuse(column: string): never {
  throw new TypeError(`column ${column} does not hold what was written to it`);
}
