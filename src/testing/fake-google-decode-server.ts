// testing: may import everything; nothing imports it.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { compactVerify } from 'jose';
import type { GoogleServiceAccountKey } from '../integrity/play/google-access-token.js';
import type { FakePlay, FakePlayPayload } from './fake-play.js';
import { answerFailure, answerJson, startLoopbackServer, type FakeFailure } from './loopback-server.js';
import { refuseProduction } from './refuse-production.js';

/** The scope that the decode API asks for. */
const SCOPE = 'https://www.googleapis.com/auth/playintegrity';

/** What a decode call gets instead of its answer; `slow`: the answer, so many milliseconds late. */
export type FakeDecodeFailure = FakeFailure | { readonly kind: 'slow'; readonly milliseconds: number };

/** A fake of Google's decode API and token endpoint on this machine. */
export interface FakeGoogleDecodeServer {
  /** For the option `apiUrl` of `googleDecode`. */
  readonly apiUrl: string;
  /** For the option `credentials` of `googleDecode`, or as JSON for `GOOGLE_APPLICATION_CREDENTIALS`. */
  readonly credentials: GoogleServiceAccountKey & { readonly type: 'service_account' };
  /** An access token that the API always takes, for the option `accessToken`. */
  readonly accessToken: string;
  /** How many decode calls came in, whatever was answered. */
  readonly decodeCalls: number;
  /** How many access tokens were asked for. */
  readonly accessTokenCalls: number;
  /** What the next decode calls get, one each. */
  failNext(...failures: readonly FakeDecodeFailure[]): void;
  /** What all decode calls get from now on; `null`: their answers again. */
  failAll(failure: FakeDecodeFailure | null): void;
  /** What decode calls for this token get from now on; `null`: their answers again. */
  failFor(token: string, failure: FakeDecodeFailure | null): void;
  /** Refuses connections, of the token endpoint too; or takes them again, at the same address. */
  setDown(down: boolean): Promise<void>;
  /** Forgets the access tokens it gave to `credentials`: the next call with one is answered 401. */
  forgetAccessTokens(): void;
  /** Ends all connections and stops. */
  close(): Promise<void>;
}

/**
 * Starts a real HTTP server on 127.0.0.1 that decodes the tokens of a fake Play as Google does: `POST
 * /v1/{packageName}:decodeIntegrityToken` with an access token, 400 for what it cannot decode, 403 for another package, and
 * cleared verdicts when a standard token is decoded again.
 *
 * @throws ConfigurationError in production
 */
export async function createFakeGoogleDecodeServer({
  play,
}: {
  play: FakePlay;
}): Promise<FakeGoogleDecodeServer> {
  refuseProduction('createFakeGoogleDecodeServer');
  const serviceAccount = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const fixedAccessToken = randomUUID();
  const accessTokens = new Set<string>();
  const decoded = new Set<string>();
  const failures: FakeDecodeFailure[] = [];
  const poisoned = new Map<string, FakeDecodeFailure>();
  let standing: FakeDecodeFailure | null = null;
  let decodeCalls = 0;
  let accessTokenCalls = 0;

  async function giveAccessToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    accessTokenCalls += 1;
    const assertion = new URLSearchParams(await text(request)).get('assertion') ?? '';
    const scope = await compactVerify(assertion, serviceAccount.publicKey).then(
      ({ payload }) => String(readMember(JSON.parse(Buffer.from(payload).toString()), 'scope')),
      () => '',
    );
    if (!scope.split(' ').includes(SCOPE)) {
      answerJson(response, 400, { error: 'invalid_grant' });
      return;
    }
    const accessToken = randomUUID();
    accessTokens.add(accessToken);
    answerJson(response, 200, { access_token: accessToken, token_type: 'Bearer', expires_in: 3599 });
  }

  async function decode(
    request: IncomingMessage,
    response: ServerResponse,
    packageName: string,
  ): Promise<void> {
    decodeCalls += 1;
    const token = String(readMember(JSON.parse(await text(request)), 'integrityToken'));
    const failure = failures.shift() ?? poisoned.get(token) ?? standing;
    if (failure?.kind === 'slow') {
      await sleep(failure.milliseconds);
    } else if (failure) {
      answerFailure(response, failure, (status) => googleError(status, 'UNKNOWN'));
      return;
    }
    const accessToken = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (accessToken !== fixedAccessToken && !accessTokens.has(accessToken)) {
      answerJson(response, 401, googleError(401, 'UNAUTHENTICATED'));
    } else if (packageName !== play.packageName) {
      answerJson(response, 403, googleError(403, 'PERMISSION_DENIED'));
    } else {
      const payload = play.findPayload(token);
      if (payload === null) {
        answerJson(response, 400, googleError(400, 'INVALID_ARGUMENT'));
      } else {
        answerJson(response, 200, {
          tokenPayloadExternal: decoded.has(token) ? clearVerdict(payload) : payload,
        });
        decoded.add(token);
      }
    }
  }

  const server = await startLoopbackServer(async (request, response, path) => {
    const packageName = /^\/v1\/([^/]+):decodeIntegrityToken$/.exec(path)?.[1];
    if (request.method === 'POST' && path === '/token') await giveAccessToken(request, response);
    else if (request.method === 'POST' && packageName)
      await decode(request, response, decodeURIComponent(packageName));
    else answerJson(response, 404, googleError(404, 'NOT_FOUND'));
  });
  const apiUrl = server.url;

  return {
    apiUrl,
    credentials: {
      type: 'service_account',
      client_email: 'play-integrity@fake.iam.gserviceaccount.com',
      private_key: serviceAccount.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      token_uri: `${apiUrl}/token`,
    },
    accessToken: fixedAccessToken,
    get decodeCalls() {
      return decodeCalls;
    },
    get accessTokenCalls() {
      return accessTokenCalls;
    },
    failNext: (...next) => {
      failures.push(...next);
    },
    failAll: (failure) => {
      standing = failure;
    },
    failFor: (token, failure) => {
      if (failure) poisoned.set(token, failure);
      else poisoned.delete(token);
    },
    setDown: (down) => server.setDown(down),
    forgetAccessTokens: () => {
      accessTokens.clear();
    },
    close: () => server.close(),
  };
}

/** What Google leaves of a standard token that is decoded again (developer.android.com/google/play/integrity/standard). */
function clearVerdict(payload: FakePlayPayload): FakePlayPayload {
  const request = payload['requestDetails'];
  if (readMember(request, 'requestHash') === undefined) return payload;
  return {
    requestDetails: request,
    appIntegrity: { appRecognitionVerdict: 'UNEVALUATED' },
    deviceIntegrity: {},
    accountDetails: { appLicensingVerdict: 'UNEVALUATED' },
  };
}

function googleError(code: number, status: string): object {
  return { error: { code, message: `The fake says ${status}.`, status } };
}

function readMember(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, name)?.value
    : undefined;
}
