// http: imports core, contracts and the use cases.

import type { PeerRequest } from '../contracts/peer-certificate.js';
import type { HttpHandler } from './http-message.js';
import { bodyReadBefore } from './read-body.js';

/**
 * Answers a web `Request`; `null` for a path that is not the library's.
 *
 * @param connection what tells whose certificate the request comes with: on Node.js the `IncomingMessage` that the runtime
 *   hands along, elsewhere {@link peerRequestFromFetch}
 */
export type FetchHandler = (request: Request, connection: PeerRequest) => Promise<Response | null>;

/**
 * Serves a handler of the library to frameworks that speak `Request` and `Response`, such as Hono. Call it before anything
 * reads the body: it is read as it comes in, and no further than the limit of the endpoint.
 */
export function createFetchHandler(handler: HttpHandler): FetchHandler {
  return async (request, connection) => {
    const { pathname, search } = new URL(request.url);
    const answer = await handler.handle({
      method: request.method,
      url: `${pathname}${search}`,
      headers: Object.fromEntries(request.headers),
      body: { [Symbol.asyncIterator]: () => readChunks(request) },
      connection,
      signal: request.signal,
    });
    if (answer === null) return null;
    const { status, headers, body } = answer;
    // A Response of a status that has no body, such as 304, takes not even an empty one.
    return new Response(body.length === 0 ? null : body, { status, headers });
  };
}

/**
 * What a `Request` alone tells of the connection, for runtimes that show no socket.
 *
 * That is its header lines, and not all of those: names are in lower case, the order is that of the alphabet, and lines of one
 * name are joined by `, ` into one. There is no certificate of the connection, and no address. So with it
 *
 * - `directTls` finds no certificate: every request is `client_certificate_required`;
 * - of the ways to trust a proxy only `proxySecret` can hold;
 * - a header that came twice can not be told from one with a comma in it. The formats of `device-trust/proxy` refuse the joined
 *   value, as they do the two lines; one of your own must as well. The exception is `envoy`, whose header is a list: the last
 *   element counts, whichever line it was on, so Envoy must drop what clients send (`SANITIZE_SET`);
 * - whether a second `Authorization` was joined to the first shows too: it is refused.
 *
 * Where there is a Node.js request behind the web one, pass that instead: it hides nothing.
 */
export function peerRequestFromFetch(request: Pick<Request, 'headers'>): PeerRequest {
  return { socket: null, rawHeaders: [...request.headers].flat() };
}

async function* readChunks({ body, bodyUsed }: Request): AsyncGenerator<Uint8Array, void, undefined> {
  if (bodyUsed) throw bodyReadBefore();
  if (body === null) return;
  // A body that is refused half-way must not take the connection, and the answer, with it: cancelled, Node.js would end both.
  for await (const chunk of body.values({ preventCancel: true })) yield chunk;
}
