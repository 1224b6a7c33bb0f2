// integrity/play: imports core only.

import { MalformedError } from '../../core/errors.js';

/** The largest number of milliseconds since 1970 that a `Date` can hold (ECMA-262, time values). */
const MAX_TIME_MILLIS = 8.64e15;

/**
 * Reads the members of one JSON object by type. A member that is absent reads as `null` (or as nothing in it); one of
 * another type is a {@link MalformedError} `evidence_malformed` that names its path. Members nobody asks for are ignored.
 */
export class JsonObject {
  readonly #members: object;
  readonly #path: string;

  private constructor(members: object, path: string) {
    this.#members = members;
    this.#path = path;
  }

  /** @param path what to call the value in messages */
  static from(value: unknown, path: string): JsonObject {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw malformed(path, 'an object');
    return new JsonObject(value, path);
  }

  /** An object member; an absent one reads as `{}`, because Google omits what is unset. */
  object(name: string): JsonObject {
    const value = this.#read(name);
    return JsonObject.from(value === undefined ? {} : value, this.#pathOf(name));
  }

  string(name: string): string | null {
    const value = this.#read(name);
    if (value === undefined) return null;
    if (typeof value !== 'string') throw malformed(this.#pathOf(name), 'a string');
    return value;
  }

  strings(name: string): readonly string[] {
    const value = this.#read(name);
    if (value === undefined) return [];
    if (!isListOfStrings(value)) throw malformed(this.#pathOf(name), 'a list of strings');
    return value;
  }

  boolean(name: string): boolean | null {
    const value = this.#read(name);
    if (value === undefined) return null;
    if (typeof value !== 'boolean') throw malformed(this.#pathOf(name), 'a boolean');
    return value;
  }

  /** An `int32`, which JSON carries as a number. */
  integer(name: string): number | null {
    const value = this.#read(name);
    if (value === undefined) return null;
    if (typeof value !== 'number' || !Number.isSafeInteger(value))
      throw malformed(this.#pathOf(name), 'an integer');
    return value;
  }

  /**
   * An `int64` that is not negative, as decimal digits. The JSON mapping of protocol buffers writes it as a string; in
   * payloads from local decryption a number has been seen too.
   */
  digits(name: string): string | null {
    const value = this.#read(name);
    if (value === undefined) return null;
    if (typeof value === 'string' && /^(0|[1-9][0-9]{0,18})$/.test(value)) return value;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
    throw malformed(this.#pathOf(name), 'a decimal integer');
  }

  /** A required `int64` of milliseconds since 1970. */
  millis(name: string): number {
    const millis = Number(this.digits(name) ?? NaN);
    if (!(millis <= MAX_TIME_MILLIS)) throw malformed(this.#pathOf(name), 'a time in milliseconds');
    return millis;
  }

  #read(name: string): unknown {
    return Object.getOwnPropertyDescriptor(this.#members, name)?.value;
  }

  #pathOf(name: string): string {
    return `${this.#path}.${name}`;
  }
}

function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

function malformed(path: string, expected: string): MalformedError {
  return new MalformedError('evidence_malformed', { message: `${path} is not ${expected}` });
}
