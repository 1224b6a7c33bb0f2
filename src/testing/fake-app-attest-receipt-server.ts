// testing: may import everything; nothing imports it.

import { generateKeyPairSync } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { jwtVerify } from 'jose';
import { systemClock, type Clock } from '../core/clock.js';
import { parseAppAttestReceipt } from '../integrity/apple/parse-app-attest-receipt.js';
import type { FakeReceiptChanges } from './fake-app-attest-receipts.js';
import type { FakeAppAttest } from './fake-app-attest.js';
import { answerFailure, startLoopbackServer, type FakeFailure } from './loopback-server.js';
import { refuseProduction } from './refuse-production.js';

/** Options of {@link createFakeAppAttestReceiptServer}. */
export interface FakeAppAttestReceiptServerOptions {
  /** Whose receipts it makes. */
  readonly apple: FakeAppAttest;
  /** What newer receipts say. Default: 1. */
  readonly riskMetric?: number;
  /** What receipts are dated by. Default: the clock of the machine. */
  readonly clock?: Clock;
}

/** A fake of the server of Apple that renews receipts, on this machine. */
export interface FakeAppAttestReceiptServer {
  /** For the option `apiUrl` of `createAppAttestReceiptClient`. */
  readonly apiUrl: string;
  /** For the options of the same name. */
  readonly teamId: string;
  readonly keyId: string;
  readonly privateKey: string;
  /** How many calls came in, whatever was answered. */
  readonly calls: number;
  /** What the next calls get, one each. */
  failNext(...failures: readonly FakeFailure[]): void;
  /** What the next newer receipt is like. */
  forgeNext(changes: FakeReceiptChanges): void;
  /** Ends all connections and stops. */
  close(): Promise<void>;
}

const DAY_MILLIS = 24 * 60 * 60 * 1000;

/**
 * Starts a real HTTP server on 127.0.0.1 that renews the receipts of a fake as Apple does: `POST /v1/attestationData` with a JWT
 * of the DeviceCheck key (401 otherwise), 304 if the receipt is too young, 400 for what is no receipt.
 *
 * @throws ConfigurationError in production
 */
export async function createFakeAppAttestReceiptServer(
  options: FakeAppAttestReceiptServerOptions,
): Promise<FakeAppAttestReceiptServer> {
  refuseProduction('createFakeAppAttestReceiptServer');
  const { apple, riskMetric = 1, clock = systemClock } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [teamId = ''] = apple.appId.split('.');
  const keyId = 'FAKEKEY123';
  const failures: FakeFailure[] = [];
  const forgeries: FakeReceiptChanges[] = [];
  let calls = 0;

  /** Whether Apple would take the token: of this key and team, and not older than an hour. */
  async function isAuthorized(token: string): Promise<boolean> {
    try {
      const { protectedHeader } = await jwtVerify(token, publicKey, {
        algorithms: ['ES256'],
        issuer: teamId,
        currentDate: clock.now(),
        maxTokenAge: '1h',
      });
      return protectedHeader.kid === keyId;
    } catch {
      return false;
    }
  }

  /** The newer receipt; `null` if it is too early for one. */
  function renew(receipt: Uint8Array): Uint8Array | null {
    const { appId, certificate, notBefore, environment } = parseAppAttestReceipt(receipt);
    const now = clock.now();
    if (notBefore !== null && now < notBefore) return null;
    const fields = {
      2: appId,
      3: certificate,
      4: 'garbled',
      6: 'RECEIPT',
      7: environment === 'production' ? 'production' : 'sandbox',
      12: now.toISOString(),
      17: String(riskMetric),
      19: new Date(now.getTime() + DAY_MILLIS).toISOString(),
      21: new Date(now.getTime() + 90 * DAY_MILLIS).toISOString(),
    };
    return apple.createReceipt(fields, forgeries.shift());
  }

  const server = await startLoopbackServer(async (request, response, path) => {
    calls += 1;
    const body = await text(request);
    const failure = failures.shift();
    if (failure) {
      answerFailure(response, failure, () => ({}));
      return;
    }
    const answer = (status: number, content = ''): void => {
      response.writeHead(status, { 'content-type': 'text/plain' });
      response.end(content);
    };
    if (request.method !== 'POST' || path !== '/v1/attestationData') answer(404);
    else if (!(await isAuthorized(request.headers.authorization ?? ''))) answer(401);
    else {
      try {
        const newer = renew(Buffer.from(body, 'base64'));
        if (newer === null) answer(304);
        else answer(200, Buffer.from(newer).toString('base64'));
      } catch {
        answer(400);
      }
    }
  });

  return {
    apiUrl: server.url,
    teamId,
    keyId,
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    get calls() {
      return calls;
    },
    failNext: (...next) => {
      failures.push(...next);
    },
    forgeNext: (changes) => {
      forgeries.push(changes);
    },
    close: () => server.close(),
  };
}
