// x509: imports core and x509 only.

import type { MalformedErrorCode } from '../core/error-code.js';
import { MalformedError } from '../core/errors.js';
import { DerReader, malformed } from './der-reader.js';

/** What {@link parseDer} is told of the bytes. */
export interface ParseDerRequest {
  readonly der: Uint8Array;
  /** More octets than this are refused unread. */
  readonly maxBytes: number;
  /** The error code for bytes that are something else. */
  readonly code: MalformedErrorCode;
  /** What the bytes should be, for the message. */
  readonly what: string;
}

/**
 * Runs a parser over the whole of some bytes: nothing may be left after it.
 *
 * @throws MalformedError with the given code, and the `der_malformed` as its cause
 */
export function parseDer<T>(request: ParseDerRequest, parse: (reader: DerReader) => T): T {
  try {
    if (request.der.length > request.maxBytes)
      throw malformed(`there are more than ${request.maxBytes} bytes`);
    // Views of a Buffer cost half as much as those of a plain Uint8Array.
    const { buffer, byteOffset, byteLength } = request.der;
    const reader = new DerReader(Buffer.from(buffer, byteOffset, byteLength));
    const parsed = parse(reader);
    reader.finish();
    return parsed;
  } catch (error) {
    if (!(error instanceof MalformedError) || error.code !== 'der_malformed') throw error;
    throw new MalformedError(request.code, {
      message: `not ${request.what}: ${error.message}`,
      cause: error,
    });
  }
}
