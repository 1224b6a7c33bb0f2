import { createPrivateKey, createPublicKey, randomBytes, sign, verify } from 'node:crypto';
import { compileFunction } from 'node:vm';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { createHuaweiSysIntegrityProvider } from '../../src/huawei-sysintegrity.js';
import { createBinding } from '../../src/enrolment/binding.js';
import { createHarmonyOsKeyAttestationProvider } from '../../src/harmonyos-key-attestation.js';
import type { UnverifiedEvidence } from '../../src/index.js';
import { createFakeHarmonyOsKeystore } from '../../src/testing/fake-harmonyos-keystore.js';
import { createFakeHuawei } from '../../src/testing/fake-huawei.js';
import {
  decodeCertificationRequest,
  parseCertificationRequest,
  verifyCertificationRequest,
} from '../../src/x509/certification-request.js';
import { createBackend, peerOf, type Backend, type JsonAnswer } from '../backend.js';
import { rejectionOf } from '../thrown-by.js';
import { BASE_URL, pemOfSec1, standIns } from './harmonyos-kits.js';
import { codeBlocks, ruleBytes, ruleRow } from './guide.js';

/**
 * ArkTS is a stricter TypeScript, so the walk-through runs here as it is printed, over stand-ins for the few calls of the kits
 * that it makes. That shows the bytes and the order of requests; not that the kits behave as the stand-ins do.
 */
interface DeviceKey {
  readonly publicKeyInfo: Uint8Array;
  sign(data: Uint8Array): Promise<Uint8Array>;
  privateKeyPem(): string;
}

interface Session {
  close(): void;
}

interface WalkThrough {
  base64(data: Uint8Array): string;
  base64Url(data: Uint8Array): string;
  decodeBase64Url(text: string): Uint8Array;
  createBinding(challenge: Uint8Array, publicKeyInfo: Uint8Array): Promise<Uint8Array>;
  createCsr(key: DeviceKey): Promise<Uint8Array>;
  derSignature(signature: Uint8Array): Uint8Array;
  createSoftwareKey(alias: string): Promise<DeviceKey>;
  findSoftwareKey(alias: string): Promise<DeviceKey | null>;
  createHuksKey(alias: string): Promise<Uint8Array>;
  signWithHuks(alias: string, data: Uint8Array): Promise<Uint8Array>;
  attestHuksKey(alias: string, challenge: Uint8Array): Promise<UnverifiedEvidence>;
  createDeviceSession(key: DeviceKey, certificate: string, chain: readonly string[]): Session;
  issue(purpose: string, over: Session, baseUrl: string, key: DeviceKey): Promise<Record<string, unknown>>;
  pickMoment(renewal: { readonly renewAfter: string; readonly renewBefore: string }): number;
}

/** The walk-through as a module. Time passes as fast as it asks; `waits` are seconds. */
function load(kits: Readonly<Record<string, object>>, waits: number[] = []): WalkThrough {
  const source = codeBlocks('harmonyos-client.md', 'typescript').join('\n');
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const module = {};
  const run = compileFunction(outputText, ['require', 'exports', 'setTimeout']) as (
    ...given: unknown[]
  ) => void;
  const pass = (done: () => void, milliseconds: number) => {
    waits.push(milliseconds / 1000);
    queueMicrotask(done);
  };
  run((name: string) => kits[name], module, pass);
  return module as WalkThrough;
}

const huawei = createFakeHuawei({ clock: { now: () => new Date('2026-06-01T12:00:00Z') } });

/** A phone and a backend; `change` may lose or replace what the backend answered. */
async function createPhone(change: (answer: JsonAnswer, path: string) => JsonAnswer = (answer) => answer) {
  const backend: Backend = await createBackend({
    providers: [
      createHuaweiSysIntegrityProvider({
        packageName: huawei.packageName,
        certificateSha256: [huawei.certificateSha256],
        appId: huawei.appId,
        roots: huawei.roots,
      }),
    ],
  });
  const requests: { readonly path: string; readonly body: unknown }[] = [];
  const stored: Map<unknown, unknown>[] = [];
  const waits: number[] = [];
  const client = load(
    standIns({
      stored,
      keystore: createFakeHarmonyOsKeystore(),
      token: (nonce) => huawei.createToken({ kind: 'harmonyos', nonce }),
      async send(certificate, path, body) {
        requests.push({ path, body });
        return change(await backend.send('POST', path, { peer: peerOf(certificate), body }), path);
      },
    }),
    waits,
  );
  const key = await client.createSoftwareKey('device');
  const { certificate, privateKey } = backend.pki.bootstrap;
  const ofRelease: DeviceKey = { ...key, privateKeyPem: () => privateKey };
  const bootstrap = client.createDeviceSession(ofRelease, certificate, []);
  return { backend, client, key, bootstrap, requests, waits };
}

const keystore = createFakeHarmonyOsKeystore();
const bytesOnly = load(
  standIns({ send: () => Promise.reject(new Error('no network')), token: String, stored: [], keystore }),
);

describe('the bytes of the ArkTS walk-through', () => {
  const publicKeyInfo = ruleBytes('SubjectPublicKeyInfo');
  const privateKey = createPrivateKey(pemOfSec1(ruleBytes('private key')));
  const keyOf = (dsaEncoding: 'der' | 'ieee-p1363'): DeviceKey => ({
    publicKeyInfo,
    sign: async (data) => new Uint8Array(sign('sha256', data, { key: privateKey, dsaEncoding })),
    privateKeyPem: () => '',
  });

  it('give the binding of the test vectors, in each spelling', async () => {
    const binding = await bytesOnly.createBinding(
      bytesOnly.decodeBase64Url(ruleRow('challenge')),
      publicKeyInfo,
    );
    expect(Buffer.from(binding)).toEqual(ruleBytes('binding'));
    expect(bytesOnly.base64Url(binding)).toBe(ruleRow('binding for Play Integrity'));
    expect(bytesOnly.base64(binding)).toBe(ruleRow('binding for HarmonyOS'));
  });

  it.each(['der', 'ieee-p1363'] as const)('make a CSR that verifies of %s signatures', async (encoding) => {
    const csr = bytesOnly.base64Url(await bytesOnly.createCsr(keyOf(encoding)));
    const { publicKey } = verifyCertificationRequest(
      parseCertificationRequest(decodeCertificationRequest(csr)),
    );
    expect(Buffer.from(publicKey.spki)).toEqual(publicKeyInfo);
  });

  it('make a CSR of a key that stays in the keystore', async () => {
    const inHuks = await bytesOnly.createHuksKey('device');
    const csr = await bytesOnly.createCsr({
      publicKeyInfo: inHuks,
      sign: (data) => bytesOnly.signWithHuks('device', data),
      privateKeyPem: () => '',
    });
    const { publicKey } = verifyCertificationRequest(parseCertificationRequest(csr));
    expect(Buffer.from(publicKey.spki)).toEqual(Buffer.from(inHuks));
  });

  it('make evidence of a key that stays in the keystore', async () => {
    const publicKey = await bytesOnly.createHuksKey('attested');
    const expected = createBinding(randomBytes(48), publicKey);
    const evidence = await bytesOnly.attestHuksKey('attested', expected.challenge);
    const { bundleName, appId, root } = keystore;
    const provider = createHarmonyOsKeyAttestationProvider({ bundleName, appIds: [appId], roots: [root] });
    const now = new Date();
    expect(await provider.verify({ evidence, expected, now })).toMatchObject({
      device: { integrity: 'basic' },
    });
  });

  it('write each pair of integers as DER', () => {
    const message = Buffer.from('any message');
    for (let count = 0; count < 300; count += 1) {
      const raw = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
      expect(verify('sha256', message, createPublicKey(privateKey), bytesOnly.derSignature(raw))).toBe(true);
    }
    const small = bytesOnly.derSignature(
      Uint8Array.from({ length: 64 }, (_, index) => (index % 32 === 31 ? 0x80 : 0)),
    );
    expect(Buffer.from(small).toString('hex')).toBe('3008020200800202' + '0080');
  });

  it('pick moments of the window only', () => {
    const renewal = { renewAfter: '2026-06-05T00:00:00.000Z', renewBefore: '2026-06-06T00:00:00.000Z' };
    const moments = Array.from({ length: 100 }, () => bytesOnly.pickMoment(renewal));
    expect(Math.min(...moments)).toBeGreaterThanOrEqual(Date.parse(renewal.renewAfter));
    expect(Math.max(...moments)).toBeLessThan(Date.parse(renewal.renewBefore));
    expect(new Set(moments).size).toBeGreaterThan(90);
  });
});

describe('the ArkTS walk-through against the server', () => {
  it('enrols with evidence, and renews over the certificate that it got', async () => {
    const { client, key, bootstrap, requests } = await createPhone();

    const first = await client.issue('enroll', bootstrap, BASE_URL, key);
    const device = client.createDeviceSession(key, String(first['certificate']), first['chain'] as string[]);
    const second = await client.issue('renew', device, BASE_URL, key);

    expect(requests.map(({ path }) => path)).toEqual([
      '/challenges',
      '/certificates',
      '/challenges',
      '/certificates/renew',
    ]);
    expect(requests[1]?.body).toMatchObject({ evidence: { provider: 'huawei-sysintegrity' } });
    expect(first['tier']).not.toBe('none');
    expect(second['deviceId']).toBe(first['deviceId']);
    expect(second['serialNumber']).not.toBe(first['serialNumber']);
  });

  it('has stored the key before it asks, and finds it after a restart', async () => {
    const { client, requests, key } = await createPhone();
    expect(requests).toEqual([]);
    const found = await client.findSoftwareKey('device');
    expect(found?.publicKeyInfo).toEqual(key.publicKeyInfo);
    expect(found?.privateKeyPem()).toBe(key.privateKeyPem());
    expect(await client.findSoftwareKey('another')).toBeNull();
  });

  it('sends the same request again when the answer is lost, and gets the same certificate', async () => {
    const issued: unknown[] = [];
    const { client, key, bootstrap, requests } = await createPhone((answer, path) => {
      if (path !== '/certificates') return answer;
      issued.push(answer.body['serialNumber']);
      if (issued.length === 1) throw new Error('the connection is gone');
      return answer;
    });

    const { serialNumber } = await client.issue('enroll', bootstrap, BASE_URL, key);

    expect(issued).toEqual([serialNumber, serialNumber]);
    expect(requests[2]).toEqual(requests[1]);
  });

  it('waits for as long as the server asks, and then a little', async () => {
    const problem = { 'content-type': 'application/problem+json', 'retry-after': '30' };
    let refusals = 2;
    const { client, key, bootstrap, waits } = await createPhone((answer, path) => {
      if (path !== '/challenges' || refusals === 0) return answer;
      refusals -= 1;
      return { status: 503, headers: problem, body: { code: 'store_unavailable', action: 'retry' } };
    });

    await client.issue('enroll', bootstrap, BASE_URL, key);

    expect(waits).toHaveLength(2);
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(30);
      expect(wait).toBeLessThanOrEqual(30 + 2 ** (index + 1));
    }
  });

  it.each([
    { action: 'reattest', times: 3 },
    { action: 'stop', times: 1 },
  ])('gives up on $action after $times', async ({ action, times }) => {
    const headers = { 'content-type': 'application/problem+json' };
    const { client, key, bootstrap, requests } = await createPhone((answer, path) =>
      path === '/certificates' ? { status: 403, headers, body: { code: 'policy_denied', action } } : answer,
    );

    const error = await rejectionOf(client.issue('enroll', bootstrap, BASE_URL, key));

    expect(error).toMatchObject({ code: 'policy_denied', action });
    const challenges = requests.filter(({ path }) => path === '/certificates').map(({ body }) => body);
    expect(challenges).toHaveLength(times);
    expect(new Set(challenges.map((body) => (body as { challenge: string }).challenge)).size).toBe(times);
  });

  it('takes a 502 of something in between for a reason to wait, and any other page for the end', async () => {
    const pages = [502, 404];
    const { client, key, bootstrap, waits } = await createPhone((answer) => {
      const status = pages.shift();
      return status === undefined ? answer : { status, headers: { 'content-type': 'text/html' }, body: {} };
    });

    expect(await rejectionOf(client.issue('enroll', bootstrap, BASE_URL, key))).toMatchObject({
      action: 'stop',
    });
    expect(waits).toHaveLength(1);
  });
});
