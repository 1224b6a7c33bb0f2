// The server of the enrolment benchmark: a process of its own, so that its CPU time is its own. Speaks to its parent by IPC.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  certificateBinding,
  createDefaultPolicy,
  createDeviceTrust,
  createJwtAccessTokenVerifier,
  createMutualTlsServer,
  createNodeListener,
  createTokenBindingPolicy,
  directTls,
} from 'device-trust';
import { createPlayIntegrityProvider, localDecryption } from 'device-trust/play-integrity';
import { createFakeTokenIssuer, createTestAuthority } from 'device-trust/testing';
import { listen } from '../examples/shared/listen.js';
import { openStores } from '../examples/shared/open-stores.js';

const [packageName = '', certificateSha256 = '', decryptionKey = '', verificationKey = '', storeUrl] =
  process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'device-trust-bench-'));
const pki = await createTestAuthority();
const tokens = createFakeTokenIssuer();
const opened = await openStores(storeUrl ?? `sqlite:${join(folder, 'bench.db')}`);
const trust = createDeviceTrust({
  challengeSecrets: ['a secret for a benchmark, long enough'],
  providers: [
    createPlayIntegrityProvider({
      packageName,
      certificateSha256: [certificateSha256],
      decode: localDecryption({ decryptionKey, verificationKey }),
    }),
  ],
  policy: createDefaultPolicy(),
  authority: pki.authority,
  bootstrapIssuers: [pki.bootstrapCa.certificate],
  stores: opened.stores,
  peerCertificates: directTls(),
  tokenBinding: createTokenBindingPolicy({ bindings: [certificateBinding()], unbound: 'accept' }),
  // Every client of the benchmark comes from one address.
  limiter: null,
  accessTokens: createJwtAccessTokenVerifier(tokens),
});
await trust.start();
const server = createMutualTlsServer(
  {
    ...pki.server,
    deviceIssuers: [pki.deviceCa.certificate],
    bootstrapIssuers: [pki.bootstrapCa.certificate],
    authenticator: trust.authenticator,
  },
  createNodeListener(trust.handler),
);
const port = await listen(server, 0, '127.0.0.1');

process.on('message', () => process.send?.({ cpu: process.cpuUsage() }));
process.once('disconnect', () => {
  server.close();
  server.closeAllConnections();
  void trust.close().then(() => {
    opened.close();
    rmSync(folder, { recursive: true, force: true });
  });
});
process.send?.({ port, serverCa: pki.root.certificate, bootstrap: pki.bootstrap });
