// testing: may import everything; nothing imports it.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What a request gets instead of its answer: an answer of your own, a cut connection, or nothing at all. */
export type FakeFailure =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter?: string; readonly body?: string }
  | { readonly kind: 'reset' }
  | { readonly kind: 'silence' };

/** A real HTTP server on 127.0.0.1. */
export interface LoopbackServer {
  /** Without a path. */
  readonly url: string;
  /** Ends all connections and stops. */
  close(): Promise<void>;
}

/** @param handle what it throws cuts the connection */
export async function startLoopbackServer(
  handle: (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>,
): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    handle(request, response, pathname).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

export function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** @param standardBody of an answer that says nothing else, by its status */
export function answerFailure(
  response: ServerResponse,
  failure: FakeFailure,
  standardBody: (status: number) => object,
): void {
  if (failure.kind === 'reset') response.destroy();
  if (failure.kind !== 'answer') return;
  if (failure.retryAfter !== undefined) response.setHeader('retry-after', failure.retryAfter);
  response.writeHead(failure.status, { 'content-type': 'application/json' });
  response.end(failure.body ?? JSON.stringify(standardBody(failure.status)));
}
