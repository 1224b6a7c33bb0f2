// stores/redis: imports core, contracts and this folder only.

/** Fields of a hash, as text. */
export type Fields = ReadonlyMap<string, string>;

/** Takes what a client returned for a list. */
export function toList(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : refuse();
}

export function toText(reply: unknown): string {
  return typeof reply === 'string' ? reply : refuse();
}

/** A whole number, as number or as text. */
export function toInteger(reply: unknown): number {
  const value = typeof reply === 'string' && /^-?[0-9]{1,16}$/.test(reply) ? Number(reply) : reply;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : refuse();
}

/** Times are kept as milliseconds since 1970-01-01 UTC. */
export function toDate(reply: unknown): Date {
  return new Date(toInteger(reply));
}

/** The time as it is kept; throws if it is none. */
export function encodeDate(date: Date): string {
  const time = date.getTime();
  if (Number.isNaN(time)) throw new TypeError('a date is none');
  return String(time);
}

/** A plain `Uint8Array` of its own memory. */
export function toBytes(reply: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(toText(reply), 'base64'));
}

/** Takes what a script returned for a hash: field, value, field, value. */
export function toFields(reply: unknown): Fields {
  const flat = toList(reply).map(toText);
  const fields = new Map<string, string>();
  for (let index = 0; index + 1 < flat.length; index += 2)
    fields.set(flat[index] ?? '', flat[index + 1] ?? '');
  return fields;
}

/** Parses JSON that must be an object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  return isObject(value) ? value : refuse();
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(): never {
  throw new TypeError('the reply of Redis is not what was written');
}
