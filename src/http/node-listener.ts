// http: imports core, contracts and the use cases.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { MalformedError } from '../core/errors.js';
import type { HttpHandler, HttpRequest, HttpResponse } from './http-message.js';
import { problemResponse } from './problem.js';
import { bodyReadBefore } from './read-body.js';

/**
 * Describes a Node.js request.
 *
 * @param message the request, its body not read yet
 * @param url path and query; default that of the message (frameworks that mount routers rewrite it)
 */
export function httpRequestFromNode(message: IncomingMessage, url = message.url ?? '/'): HttpRequest {
  const gone = new AbortController();
  message.once('close', () => {
    if (!message.complete) gone.abort();
  });
  return {
    method: message.method ?? 'GET',
    url,
    headers: message.headers,
    body: {
      [Symbol.asyncIterator]() {
        if (message.readableDidRead) throw bodyReadBefore();
        // A body that is refused half-way must not take the connection, and the answer, with it.
        return message.iterator({ destroyOnReturn: false });
      },
    },
    connection: message,
    signal: gone.signal,
  };
}

/** Sends a response with Node.js. */
export function sendHttpResponse(response: HttpResponse, to: ServerResponse): void {
  // Of a body that was not read to its end, nothing may be taken for the next request.
  if (!to.req.complete) to.setHeader('connection', 'close');
  // Of an answer to HEAD it would have to be that of GET (RFC 9110 section 8.6).
  if (to.req.method !== 'HEAD') to.setHeader('content-length', Buffer.byteLength(response.body));
  to.writeHead(response.status, response.headers);
  to.end(response.body);
}

/** A listener for `http.createServer` or `https.createServer` that has nothing but this handler to serve. */
export function createNodeListener(handler: HttpHandler): RequestListener {
  const unknown = problemResponse(new MalformedError('route_unknown', { message: 'no such endpoint' }));
  return (message, to) => {
    void handler.handle(httpRequestFromNode(message)).then(
      (response) => {
        sendHttpResponse(response ?? unknown, to);
      },
      (error: unknown) => {
        sendHttpResponse(problemResponse(error), to);
      },
    );
  };
}
