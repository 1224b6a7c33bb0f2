import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import {
  certificateBinding,
  createDefaultPolicy,
  createDeviceTrust,
  createJwtAccessTokenVerifier,
  createTokenBindingPolicy,
  deviceIdBinding,
  directTls,
  keyBinding,
  weakTier,
  requireTier,
  type DeviceTrustEvent,
  type DeviceTrustOptions,
  type HttpResponse,
  type IntegrityProvider,
  type PeerCertificate,
  type UnverifiedEvidence,
} from '../src/index.js';
import { decodeBase64 } from '../src/core/bytes.js';
import { createBinding } from '../src/enrolment/binding.js';
import { createMemoryStores } from '../src/memory.js';
import { createPlayIntegrityProvider, localDecryption } from '../src/play-integrity.js';
import {
  createFakeClock,
  createFakePeerRequest,
  createFakePlay,
  createFakeTokenIssuer,
  createTestAuthority,
  type FakePlayTokenRequest,
} from '../src/testing.js';
import { encodeCertificationRequest } from '../src/x509/encode-certification-request.js';
import { encodePem, parsePem } from '../src/x509/pem.js';

const BASE = '/device-trust/v1';
const ADMIN = { authorization: 'Bearer only-administrators-know-this' };

/** What a handler answered; every body of the library is JSON. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: HttpResponse['headers'];
  readonly body: Record<string, unknown>;
}

/** One request for a certificate, with what is out of the ordinary. */
export interface Ask {
  readonly key?: KeyObject;
  readonly challenge?: string;
  readonly evidence?: unknown;
  readonly play?: FakePlayTokenRequest;
  readonly csr?: string;
  readonly peer?: PeerCertificate | null;
}

export const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

export const createCsr = (key: KeyObject) =>
  encodePem('CERTIFICATE REQUEST', encodeCertificationRequest(key));

export const peerOf = (pem: string): PeerCertificate => {
  const [certificate] = parsePem(pem, 'CERTIFICATE');
  if (!certificate) throw new Error('no certificate');
  return { certificate };
};

/** A request over this client certificate. */
export const connectionOf = (peer: PeerCertificate | null, headers: Readonly<Record<string, string>> = {}) =>
  createFakePeerRequest({ certificate: peer?.certificate ?? null, headers });

/** The certificate of an answer, to send the next request with. */
export const peerFrom = (answer: JsonAnswer): PeerCertificate => peerOf(String(answer.body['certificate']));

function encodeBody(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A whole backend in memory, with its clock in our hands; requests go to the handlers without a socket. */
export async function createBackend(
  overrides: Partial<DeviceTrustOptions> = {},
  start = new Date('2026-06-01T12:00:00Z'),
  moreProviders: readonly IntegrityProvider[] = [],
) {
  const clock = createFakeClock(start);
  const pki = await createTestAuthority({ clock });
  const play = createFakePlay({ clock });
  const tokens = createFakeTokenIssuer({ clock });
  const stores = createMemoryStores();
  const events: DeviceTrustEvent[] = [];
  const options: DeviceTrustOptions = {
    challengeSecrets: ['a secret of at least thirty-two characters'],
    providers: [
      createPlayIntegrityProvider({
        packageName: play.packageName,
        certificateSha256: [play.certificateSha256],
        decode: localDecryption(play),
      }),
      ...moreProviders,
    ],
    policy: createDefaultPolicy({ withoutEvidence: weakTier({ tier: 'none' }) }),
    authority: pki.authority,
    bootstrapIssuers: [pki.bootstrapCa.certificate],
    stores,
    peerCertificates: directTls(),
    tokenBinding: createTokenBindingPolicy({
      bindings: [certificateBinding(), keyBinding(), deviceIdBinding()],
      unbound: 'accept',
    }),
    accessTokens: createJwtAccessTokenVerifier({
      issuer: tokens.issuer,
      audience: tokens.audience,
      jwks: tokens.jwks,
    }),
    // Time stands still in most tests, and no bucket fills up again.
    limiter: null,
    adminToken: 'only-administrators-know-this',
    events: { record: (event) => void events.push(event) },
    clock,
    monotonicClock: clock,
    ...overrides,
  };
  const trust = createDeviceTrust(options);
  const bootstrap = peerOf(pki.bootstrap.certificate);

  async function send(
    method: string,
    path: string,
    request: {
      readonly peer?: PeerCertificate | null;
      readonly body?: unknown;
      readonly headers?: Record<string, string>;
    } = {},
  ): Promise<JsonAnswer> {
    const { peer = bootstrap, body, headers = {} } = request;
    const chunks = body === undefined ? [] : [encodeBody(body)];
    const answer = await trust.handler.handle({
      method,
      url: `${BASE}${path}`,
      headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body: (async function* () {
        yield* chunks;
      })(),
      connection: connectionOf(peer, headers),
    });
    if (answer === null) throw new Error(`nothing is served at ${path}`);
    return { ...answer, body: JSON.parse(answer.body.toString() || 'null') as Record<string, unknown> };
  }

  async function challenge(purpose: 'enroll' | 'renew' = 'enroll', peer: PeerCertificate | null = bootstrap) {
    const answer = await send('POST', '/challenges', { peer, body: { purpose } });
    if (answer.status !== 201) throw new Error(`no challenge: ${String(answer.body['code'])}`);
    return String(answer.body['challenge']);
  }

  async function ask(path: string, purpose: 'enroll' | 'renew', request: Ask): Promise<JsonAnswer> {
    const { peer = bootstrap, key = newKey(), csr = createCsr(key) } = request;
    const text = request.challenge ?? (await challenge(purpose, peer));
    return send('POST', path, {
      peer,
      body: {
        csr,
        challenge: text,
        evidence: 'evidence' in request ? request.evidence : evidenceFor(text, key, request.play),
      },
    });
  }

  function evidenceFor(text: string, key: KeyObject, changes: FakePlayTokenRequest = {}): UnverifiedEvidence {
    const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
    const { binding } = createBinding(decodeBase64(text) ?? new Uint8Array(), publicKey);
    return { provider: 'play-integrity', token: play.createToken({ binding, ...changes }) };
  }

  return {
    clock,
    pki,
    play,
    tokens,
    stores,
    events,
    options,
    trust,
    bootstrap,
    send,
    challenge,
    evidenceFor,
    enroll: (request: Ask = {}) => ask('/certificates', 'enroll', request),
    renew: (request: Ask & { readonly peer: PeerCertificate }) =>
      ask('/certificates/renew', 'renew', request),
    revoke: (body: Record<string, unknown>) => send('POST', '/admin/revocations', { body, headers: ADMIN }),
    /** A request of an administrator. */
    administer: (method: string, path: string, body?: Record<string, unknown>) =>
      send(method, path, { headers: ADMIN, ...(body === undefined ? {} : { body }) }),
    /** An application request with a good access token. */
    authenticate: async (peer: PeerCertificate | null, minimumTier?: string) =>
      trust.authenticator.authenticate(
        connectionOf(peer, { authorization: `Bearer ${await tokens.createToken({ subject: 'alice' })}` }),
        minimumTier === undefined ? {} : { requirements: [requireTier(minimumTier)] },
      ),
  };
}

export type Backend = Awaited<ReturnType<typeof createBackend>>;
