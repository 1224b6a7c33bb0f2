// http: imports core, contracts and the use cases.

import type { Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server as NetServer, type Socket } from 'node:net';
import { assertWholeNumber } from '../core/assert-option.js';

/** How long a server may take to end. */
export interface GracefulShutdownOptions {
  /** Longest wait for the requests in flight, in seconds, 1 to 3600. Default 10. */
  readonly timeoutSeconds?: number;
}

/** Ends one server. */
export interface GracefulShutdown {
  /**
   * Lets nobody in from now on, and resolves when the last connection has ended. What is in flight is answered, with `Connection:
   * close` unless the answer has begun, and idle connections are closed. What is left when the time is up is cut. Called again, it
   * waits for the same end.
   *
   * @returns how many connections were cut
   */
  close(): Promise<number>;
}

/**
 * Lets an HTTP or HTTPS server end without losing an answer. Create it before the server listens: it has to know of the requests
 * in flight.
 *
 * `server.close()` of Node.js alone is not enough. It closes connections whose answer is handed over but not yet written, which
 * cuts the answer off; and a connection that is busy goes on to take requests for as long as the client likes.
 *
 * @throws ConfigurationError if the time is out of its range
 */
export function createGracefulShutdown(
  server: HttpServer | HttpsServer,
  options: GracefulShutdownOptions = {},
): GracefulShutdown {
  const { timeoutSeconds = 10 } = options;
  assertWholeNumber('timeoutSeconds', timeoutSeconds, 1, 3600);
  const connections = new Set<Socket>();
  const secured = new Set<Socket>();
  const responses = new Set<ServerResponse>();
  let closing: Promise<number> | null = null;

  server.on('connection', (socket: Socket) => {
    keepWhileOpen(connections, socket);
  });
  server.on('secureConnection', (socket: Socket) => {
    keepWhileOpen(secured, socket);
  });
  server.prependListener('request', (_request, response: ServerResponse) => {
    responses.add(response);
    if (closing !== null) announceClose(response);
    response.once('close', () => {
      responses.delete(response);
      if (closing !== null) closeIdle();
    });
  });

  function closeIdle(): void {
    // Node.js takes a connection for idle as soon as its answer is handed over, written or not.
    for (const response of responses) if (response.writableEnded) return;
    server.closeIdleConnections();
  }

  function cut(): number {
    const left = connections.size;
    for (const socket of connections) socket.destroy();
    server.closeAllConnections();
    return left;
  }

  function close(): Promise<number> {
    let left = 0;
    const timer = setTimeout(() => {
      left = cut();
    }, timeoutSeconds * 1000);
    for (const response of responses) announceClose(response);
    // Node.js takes a connection for busy until its first request has been answered, whether it has begun or not.
    for (const socket of [...secured, ...connections]) if (socket.bytesRead === 0) socket.destroy();
    closeIdle();
    return new Promise((resolve) => {
      // Not `server.close()`: that of HTTP servers closes connections of its own choice, see above.
      NetServer.prototype.close.call(server, () => {
        clearTimeout(timer);
        resolve(left);
      });
    });
  }

  return { close: () => (closing ??= close()) };
}

function keepWhileOpen(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}

function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close');
}
