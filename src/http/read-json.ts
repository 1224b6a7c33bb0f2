// http: imports core, contracts and the use cases.

import { MalformedError } from '../core/errors.js';
import type { HttpRequest } from './http-message.js';
import { readBody } from './read-body.js';

/** Largest request body, in bytes. */
export const MAX_BODY_BYTES = 64 * 1024;

/** A JSON object whose members are not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Reads a JSON object from the body.
 *
 * @throws MalformedError `media_type_unsupported`, `request_too_large`, `request_malformed`
 */
export async function readJson(request: HttpRequest): Promise<JsonObject> {
  const bytes = await readBody(request, { mediaType: 'application/json', maxBytes: MAX_BODY_BYTES });
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    // The parser's message quotes the body, which may hold a token: it is left out.
    throw new MalformedError('request_malformed', {
      message: 'the body is not JSON in UTF-8',
      cause: nameOf(cause),
    });
  }
  if (!isJsonObject(document)) {
    throw new MalformedError('request_malformed', { message: 'the body must be a JSON object' });
  }
  return document;
}

/** True for an object that is neither `null` nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
