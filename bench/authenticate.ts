// A request's device certificate: known (status and dates checked all the same), known and forwarded by nginx, and seen for the
// first time.

import { sign, verify } from 'node:crypto';
import {
  certificateBinding,
  createAuthenticator,
  createStatusCache,
  createTokenBindingPolicy,
  directTls,
  type PeerRequest,
} from 'device-trust';
import { createMemoryStores } from 'device-trust/memory';
import { createForwardedCertificates, nginx, proxyAddresses } from 'device-trust/proxy';
import { createTestAuthority } from 'device-trust/testing';
import { figure, type Bench } from './figure.js';
import { createKeyPair, cycle } from './issue.js';
import { measure } from './measure.js';
import { noAppraisal } from './no-appraisal.js';

const DEVICES = 512;

export const authenticateBench: Bench = {
  names: ['authenticate.known', 'authenticate.proxy', 'authenticate.cold'],
  async run() {
    const { authority, deviceCa, bootstrapCa } = await createTestAuthority();
    const stores = createMemoryStores();
    const certificates: Uint8Array[] = [];
    for (let index = 0; index < DEVICES; index++) certificates.push(await enroll(index));
    const options = {
      peerCertificates: directTls(),
      tokenBinding: createTokenBindingPolicy({ bindings: [certificateBinding()], unbound: 'accept' }),
      deviceIssuers: [deviceCa.certificate],
      bootstrapIssuers: [bootstrapCa.certificate],
      status: createStatusCache(stores),
      accessTokens: { verify: () => Promise.reject(new Error('not asked')) },
    };
    const warm = createAuthenticator(options);
    // A cache far smaller than the fleet: in rotation, each certificate has been forgotten when it comes again.
    const cold = createAuthenticator({ ...options, cacheCapacity: 2 });
    const behindProxy = createAuthenticator({
      ...options,
      peerCertificates: createForwardedCertificates({
        format: nginx(),
        proxy: proxyAddresses(['10.0.0.0/8']),
      }),
    });
    const nextWarm = cycle(certificates.map(connectionOf));
    const nextForwarded = cycle(certificates.map(forwardedByNginx));
    const nextCold = cycle(certificates.map(connectionOf));

    const pair = createKeyPair();
    const message = Buffer.alloc(500, 7);
    const signature = sign('sha256', message, pair.privateKey);
    const measured = await measure(
      [
        { name: 'verify', run: () => verify('sha256', message, pair.publicKey, signature) },
        { name: 'known', run: () => warm.authenticateDevice(nextWarm()) },
        { name: 'proxy', run: () => behindProxy.authenticateDevice(nextForwarded()) },
        { name: 'cold', run: () => cold.authenticateDevice(nextCold()) },
      ],
      { runs: DEVICES },
    );
    const floor = measured.get('verify') ?? NaN;
    const against = 'one ECDSA P-256 verify';
    return [
      figure('authenticate.known', measured.get('known') ?? NaN, floor, against),
      figure('authenticate.proxy', measured.get('proxy') ?? NaN, floor, against),
      figure('authenticate.cold', measured.get('cold') ?? NaN, floor, against),
    ];

    async function enroll(index: number): Promise<Uint8Array> {
      const now = new Date();
      const prepared = await authority.prepare({
        publicKey: createKeyPair().spki,
        deviceId: `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
        policyOid: '1.3.6.1.4.1.32473.1.2',
        lifetimeSeconds: 86_400,
        now,
      });
      const intent = {
        ...prepared,
        tier: 'device',
        action: 'enroll',
        requestId: String(index),
        appraisal: noAppraisal,
        enrolledAt: now,
        bootstrapCertificateSha256: null,
        intendedAt: now,
      } as const;
      await stores.certificates.recordIntent(intent, { keyHeldFrom: now });
      const { certificate } = await authority.issue(prepared);
      await stores.certificates.recordIssued(prepared, { certificate, issuedAt: now });
      return certificate;
    }
  },
};

/** A connection as Node.js shows it, without the cost of asking OpenSSL for the certificate, which is measured apart. */
function connectionOf(certificate: Uint8Array): PeerRequest {
  const peer = { raw: certificate };
  return { socket: { getPeerX509Certificate: () => peer }, rawHeaders: [] };
}

/** The lines of a request as an app sends it and nginx passes it on. */
function forwardedByNginx(certificate: Uint8Array): PeerRequest {
  const body = Buffer.from(certificate).toString('base64').replace(/.{64}/g, '$&\n');
  const pem = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
  const lines = {
    Host: 'api.example.com',
    'X-SSL-Client-Verify': 'SUCCESS',
    'X-SSL-Client-Cert': encodeURIComponent(pem),
    Connection: 'keep-alive',
    Accept: 'application/json',
    'Accept-Encoding': 'gzip',
    'Accept-Language': 'en',
    Authorization: `Bearer ${'x'.repeat(800)}`,
    'Content-Type': 'application/json',
    'User-Agent': 'okhttp/5.1.0',
    'X-Request-Id': '0b5c6d7e',
    'X-Forwarded-For': '192.0.2.7',
  };
  return { socket: { remoteAddress: '10.0.0.1' }, rawHeaders: Object.entries(lines).flat() };
}
