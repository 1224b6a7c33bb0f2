// vendor: imports nothing of ours.

/** Codes of Node.js and its HTTP client for a connection that did not come about (nodejs.org/api/errors.html). */
const NO_CONNECTION: ReadonlySet<unknown> = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** `fetch` gives the reason as the cause of its error, and that may have one more. */
const MAX_DEPTH = 4;

/** True if a call certainly failed before anything of the request was sent: there was no connection to send it over. */
export function wasNeverSent(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < MAX_DEPTH && current instanceof Error; depth += 1) {
    if ('code' in current && NO_CONNECTION.has(current.code)) return true;
    current = current.cause;
  }
  return false;
}
