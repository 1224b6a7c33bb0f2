// The server of the OCSP benchmark, a process of its own. Speaks to its parent by IPC.

import { createServer } from 'node:http';
import {
  createNodeListener,
  createOcspResponder,
  createStatusCache,
  createStatusHandler,
  type CrlPublisher,
} from 'device-trust';
import { createMemoryStores } from 'device-trust/memory';
import { createTestAuthority } from 'device-trust/testing';
import { der } from '../src/x509/der-writer.js';
import { encodeOcspCertId } from '../src/x509/encode-ocsp.js';
import { parseCertificate } from '../src/x509/certificate.js';
import { listen } from '../examples/shared/listen.js';
import { createKeyPair } from './issue.js';
import { noAppraisal } from './no-appraisal.js';

const { authority } = await createTestAuthority();
const stores = createMemoryStores();
const now = new Date();
const prepared = await authority.prepare({
  publicKey: createKeyPair().spki,
  deviceId: '00000000-0000-4000-8000-000000000001',
  policyOid: '1.3.6.1.4.1.32473.1.2',
  lifetimeSeconds: 86_400,
  now,
});
const origin = { enrolledAt: now, bootstrapCertificateSha256: null, intendedAt: now };
const intent = {
  ...prepared,
  ...origin,
  tier: 'device',
  action: 'enroll',
  requestId: '1',
  appraisal: noAppraisal,
} as const;
await stores.certificates.recordIntent(intent, { keyHeldFrom: now });
const { certificate } = await authority.issue(prepared);
await stores.certificates.recordIssued(prepared, { certificate, issuedAt: now });

const status = createStatusCache(stores);
const ocsp = createOcspResponder({ authority, ...stores, status });
const crls: CrlPublisher = { find: async () => null };
const server = createServer(createNodeListener(createStatusHandler({ authority, crls, ocsp })));
const port = await listen(server, 0, '127.0.0.1');

const issuer = parseCertificate(authority.issuers[0].certificate);
const certId = encodeOcspCertId({
  hash: 'sha1',
  issuer: issuer.subject,
  issuerKeyBits: issuer.publicKey.keyBits,
  serialNumber: Buffer.from(prepared.serialNumber, 'hex'),
});
const question = der.sequence(der.sequence(der.sequence(der.sequence(certId))));

process.on('message', () => process.send?.({ cpu: process.cpuUsage() }));
process.once('disconnect', () => {
  server.close();
  server.closeAllConnections();
});
process.send?.({ port, question: Buffer.from(question).toString('base64') });
