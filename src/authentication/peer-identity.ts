// authentication: imports core, contracts, x509.

import { createBoundedCache } from '../core/bounded-cache.js';
import { sha256Hex } from '../core/bytes.js';
import { ConfigurationError, MalformedError, RejectedError } from '../core/errors.js';
import type { KnownReasonCode } from '../core/reason-code.js';
import type { TierScale } from '../core/tier-scale.js';
import type { PeerCertificate } from '../contracts/peer-certificate.js';
import { parseCertificate, type Certificate } from '../x509/certificate.js';
import { verifyChain } from '../x509/chain.js';
import { oid } from '../x509/oid.js';
import { parsePem } from '../x509/pem.js';

/** What a device certificate says, its signature and profile verified. */
export interface DeviceIdentity {
  readonly kind: 'device';
  readonly deviceId: string;
  /** Name of the tier. */
  readonly tier: string;
  /** Lower-case hex of the issuing CA's subject key identifier. */
  readonly issuerId: string;
  /** Lower-case hex. */
  readonly serialNumber: string;
  /** SHA-256 of the DER SubjectPublicKeyInfo, lower-case hex. */
  readonly publicKeySha256: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A bootstrap certificate: some install of the app, or someone who took it apart. */
export interface BootstrapIdentity {
  readonly kind: 'bootstrap';
  /** SHA-256 of the certificate, lower-case hex: tells the releases apart. */
  readonly certificateSha256: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export type PeerIdentity = DeviceIdentity | BootstrapIdentity;

/** Reads and verifies client certificates; remembers those that were good. */
export interface PeerIdentities {
  /**
   * @throws RejectedError `client_certificate_required`, `certificate_untrusted` with reasons; for a bootstrap
   *   certificate also `certificate_not_yet_valid`, `certificate_expired`
   */
  identify(peer: PeerCertificate | null, now: Date): PeerIdentity;
}

/** Expiry of a device certificate is judged on each request, and with a grace: here it is no reason to refuse. */
const ANY_GRACE_SECONDS = 100 * 365 * 24 * 60 * 60;

const DEVICE_URI = /^urn:uuid:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

export function createPeerIdentities(options: {
  readonly deviceIssuers: readonly (string | Uint8Array)[];
  readonly bootstrapIssuers: readonly (string | Uint8Array)[];
  readonly tiers: TierScale;
  readonly cacheCapacity: number;
}): PeerIdentities {
  const { tiers, cacheCapacity } = options;
  const deviceIssuers = readIssuers('deviceIssuers', options.deviceIssuers);
  const bootstrapIssuers = readIssuers('bootstrapIssuers', options.bootstrapIssuers);
  if (deviceIssuers.length === 0)
    throw new ConfigurationError('deviceIssuers', { message: 'at least one is needed' });
  if (bootstrapIssuers.some(({ sha256 }) => deviceIssuers.some((issuer) => issuer.sha256 === sha256))) {
    throw new ConfigurationError('bootstrapIssuers', {
      message: 'must not be issuers of device certificates',
    });
  }
  const allIssuers = [...deviceIssuers, ...bootstrapIssuers];
  const cache = createBoundedCache<PeerIdentity>(cacheCapacity);

  function verify(der: Uint8Array, now: Date): PeerIdentity {
    const leaf = parseLeaf(der);
    const { notBefore } = leaf;
    // Judged no earlier than its own start: one that is not valid yet is told so by its dates, not by its chain.
    const at = now.getTime() < notBefore.getTime() ? notBefore : now;
    const { anchor } = verifyChain({
      certificates: [leaf],
      anchors: findByName(allIssuers, leaf.issuer),
      now: at,
      extendedKeyUsage: oid.clientAuth,
      keyUsage: 'digitalSignature',
      leafGraceSeconds: ANY_GRACE_SECONDS,
    });
    return deviceIssuers.includes(anchor) ? readDevice(leaf, anchor, tiers) : readBootstrap(leaf);
  }

  return {
    identify(peer, now) {
      if (peer === null || peer.certificate.length === 0) {
        throw new RejectedError('client_certificate_required', { message: 'there is no client certificate' });
      }
      const key = sha256Hex(peer.certificate);
      let identity = cache.get(key);
      if (identity === undefined) {
        identity = verify(peer.certificate, now);
        cache.set(key, identity);
      }
      if (identity.kind === 'bootstrap') assertBootstrapInTime(identity, now);
      return identity;
    },
  };
}

/** @throws ConfigurationError unless each is one CA certificate with a subject key identifier */
function readIssuers(option: string, issuers: readonly (string | Uint8Array)[]): readonly Certificate[] {
  return issuers.map((issuer, index) => {
    const fail = (message: string, cause?: unknown) =>
      new ConfigurationError(`${option}[${index}]`, { message, ...(cause === undefined ? {} : { cause }) });
    let certificate: Certificate;
    try {
      const [der, ...more] = typeof issuer === 'string' ? parsePem(issuer, 'CERTIFICATE') : [issuer];
      if (der === undefined || more.length > 0) throw fail('must be exactly one certificate');
      certificate = parseCertificate(Uint8Array.from(der));
      certificate.publicKey.keyObject();
    } catch (cause) {
      throw cause instanceof ConfigurationError ? cause : fail('is no certificate', cause);
    }
    if (certificate.extensions.basicConstraints?.ca !== true) throw fail('is no CA certificate');
    if (certificate.extensions.subjectKeyIdentifier === null) throw fail('has no subject key identifier');
    return certificate;
  });
}

/** Our CAs write their names into certificates byte for byte; only for a name that is written otherwise are all compared. */
function findByName(issuers: readonly Certificate[], name: Uint8Array): readonly Certificate[] {
  const same = issuers.filter(({ subject }) => Buffer.compare(subject, name) === 0);
  return same.length > 0 ? same : issuers;
}

function parseLeaf(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new RejectedError('certificate_untrusted', {
      message: 'the client certificate is not well formed',
      cause,
    });
  }
}

function readDevice(leaf: Certificate, issuer: Certificate, tiers: TierScale): DeviceIdentity {
  const { extensions } = leaf;
  const [uri = '', ...more] = extensions.subjectAltNames?.uris ?? [];
  const deviceId = DEVICE_URI.exec(uri)?.[1];
  if (deviceId === undefined || more.length > 0) throw untrusted('device_id_missing');
  const [policy = '', ...others] = extensions.policies ?? [];
  const tier = tiers.findByOid(policy);
  if (tier === undefined || others.length > 0) throw untrusted('tier_missing');
  return {
    kind: 'device',
    deviceId,
    tier: tier.name,
    // That it has one was checked when it was configured.
    issuerId: issuer.extensions.subjectKeyIdentifier ?? '',
    serialNumber: leaf.serialNumber,
    publicKeySha256: leaf.publicKey.sha256,
    notBefore: leaf.notBefore,
    notAfter: earlier(leaf.notAfter, issuer.notAfter),
  };
}

function readBootstrap(leaf: Certificate): BootstrapIdentity {
  const { sha256, notBefore, notAfter } = leaf;
  return { kind: 'bootstrap', certificateSha256: sha256, notBefore, notAfter };
}

function assertBootstrapInTime({ notBefore, notAfter }: BootstrapIdentity, now: Date): void {
  if (now.getTime() < notBefore.getTime()) {
    throw new RejectedError('certificate_not_yet_valid', {
      message: 'the bootstrap certificate is not valid yet',
    });
  }
  if (now.getTime() > notAfter.getTime()) {
    // No renewal helps: the next release of the app brings the next bootstrap certificate.
    const message = 'the bootstrap certificate has expired';
    throw new RejectedError('certificate_expired', { message, action: 'update' });
  }
}

/** A certificate ends with its issuer, whatever it says. */
function earlier(a: Date, b: Date): Date {
  return a.getTime() < b.getTime() ? a : b;
}

function untrusted(reason: KnownReasonCode): RejectedError {
  return new RejectedError('certificate_untrusted', {
    message: 'the client certificate is not in the profile of device certificates',
    reasons: [reason],
  });
}
