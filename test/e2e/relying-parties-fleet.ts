import { createServer } from 'node:http';
import {
  createLocalAuthority,
  createNodeListener,
  issueCaCrl,
  issueOcspCertificate,
} from '../../src/index.js';
import { createTestAuthority } from '../../src/testing.js';
import { encodePem } from '../../src/x509/pem.js';
import { createBackend, newKey } from '../backend.js';
import { spkiOf } from '../ca/pki.js';
import { runTool } from '../run-tool.js';

/** A device as relying parties see it: what is in its certificate is read by OpenSSL. */
export interface Device {
  readonly deviceId: string;
  readonly certificate: string;
  readonly privateKey: string;
  readonly crlUrl: string;
  readonly ocspUrl: string;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * A backend whose certificates name a status listener that is there, and three devices: one that will be revoked, its neighbour
 * in the same CRL shard, and a distant one in the other shard. A key of its own signs the OCSP answers.
 */
export async function startFleet() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  const pki = await createTestAuthority();
  const deviceCa = { certificate: pki.deviceCa.certificate, privateKey: { pem: pki.deviceCa.privateKey } };
  // Programs from outside look at the clock of the machine: ours is late, so that it may be moved on and still not be ahead.
  const start = Math.floor(Date.now() / 1000) * 1000 - MINUTE;
  const times = { notBefore: new Date(start - MINUTE), notAfter: new Date(start + DAY) };
  const ocspKey = newKey();
  const ocspCertificate = await issueOcspCertificate({
    issuer: deviceCa,
    subject: { commonName: 'test OCSP' },
    publicKey: spkiOf(ocspKey),
    ...times,
  });
  const authority = createLocalAuthority({
    issuers: [{ ...deviceCa, ocspResponder: { certificate: ocspCertificate, privateKey: ocspKey } }],
    statusUrl: `http://127.0.0.1:${address.port}`,
    crlShards: 2,
    ocsp: true,
  });
  const backend = await createBackend({ authority }, new Date(start));
  server.on('request', createNodeListener(backend.trust.statusHandler));

  const rootCrl = await issueCaCrl({
    issuer: { certificate: pki.root.certificate, privateKey: { pem: pki.root.privateKey } },
    number: 1n,
    thisUpdate: times.notBefore,
    nextUpdate: times.notAfter,
  });

  async function enrol(): Promise<Device> {
    const key = newKey();
    const { status, body } = await backend.enroll({ key });
    if (status !== 201) throw new Error(`not enrolled: ${String(body['code'])}`);
    const certificate = String(body['certificate']);
    const { output } = runTool('openssl', ['x509', '-in', '@device', '-noout', '-text'], {
      device: certificate,
    });
    return {
      deviceId: String(body['deviceId']),
      certificate,
      privateKey: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
      crlUrl: /URI:(\S+\/\d+\.crl)\n/.exec(output)?.[1] ?? '',
      ocspUrl: /OCSP - URI:(\S+)\n/.exec(output)?.[1] ?? '',
    };
  }

  /** The shard is drawn by lot. */
  async function enrolUntil(isWanted: (device: Device) => boolean): Promise<Device> {
    for (let tries = 0; tries < 64; tries += 1) {
      const device = await enrol();
      if (isWanted(device)) return device;
    }
    throw new Error('64 devices, and none in the shard');
  }

  const stolen = await enrol();
  const neighbour = await enrolUntil(({ crlUrl }) => crlUrl === stolen.crlUrl);
  const distant = await enrolUntil(({ crlUrl }) => crlUrl !== stolen.crlUrl);

  /** What is published now, PEM. */
  async function fetchLists() {
    return {
      'the shard of the stolen one': await fetchCrl(stolen.crlUrl),
      'the other shard': await fetchCrl(distant.crlUrl),
      'all shards': await fetchCrl(stolen.crlUrl.replace(/\d+\.crl$/, 'full.crl')),
    };
  }

  return {
    root: pki.root.certificate,
    deviceCa: pki.deviceCa.certificate,
    server: pki.server,
    rootCrl: encodePem('X509 CRL', rootCrl),
    devices: { stolen, neighbour, distant },
    fetchLists,
    async revokeTheStolenOne() {
      const answer = await backend.revoke({ deviceId: stolen.deviceId, reason: 'keyCompromise' });
      if (answer.status >= 300) throw new Error(`not revoked: ${String(answer.body['code'])}`);
      // Lists may be served for five seconds after they were made.
      backend.clock.advance(10);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Fleet = Awaited<ReturnType<typeof startFleet>>;
export type DeviceName = keyof Fleet['devices'];
export type ListName = keyof Awaited<ReturnType<Fleet['fetchLists']>>;

async function fetchCrl(url: string): Promise<string> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url}: ${response.status}`);
  return encodePem('X509 CRL', new Uint8Array(await response.arrayBuffer()));
}
