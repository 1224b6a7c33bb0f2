// Puts device-trust together from the settings of the example servers, whatever the framework.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { JSONWebKeySet } from 'jose';
import {
  certificateBinding,
  createDefaultPolicy,
  createDeviceTrust,
  createJwtAccessTokenVerifier,
  createLocalAuthority,
  createNodeListener,
  createOutagePolicy,
  createTierScale,
  createTokenBindingPolicy,
  defaultTiers,
  deviceIdBinding,
  directTls,
  keyBinding,
  weakTier,
  type DeviceTrust,
  type MutualTlsServerOptions,
  type OutagePolicy,
  type Stores,
  type TierScale,
  type VendorProbe,
} from 'device-trust';
import type { Settings } from './environment.js';
import { listen } from './listen.js';
import { openStores } from './open-stores.js';
import { createSources } from './providers.js';

/** A running service, but for its mTLS listener: that is the framework's. */
export interface Service {
  readonly settings: Settings;
  readonly trust: DeviceTrust;
  readonly tls: MutualTlsServerOptions;
  readonly status: { readonly server: Server; readonly url: string };
  close(): Promise<void>;
}

/** Opens the store and the status listener, whose address goes into every certificate. */
export async function createService(settings: Settings): Promise<Service> {
  const { host, statusPort, server, deviceCa, ocsp, bootstrapCa } = settings;
  const status = createServer();
  const listeningAt = `http://${host}:${await listen(status, statusPort, host)}`;
  const opened = await openStores(settings.storeUrl);
  const { stores } = opened;
  const { providers, probes } = createSources(settings, stores);
  const tiers = createTiers(settings);

  const trust = createDeviceTrust({
    challengeSecrets: [settings.challengeSecret ?? randomBytes(32)],
    providers,
    policy: createDefaultPolicy({ withoutEvidence: weakTier({ tier: 'none' }), tiers }),
    tiers,
    // Off by default. Without a vendor that has to be asked there is no outage.
    ...(settings.outagePolicy && probes.length > 0
      ? { outage: createOutage(settings, stores, probes, tiers) }
      : {}),
    authority: createLocalAuthority({
      issuers: [
        {
          certificate: deviceCa.certificate,
          privateKey: { pem: deviceCa.privateKey },
          ...(ocsp && {
            ocspResponder: { certificate: ocsp.certificate, privateKey: { pem: ocsp.privateKey } },
          }),
        },
      ],
      statusUrl: settings.statusUrl ?? listeningAt,
      ocsp: true,
    }),
    bootstrapIssuers: [bootstrapCa],
    stores,
    peerCertificates: directTls(),
    // The clients of the examples bring tokens of any kind; one that is bound must be bound to its device.
    tokenBinding: createTokenBindingPolicy({
      bindings: [certificateBinding(), keyBinding(), deviceIdBinding()],
      unbound: 'accept',
    }),
    accessTokens: createJwtAccessTokenVerifier({
      issuer: settings.accessTokens.issuer,
      audience: settings.accessTokens.audience,
      jwks: readJwks(settings.accessTokens.jwks),
    }),
    // Off by default: whoever tries the examples out does so from one address.
    ...(settings.rateLimits ? {} : { limiter: null }),
    openApi: readFileSync(new URL(import.meta.resolve('device-trust/openapi.yaml')), 'utf8'),
    ...(settings.adminToken === null ? {} : { adminToken: settings.adminToken }),
  });
  await trust.start();
  status.on('request', createNodeListener(trust.statusHandler));

  const { authenticator } = trust;
  const issuers = { deviceIssuers: [deviceCa.certificate], bootstrapIssuers: [bootstrapCa] };
  return {
    settings,
    trust,
    tls: { ...server, ...issuers, authenticator },
    status: { server: status, url: listeningAt },
    async close() {
      await trust.close();
      opened.close();
    },
  };
}

function createOutage(
  { probeMemorySeconds }: Settings,
  { usageCounters }: Stores,
  probes: readonly VendorProbe[],
  tiers: TierScale,
): OutagePolicy {
  const memory = probeMemorySeconds === null ? {} : { probeMemorySeconds };
  return createOutagePolicy({ usageCounters, probes, tiers, ...memory });
}

/** The scale of tiers, with no life longer than the settings allow. */
function createTiers({ maxLifetimeSeconds }: Settings): TierScale {
  const longest = maxLifetimeSeconds ?? Infinity;
  return createTierScale(
    defaultTiers.map((tier) => ({ ...tier, lifetimeSeconds: Math.min(tier.lifetimeSeconds, longest) })),
  );
}

function readJwks(urlOrFile: string): URL | JSONWebKeySet {
  if (/^https?:/.test(urlOrFile)) return new URL(urlOrFile);
  const document: unknown = JSON.parse(readFileSync(urlOrFile, 'utf8'));
  if (isJwks(document)) return document;
  throw new Error('ACCESS_TOKEN_JWKS is neither a URL nor a file with a JWK set');
}

/** The verifier checks the keys themselves. */
function isJwks(document: unknown): document is JSONWebKeySet {
  return (
    typeof document === 'object' && document !== null && 'keys' in document && Array.isArray(document.keys)
  );
}
