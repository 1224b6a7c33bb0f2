// core: imports nothing. The only file that names the global fetch.

/**
 * What the library asks of an HTTP client: narrower than the global `fetch`, so that a fake is a few lines. It must follow no
 * redirect, and may refuse to read an answer to its end if it is far larger than expected.
 */
export type HttpFetch = (
  url: string,
  init: {
    readonly method: 'GET' | 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
    readonly signal: AbortSignal;
  },
) => Promise<{ readonly status: number; readonly headers: Pick<Headers, 'get'>; text(): Promise<string> }>;

/** Nothing that the library asks for comes near. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/**
 * The `fetch` of the runtime; follows no redirect, because a redirected credential is a lost one, and reads no more than
 * 1 MiB of an answer.
 */
export const systemFetch: HttpFetch = async (url, init) => {
  const response = await globalThis.fetch(url, { ...init, redirect: 'error' });
  return { status: response.status, headers: response.headers, text: () => readText(response) };
};

async function readText({ body }: Response): Promise<string> {
  if (body === null) return '';
  const stream: AsyncIterable<Uint8Array> = body;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > MAX_RESPONSE_BYTES) throw new DOMException('the answer is too large', 'QuotaExceededError');
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
