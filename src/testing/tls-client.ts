// testing: may import everything; nothing imports it.

import { Agent, request as httpsRequest } from 'node:https';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The JSON document, or the text if it is none. */
  readonly body: unknown;
  /** `code` of problem details; `null` for any other answer. */
  readonly code: string | null;
}

/** One request. */
export interface ClientRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string or bytes are sent as they are. */
  readonly body?: unknown;
}

/** A client with one kept-alive TLS connection. */
export interface TlsClient {
  send(request: ClientRequest): Promise<Answer>;
  /** How many connections were opened so far. */
  readonly connections: () => number;
  close(): void;
}

/** How to connect. */
export interface TlsClientOptions {
  readonly serverUrl: string;
  /** PEM of the CA above the server's certificate. */
  readonly serverCa: string;
  /** PEM chain, leaf first; without it the client has no certificate to show. */
  readonly certificate?: string;
  /** PEM. */
  readonly privateKey?: string;
  /** Default: whatever both sides like best. */
  readonly tlsVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** Opens nothing yet: the connection is made with the first request, and kept. */
export function createTlsClient(options: TlsClientOptions): TlsClient {
  const { serverUrl, serverCa, certificate, privateKey, tlsVersion } = options;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: serverCa,
    servername: 'localhost',
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(privateKey === undefined ? {} : { key: privateKey }),
    ...(tlsVersion === undefined ? {} : { minVersion: tlsVersion, maxVersion: tlsVersion }),
  });
  const sockets = new WeakSet();
  let connections = 0;

  return {
    send({ method, path, headers = {}, body }) {
      const payload = encodeBody(body);
      return new Promise((resolve, reject) => {
        const request = httpsRequest(new URL(path, serverUrl), {
          agent,
          method: method ?? (payload === null ? 'GET' : 'POST'),
          headers: payload === null ? headers : { 'content-type': 'application/json', ...headers },
          timeout: 15_000,
        });
        request.on('socket', (socket) => {
          if (!sockets.has(socket)) connections += 1;
          sockets.add(socket);
        });
        request.on('timeout', () => request.destroy(new Error('no answer within 15 seconds')));
        request.on('error', reject);
        request.on('response', (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const parsed = decodeBody(Buffer.concat(chunks));
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: parsed,
              code: problemCode(response.headers['content-type'], parsed),
            });
          });
        });
        request.end(payload ?? undefined);
      });
    },
    connections: () => connections,
    close() {
      agent.destroy();
    },
  };
}

function encodeBody(body: unknown): string | Uint8Array | null {
  if (body === undefined) return null;
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
}

function decodeBody(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function problemCode(contentType: string | undefined, body: unknown): string | null {
  if (contentType?.split(';', 1)[0] !== 'application/problem+json') return null;
  return typeof body === 'object' && body !== null && 'code' in body ? String(body.code) : null;
}
