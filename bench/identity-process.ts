// The process of the memory benchmark: verified certificates in their cache, and a million requests. Run with --expose-gc.

import { memoryUsage } from 'node:process';
import {
  certificateBinding,
  createAuthenticator,
  createStatusCache,
  createTokenBindingPolicy,
  directTls,
  type CertificateQuery,
  type CertificateRecord,
  type PeerRequest,
} from 'device-trust';
import { createMemoryStores } from 'device-trust/memory';
import { createTestAuthority } from 'device-trust/testing';
import { createKeyPair } from './issue.js';

const CERTIFICATES = 100_000;
const REQUESTS = 1_000_000;

const { authority, deviceCa, bootstrapCa } = await createTestAuthority();
const { spki: publicKey } = createKeyPair();
const now = new Date();
const serialNumbers: string[] = [];
const peers: PeerRequest[] = [];
for (let index = 0; index < CERTIFICATES; index++) {
  const prepared = await authority.prepare({
    publicKey,
    deviceId: deviceIdOf(index),
    policyOid: '1.3.6.1.4.1.32473.1.2',
    lifetimeSeconds: 86_400,
    now,
  });
  const peer = { raw: (await authority.issue(prepared)).certificate };
  peers.push({ socket: { getPeerX509Certificate: () => peer }, rawHeaders: [] });
  serialNumbers.push(prepared.serialNumber);
}
const indexes = new Map(serialNumbers.map((serialNumber, index) => [serialNumber, index]));

// A store that makes up its records when it is asked, so that none of the memory is its own.
const stores = createMemoryStores();
const find = async (query: CertificateQuery) => {
  const serialNumber = query.by === 'name' ? query.serialNumber : '';
  const deviceId = deviceIdOf(indexes.get(serialNumber) ?? 0);
  const appraisal = { reasons: [], verdicts: [], claimed: {} };
  const issued = { issuedAt: now, firstUsedAt: now, supersededAt: null };
  return await Promise.resolve({ deviceId, appraisal, ...issued } as unknown as CertificateRecord);
};
const certificates = { ...stores.certificates, find };
const options = {
  peerCertificates: directTls(),
  tokenBinding: createTokenBindingPolicy({ bindings: [certificateBinding()], unbound: 'accept' }),
  deviceIssuers: [deviceCa.certificate],
  bootstrapIssuers: [bootstrapCa.certificate],
  status: createStatusCache({ ...stores, certificates }),
  accessTokens: { verify: () => Promise.reject(new Error('not asked')) },
};

// Large enough that none of them is forgotten.
const whole = createAuthenticator({ ...options, cacheCapacity: 2 * CERTIFICATES });
const [first] = peers;
if (first) whole.identify(first);
const before = usedHeap();
for (const peer of peers) whole.identify(peer);
const bytes = (usedHeap() - before) / (CERTIFICATES - 1);
// Asked once more, so that the cache is still there when its memory is told.
if (first) whole.identify(first);

// The default: as many certificates as it remembers, in rotation, which is the worst for it.
const bounded = createAuthenticator(options);
const request = async (from: number, to: number) => {
  for (let index = from; index < to; index++) {
    const peer = peers[index % CERTIFICATES];
    if (peer) await bounded.authenticateDevice(peer);
  }
  return usedHeap();
};
const early = await request(0, 2 * CERTIFICATES);
const late = await request(2 * CERTIFICATES, REQUESTS);
process.send?.({ bytes, growth: late / early });

function usedHeap(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return memoryUsage().heapUsed;
}

function deviceIdOf(index: number): string {
  return `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}
