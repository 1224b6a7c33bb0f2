// http: imports core, contracts and the use cases.

import { decodeBase64 } from '../core/bytes.js';
import type { OcspAnswer, OcspResponder } from '../revocation/ocsp-responder.js';
import { MAX_OCSP_REQUEST_BYTES } from '../x509/ocsp-request.js';
import { headerValue, type HttpRequest, type HttpResponse } from './http-message.js';
import { readBody } from './read-body.js';
import type { Route } from './router.js';

const bodyLimits = { mediaType: 'application/ocsp-request', maxBytes: MAX_OCSP_REQUEST_BYTES };

/**
 * The endpoints of an OCSP responder (RFC 6960 appendix A): `POST /ocsp`, and `GET /ocsp/<base64>`, whose answers caches on the
 * way keep (RFC 5019 section 6). What is wrong with a question is said in OCSP, with HTTP status 200.
 */
export function createOcspRoutes(ocsp: OcspResponder): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/ocsp',
      handle: async (request) => describeAnswer(await ocsp.respond(await readBody(request, bodyLimits))),
    },
    {
      method: 'GET',
      path: /^\/ocsp\/(.+)$/,
      handle: async (request, [encoded = '']) => {
        const answer = await ocsp.respond(decodeQuestion(encoded));
        return isKnownTo(request, answer) ? notModified(answer) : describeAnswer(answer);
      },
    },
  ];
}

/** Base64, percent-encoded or as it is. Of what is neither, nothing is left: no question, which the responder refuses as such. */
function decodeQuestion(encoded: string): Uint8Array {
  try {
    return decodeBase64(decodeURIComponent(encoded)) ?? new Uint8Array(0);
  } catch {
    return new Uint8Array(0);
  }
}

function describeAnswer(answer: OcspAnswer): HttpResponse {
  const headers = { 'content-type': 'application/ocsp-response', ...describeCaching(answer) };
  // Said, not left to chunks: some clients know no HTTP but this (RFC 5019 section 6.2).
  const length = { 'content-length': String(answer.response.length) };
  return { status: 200, headers: { ...headers, ...length }, body: answer.response };
}

function notModified(answer: OcspAnswer): HttpResponse {
  return { status: 304, headers: describeCaching(answer), body: '' };
}

/** The headers of RFC 5019 section 6.2. */
function describeCaching({ cacheable }: OcspAnswer): Readonly<Record<string, string>> {
  if (cacheable === null) return { 'cache-control': 'no-store' };
  return {
    'last-modified': cacheable.thisUpdate.toUTCString(),
    expires: cacheable.nextUpdate.toUTCString(),
    etag: `"${cacheable.etag}"`,
    'cache-control': `public, max-age=${cacheable.maxAgeSeconds}, no-transform, must-revalidate`,
  };
}

function isKnownTo(request: HttpRequest, { cacheable }: OcspAnswer): boolean {
  return cacheable !== null && headerValue(request, 'if-none-match') === `"${cacheable.etag}"`;
}
