// testing: may import everything; nothing imports it.

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { decodeBase64 } from '../core/bytes.js';
import type { ExpectedBinding, UnverifiedEvidence } from '../contracts/evidence.js';
import type { ClaimedDevice, IssuanceAction } from '../contracts/policy.js';
import { createBinding } from '../enrolment/binding.js';
import { encodeCertificationRequest } from '../x509/encode-certification-request.js';
import { encodePem } from '../x509/pem.js';
import { refuseProduction } from './refuse-production.js';
import { createTlsClient, type Answer, type ClientRequest, type TlsClient } from './tls-client.js';

/** Makes evidence as the platform of the device would; `null`: the device has none. */
export type EvidenceSource = (
  expected: ExpectedBinding,
) => UnverifiedEvidence | readonly UnverifiedEvidence[] | null | Promise<UnverifiedEvidence | null>;

/** What an install of an app is born with. */
export interface SimulatedDeviceOptions {
  /** `https://127.0.0.1:<port>` of the mTLS listener. */
  readonly serverUrl: string;
  /** PEM of the CA above the server's certificate. */
  readonly serverCa: string;
  /** The client certificate that all installs share, PEM. */
  readonly bootstrap: { readonly certificate: string; readonly privateKey: string };
  readonly evidence: EvidenceSource;
  readonly claimed?: ClaimedDevice;
  /** Default `/device-trust/v1`. */
  readonly basePath?: string;
}

/** A certificate as the server gave it out. */
export interface DeviceCertificate {
  readonly deviceId: string;
  readonly tier: string;
  readonly serialNumber: string;
  readonly certificate: string;
  readonly chain: readonly string[];
  readonly notBefore: string;
  readonly notAfter: string;
  readonly renewal: {
    readonly renewAfter: string;
    readonly renewBefore: string;
    readonly reason?: string;
    readonly evidenceDueAt?: string;
  };
}

/** What can be different about one request for a certificate. */
export interface AskOptions {
  /** A challenge to use again. Default: a new one. */
  readonly challenge?: string;
  /** Default: the device's own source. */
  readonly evidence?: EvidenceSource;
  /** The key to certify. Default: the device's current key. */
  readonly key?: KeyObject;
}

/** An install of an app on a simulated phone. */
export interface SimulatedDevice {
  /** The certificate in use; `null` before the first enrolment. */
  readonly certificate: () => DeviceCertificate | null;
  /** Private key of the device. A real one never leaves the keystore. */
  readonly key: () => KeyObject;
  /** Makes a new key; used by the next enrolment or renewal. */
  createKey(): KeyObject;
  requestChallenge(purpose: IssuanceAction): Promise<string>;
  /** Asks for a certificate over the bootstrap connection; takes it into use if it gets one. */
  enroll(options?: AskOptions): Promise<Answer>;
  /** Asks for a new certificate over the device connection; takes it into use if it gets one. */
  renew(options?: AskOptions): Promise<Answer>;
  /** Sends over the connection with the device certificate, which stays open from one request to the next. */
  send(request: ClientRequest): Promise<Answer>;
  /** Sends over the connection with the bootstrap certificate. */
  sendAsBootstrap(request: ClientRequest): Promise<Answer>;
  close(): void;
}

/** @throws ConfigurationError in production */
export function createSimulatedDevice(options: SimulatedDeviceOptions): SimulatedDevice {
  refuseProduction('createSimulatedDevice');
  const { basePath = '/device-trust/v1', bootstrap, claimed } = options;
  const bootstrapClient = createTlsClient({ ...options, ...bootstrap });
  const retired: TlsClient[] = [bootstrapClient];
  let key = createKey();
  let current: { readonly certificate: DeviceCertificate; readonly client: TlsClient } | null = null;

  function deviceClient(): TlsClient {
    if (current === null) throw new Error('the device has no certificate yet');
    return current.client;
  }

  async function requestChallenge(client: TlsClient, purpose: IssuanceAction): Promise<string> {
    const answer = await client.send({ path: `${basePath}/challenges`, body: { purpose } });
    const { body } = answer;
    if (
      typeof body === 'object' &&
      body !== null &&
      'challenge' in body &&
      typeof body.challenge === 'string'
    ) {
      return body.challenge;
    }
    throw new Error(`no challenge: ${answer.status} ${answer.code ?? ''}`);
  }

  async function ask(
    client: TlsClient,
    purpose: IssuanceAction,
    path: string,
    asked: AskOptions,
  ): Promise<Answer> {
    const privateKey = asked.key ?? key;
    const challenge = asked.challenge ?? (await requestChallenge(client, purpose));
    const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
    const expected = createBinding(decodeBase64(challenge) ?? new Uint8Array(), publicKey);
    const answer = await client.send({
      path: `${basePath}${path}`,
      body: {
        csr: encodePem('CERTIFICATE REQUEST', encodeCertificationRequest(privateKey)),
        challenge,
        evidence: await (asked.evidence ?? options.evidence)(expected),
        ...(claimed ? { device: claimed } : {}),
      },
    });
    if (answer.status === 201 && isDeviceCertificate(answer.body)) install(answer.body, privateKey);
    return answer;
  }

  function install(certificate: DeviceCertificate, privateKey: KeyObject): void {
    key = privateKey;
    const client = createTlsClient({
      ...options,
      certificate: [certificate.certificate, ...certificate.chain].join(''),
      privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    });
    retired.push(client);
    current = { certificate, client };
  }

  return {
    certificate: () => current?.certificate ?? null,
    key: () => key,
    createKey: () => (key = createKey()),
    requestChallenge: (purpose) =>
      requestChallenge(purpose === 'enroll' ? bootstrapClient : deviceClient(), purpose),
    enroll: (asked = {}) => ask(bootstrapClient, 'enroll', '/certificates', asked),
    renew: (asked = {}) => ask(deviceClient(), 'renew', '/certificates/renew', asked),
    send: (request) => deviceClient().send(request),
    sendAsBootstrap: (request) => bootstrapClient.send(request),
    close() {
      for (const client of retired) client.close();
    },
  };
}

function createKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function isDeviceCertificate(body: unknown): body is DeviceCertificate {
  return typeof body === 'object' && body !== null && 'certificate' in body && 'deviceId' in body;
}
