// A small API over real mutual TLS, to try a policy on: every device may read /catalogue, only one that proved something /orders.

import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createDeviceTrust,
  createJwtAccessTokenVerifier,
  createMutualTlsServer,
  createTokenBindingPolicy,
  directTls,
  httpRequestFromNode,
  keyBinding,
  problemResponse,
  requireTier,
  sendHttpResponse,
  type ClaimedDevice,
  type Policy,
} from 'device-trust';
import { createMemoryStores } from 'device-trust/memory';
import { createPlayIntegrityProvider, localDecryption } from 'device-trust/play-integrity';
import {
  createFakePlay,
  createFakeTokenIssuer,
  createSimulatedDevice,
  createTestAuthority,
  type Answer,
  type SimulatedDevice,
} from 'device-trust/testing';
import { listen } from '../shared/listen.js';

/** What a phone of the examples is like. */
export interface Phone {
  /** Whether it has the services of a vendor. */
  readonly hasServices: boolean;
  readonly claimed?: ClaimedDevice;
}

export interface Service {
  createPhone(phone: Phone): SimulatedDevice;
  /** Reads a route as a user who is signed in. */
  read(phone: SimulatedDevice, path: '/catalogue' | '/orders'): Promise<Answer>;
  close(): Promise<void>;
}

const MINIMUM_TIERS: ReadonlyMap<string, string> = new Map([
  ['/catalogue', 'none'],
  ['/orders', 'basic'],
]);

/** Starts it on a free port of this machine. */
export async function startService(policy: Policy): Promise<Service> {
  const pki = await createTestAuthority();
  const play = createFakePlay();
  const { packageName, certificateSha256 } = play;
  const tokens = createFakeTokenIssuer();
  const issuers = {
    deviceIssuers: [pki.deviceCa.certificate],
    bootstrapIssuers: [pki.bootstrapCa.certificate],
  };
  const trust = createDeviceTrust({
    challengeSecrets: ['a secret of at least thirty-two characters'],
    providers: [
      createPlayIntegrityProvider({
        packageName,
        certificateSha256: [certificateSha256],
        decode: localDecryption(play),
      }),
    ],
    policy,
    authority: pki.authority,
    bootstrapIssuers: issuers.bootstrapIssuers,
    stores: createMemoryStores(),
    peerCertificates: directTls(),
    accessTokens: createJwtAccessTokenVerifier(tokens),
    tokenBinding: createTokenBindingPolicy({ bindings: [keyBinding()], unbound: 'accept' }),
  });
  await trust.start();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const handled = await trust.handler.handle(httpRequestFromNode(request));
    if (handled) {
      sendHttpResponse(handled, response);
      return;
    }
    const minimumTier = MINIMUM_TIERS.get(request.url ?? '');
    if (minimumTier === undefined) {
      response.writeHead(404).end();
      return;
    }
    const { device } = await trust.authenticator.authenticate(request, {
      requirements: [requireTier(minimumTier)],
    });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ tier: device.tier }));
  }

  const server = createMutualTlsServer(
    { ...pki.server, ...issuers, authenticator: trust.authenticator },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        sendHttpResponse(problemResponse(error), response);
      });
    },
  );
  const serverUrl = `https://127.0.0.1:${await listen(server, 0, '127.0.0.1')}`;
  const phones: SimulatedDevice[] = [];

  return {
    createPhone({ hasServices, claimed = {} }) {
      const phone = createSimulatedDevice({
        serverUrl,
        serverCa: pki.root.certificate,
        bootstrap: pki.bootstrap,
        claimed,
        evidence: ({ binding }) =>
          hasServices ? { provider: 'play-integrity', token: play.createToken({ binding }) } : null,
      });
      phones.push(phone);
      return phone;
    },
    async read(phone, path) {
      const authorization = `Bearer ${await tokens.createToken({ subject: 'alice' })}`;
      return phone.send({ path, headers: { authorization } });
    },
    async close() {
      for (const phone of phones) phone.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await trust.close();
    },
  };
}
