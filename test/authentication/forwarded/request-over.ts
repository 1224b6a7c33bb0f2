import { createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer, request as httpsRequest, type ServerOptions } from 'node:https';
import type { ListenOptions, Server } from 'node:net';
import { onTestFinished } from 'vitest';

/** How a client comes in. */
export interface Client {
  readonly socketPath?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Speaks TLS. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string };
}

/** Sends one request to a server of its own, and hands out what a handler sees of it before it is answered. */
export async function requestOver<T>(
  listen: ListenOptions,
  tls: ServerOptions | null,
  client: Client,
  look: (request: IncomingMessage) => T,
): Promise<T> {
  let seen: (() => T) | undefined;
  const listener = (request: IncomingMessage, response: { end(): void }) => {
    try {
      const value = look(request);
      seen = () => value;
    } catch (error) {
      seen = () => {
        throw error;
      };
    }
    response.end();
  };
  const server: Server = tls === null ? createHttpServer(listener) : createHttpsServer(tls, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen, resolve);
  });
  onTestFinished(() => {
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? { port: address.port } : {};
  await new Promise<void>((resolve, reject) => {
    const { tls: clientTls, ...rest } = client;
    const options = { ...rest, ...port, agent: false };
    const sent =
      clientTls === undefined
        ? httpRequest(options)
        : httpsRequest({ ...options, ...clientTls, servername: 'localhost' });
    sent.once('error', reject);
    sent.once('response', (response) => {
      response.resume().once('end', resolve);
    });
    sent.end();
  });
  if (seen === undefined) throw new Error('the request did not arrive');
  return seen();
}
