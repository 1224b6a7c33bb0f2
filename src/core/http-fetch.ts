// core: imports nothing. The only file that names the global fetch.

/** What the library asks of an HTTP client: narrower than the global `fetch`, so that a fake is a few lines. */
export type HttpFetch = (
  url: string,
  init: {
    readonly method: 'GET' | 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal: AbortSignal;
  },
) => Promise<{ readonly status: number; readonly headers: Pick<Headers, 'get'>; text(): Promise<string> }>;

/** The `fetch` of the runtime; follows no redirect, because a redirected credential is a lost one. */
export const systemFetch: HttpFetch = (url, init) => globalThis.fetch(url, { ...init, redirect: 'error' });
