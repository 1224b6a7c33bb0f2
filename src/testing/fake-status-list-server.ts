// testing: may import everything; nothing imports it.

import { answerFailure, startLoopbackServer, type FakeFailure } from './loopback-server.js';
import { refuseProduction } from './refuse-production.js';

/** An entry of the list. */
export interface FakeStatusEntry {
  /** `REVOKED` or `SUSPENDED`. */
  readonly status: string;
  readonly reason?: string;
}

/** A fake of Google's status list of attestation keys, on this machine. */
export interface FakeStatusListServer {
  /** For the option `url` of `createAttestationStatusList`. */
  readonly url: string;
  /** How often the list was asked for, whatever was answered. */
  readonly calls: number;
  /** What the list holds from now on: by serial number, lower-case hex without leading zeros. */
  setEntries(entries: Readonly<Record<string, FakeStatusEntry>>): void;
  /** Headers of the answer from now on, such as `cache-control`. */
  setHeaders(headers: Readonly<Record<string, string>>): void;
  /** What the next requests get, one each. */
  failNext(...failures: readonly FakeFailure[]): void;
  /** Ends all connections and stops. */
  close(): Promise<void>;
}

/**
 * Starts a real HTTP server on 127.0.0.1 that gives out a status list as Google does. At first it holds one entry that is of
 * no phone, because Google's is never empty, and may be kept for a day.
 *
 * @throws ConfigurationError in production
 */
export async function createFakeStatusListServer(): Promise<FakeStatusListServer> {
  refuseProduction('createFakeStatusListServer');
  let entries: Readonly<Record<string, FakeStatusEntry>> = {
    '6681152659205225093': { status: 'REVOKED', reason: 'KEY_COMPROMISE' },
  };
  let headers: Readonly<Record<string, string>> = { 'cache-control': 'public, max-age=86400' };
  const failures: FakeFailure[] = [];
  let calls = 0;
  const server = await startLoopbackServer(async (_request, response) => {
    calls += 1;
    const failure = failures.shift();
    if (failure) {
      answerFailure(response, failure, (status) => ({ error: { code: status } }));
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ entries }));
  });
  return {
    url: `${server.url}/attestation/status`,
    get calls() {
      return calls;
    },
    setEntries: (next) => {
      entries = next;
    },
    setHeaders: (next) => {
      headers = next;
    },
    failNext: (...next) => {
      failures.push(...next);
    },
    close: () => server.close(),
  };
}
