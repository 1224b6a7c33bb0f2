// stores/postgres: imports core, contracts and this folder only.

/** A row by column name, as the driver gave it. */
export type Row = Readonly<Record<string, unknown>>;

/** Takes what a driver returned for a row. */
export function toRow(value: unknown): Row {
  if (!isRow(value)) throw new TypeError('the driver did not return a row object');
  return value;
}

/** The one row of a statement that gives exactly one. */
export function toOnlyRow(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined || rows.length !== 1) throw new TypeError('the statement did not return one row');
  return row;
}

export function readText(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : refuse(column);
}

export function readBoolean(row: Row, column: string): boolean {
  const value = row[column];
  return typeof value === 'boolean' ? value : refuse(column);
}

/** The driver gives int8 as text, unless the team told it otherwise. */
export function readInteger(row: Row, column: string): number {
  const value = row[column];
  const number = typeof value === 'string' && /^-?[0-9]{1,19}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : refuse(column);
}

/** Numbers that are too large for an integer of JavaScript: numeric, which the driver gives as text. */
export function readBigInt(row: Row, column: string): bigint {
  const value = row[column];
  return typeof value === 'string' && /^[0-9]{1,49}$/.test(value) ? BigInt(value) : refuse(column);
}

/** Times are kept as milliseconds since 1970-01-01 UTC. */
export function readDate(row: Row, column: string): Date {
  return new Date(readInteger(row, column));
}

/** A plain `Uint8Array` of its own memory, where the driver gives a `Buffer` over its packet. */
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
