// http: imports core, contracts and the use cases.

import { MalformedError } from '../core/errors.js';
import type { CertificateAuthority } from '../contracts/certificate-authority.js';
import type { CrlBytes, CrlPublisher, PublishedCrl } from '../revocation/crl-publisher.js';
import type { OcspResponder } from '../revocation/ocsp-responder.js';
import { headerValue, type HttpHandler, type HttpRequest, type HttpResponse } from './http-message.js';
import { createOcspRoutes } from './ocsp-routes.js';
import { problemResponse } from './problem.js';
import { createRouter } from './router.js';

/** What the status endpoints work with. */
export interface StatusHandlerOptions {
  readonly authority: Pick<CertificateAuthority, 'issuers'>;
  readonly crls: CrlPublisher;
  /** Default: there is no OCSP. */
  readonly ocsp?: OcspResponder;
}

/**
 * The endpoints of the status listener, plain HTTP, as in `docs/protocol.md`: `GET /crl/<issuer>/<shard>.crl`
 * (`full.crl` holds all shards) and `<shard>.delta.crl`, `GET /issuers/<issuer>.cer`, `POST /ocsp` and `GET
 * /ocsp/<question>`. What they serve is signed, so it needs no TLS (RFC 5280 section 8).
 */
export function createStatusHandler(options: StatusHandlerOptions): HttpHandler {
  const { authority, crls, ocsp } = options;

  async function serveCrl(request: HttpRequest, groups: readonly string[]): Promise<HttpResponse> {
    const [issuerId = '', shard = '', delta] = groups;
    const published = await crls.find(issuerId, shard === 'full' ? null : Number(shard));
    const bytes = delta === undefined ? published : (published?.delta ?? null);
    return published === null || bytes === null ? notFound() : crlResponse(request, published, bytes);
  }

  async function serveIssuer(_request: HttpRequest, groups: readonly string[]): Promise<HttpResponse> {
    const issuer = authority.issuers.find(({ issuerId }) => issuerId === groups[0]);
    if (issuer === undefined) return notFound();
    const headers = { 'content-type': 'application/pkix-cert', 'cache-control': 'public, max-age=86400' };
    return { status: 200, headers, body: issuer.certificate };
  }

  return createRouter({
    problems: {},
    routes: [
      {
        method: 'GET',
        path: /^\/crl\/([0-9a-f]{40})\/(full|0|[1-9][0-9]{0,5})(\.delta)?\.crl$/,
        handle: serveCrl,
      },
      { method: 'GET', path: /^\/issuers\/([0-9a-f]{40})\.cer$/, handle: serveIssuer },
      ...(ocsp === undefined ? [] : createOcspRoutes(ocsp)),
    ],
  });
}

/** A list or its delta: they live and end together. */
function crlResponse(request: HttpRequest, life: PublishedCrl, { crl, sha256 }: CrlBytes): HttpResponse {
  const headers = {
    'content-type': 'application/pkix-crl',
    'last-modified': life.thisUpdate.toUTCString(),
    etag: `"${sha256}"`,
    expires: life.nextUpdate.toUTCString(),
    'cache-control': `public, max-age=${life.maxAgeSeconds}, must-revalidate`,
  };
  if (headerValue(request, 'if-none-match') === headers.etag) return { status: 304, headers, body: '' };
  return { status: 200, headers, body: crl };
}

function notFound(): HttpResponse {
  return problemResponse(new MalformedError('route_unknown', { message: 'no such list or issuer' }));
}
