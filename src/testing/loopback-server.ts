// testing: may import everything; nothing imports it.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * What a request gets instead of its answer: an answer of your own, a cut connection, an answer that is cut in the middle, or
 * nothing at all.
 */
export type FakeFailure =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfter?: string; readonly body?: string }
  | { readonly kind: 'reset' }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'silence' };

/** A real HTTP server on 127.0.0.1. */
export interface LoopbackServer {
  /** Without a path. */
  readonly url: string;
  /** Stops listening, so that connections are refused, and ends those that there are; or listens again at the same address. */
  setDown(down: boolean): Promise<void>;
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
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });

  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async setDown(down) {
      if (down === !server.listening) return;
      await (down ? close() : listen(port));
    },
    close,
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
  if (failure.kind === 'truncated') {
    const body = JSON.stringify(standardBody(200));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.write(body.slice(0, body.length / 2), () => response.destroy());
  }
  if (failure.kind !== 'answer') return;
  if (failure.retryAfter !== undefined) response.setHeader('retry-after', failure.retryAfter);
  response.writeHead(failure.status, { 'content-type': 'application/json' });
  response.end(failure.body ?? JSON.stringify(standardBody(failure.status)));
}
