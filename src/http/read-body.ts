// http: imports core, contracts and the use cases.

import { ConfigurationError, DeviceTrustError, MalformedError } from '../core/errors.js';
import { headerValue, type HttpRequest } from './http-message.js';

/** What a body must be. */
export interface BodyLimits {
  /** In lower case; parameters of the request's media type are passed over. */
  readonly mediaType: string;
  readonly maxBytes: number;
}

/**
 * Reads the body of a request.
 *
 * @throws MalformedError `media_type_unsupported`, `request_too_large`, `request_malformed` if it broke off
 * @throws ConfigurationError if somebody else has read it before
 */
export async function readBody(
  request: HttpRequest,
  { mediaType, maxBytes }: BodyLimits,
): Promise<Uint8Array> {
  if (headerValue(request, 'content-type')?.split(';', 1)[0]?.trim().toLowerCase() !== mediaType) {
    throw new MalformedError('media_type_unsupported', { message: `the body must be ${mediaType}` });
  }
  const tooLarge = () =>
    new MalformedError('request_too_large', { message: `the body is above ${maxBytes} bytes` });
  if (Number(headerValue(request, 'content-length') ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request.body) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof DeviceTrustError) throw cause;
    throw new MalformedError('request_malformed', { message: 'the body broke off', cause });
  }
  return Buffer.concat(chunks, length);
}

/** Without this, the client would be blamed for a body that is empty by now. */
export function bodyReadBefore(): ConfigurationError {
  return new ConfigurationError('body', {
    message: 'was read before: the endpoints of the library come before any body parser',
  });
}
