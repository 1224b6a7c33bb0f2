// http: imports core, contracts and the use cases.

import type { PeerRequest } from '../contracts/peer-certificate.js';

/** A request as any framework can describe it. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as in the request line, such as `/device-trust/v1/device`. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body as it comes in; a Node.js request and a web `ReadableStream` are both such. Read at most once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** What tells whose certificate the request comes with; in Node.js, the `IncomingMessage` itself. */
  readonly connection: PeerRequest;
  /** Aborts when the client has gone. */
  readonly signal?: AbortSignal;
}

/** A response for any framework to send. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Answers requests; resolves to `null` for a path that is not its own, and never rejects. */
export interface HttpHandler {
  handle(request: HttpRequest): Promise<HttpResponse | null>;
}

/** A JSON response that no cache keeps. */
export function jsonResponse(status: number, document: unknown): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(document),
  };
}

/** The one value of a header, or `undefined` if there is none. A repeated header gives its lines joined by commas. */
export function headerValue(request: Pick<HttpRequest, 'headers'>, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
}
