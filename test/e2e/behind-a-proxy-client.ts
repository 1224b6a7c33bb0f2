import { request as httpsRequest } from 'node:https';
import { connect, TLSSocket, type ConnectionOptions } from 'node:tls';

/** A client certificate, PEM, with what is above it if need be. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** One request for `/app` over a connection of its own, to a port of 127.0.0.1. */
export interface Ask {
  readonly port: number;
  /** PEM of the CA above the server's certificate. */
  readonly serverCa: string;
  readonly client: ClientCertificate | null;
  /** Default: that of the certificate of the server, and the port. */
  readonly host?: string;
  /** Sent line by line as they are here. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly tlsVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Of a former connection, to be resumed. */
  readonly session?: Buffer;
}

/** What came back. */
export interface Reply {
  readonly status: number;
  /** `code` of problem details, or `null`. */
  readonly code: string | null;
  /** The document, or the text if it is none. */
  readonly body: unknown;
  readonly isResumed: boolean;
  /** The last one that the server gave out; `null` if it gave none. */
  readonly session: Buffer | null;
}

/** Asks, and expects an answer. */
export function ask(options: Ask): Promise<Reply> {
  const { host = `localhost:${options.port}`, headers = [] } = options;
  const lines = [['Host', host], ...headers].flat();
  let session: Buffer | null = null;
  let isResumed = false;
  return new Promise((resolve, reject) => {
    const connection = connectionOf(options);
    const request = httpsRequest({
      ...connection,
      agent: false,
      path: '/app',
      headers: lines,
      timeout: 15_000,
    });
    request.on('socket', (socket) => {
      if (!(socket instanceof TLSSocket)) return;
      socket.on('session', (given) => (session = given));
      socket.on('secureConnect', () => (isResumed = socket.isSessionReused()));
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 15 seconds')));
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const isProblem = response.headers['content-type'] === 'application/problem+json';
        const body = parse(Buffer.concat(chunks).toString());
        const { code } = Object(body) as { readonly code?: unknown };
        resolve({
          status: response.statusCode ?? 0,
          code: isProblem ? String(code) : null,
          body,
          isResumed,
          session,
        });
      });
    });
    request.end();
  });
}

/**
 * Connects and waits for the server to refuse the handshake: the TLS alert that it sends, in capitals, or what else ended the
 * connection. In TLS 1.3 a client is done before the server has seen its certificate; one that is sending by then may not hear
 * the alert. So nothing is sent here.
 */
export function readAlert(options: Ask): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(connectionOf(options));
    socket.setTimeout(10_000, () => socket.destroy(new Error('the handshake was not refused')));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve(/ALERT_(\w+)$/.exec(error.code ?? '')?.[1] ?? error.code ?? error.message);
    });
    socket.on('close', () => {
      resolve('closed without a word');
    });
  });
}

function connectionOf({ port, serverCa, client, tlsVersion, session }: Ask): ConnectionOptions {
  return {
    host: '127.0.0.1',
    port,
    servername: 'localhost',
    ca: serverCa,
    ...(client && { cert: client.certificate, key: client.privateKey }),
    ...(tlsVersion && { minVersion: tlsVersion, maxVersion: tlsVersion }),
    ...(session && { session }),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
