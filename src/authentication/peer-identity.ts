// authentication: imports core, contracts, x509.

import { hash } from 'node:crypto';
import { createBoundedCache } from '../core/bounded-cache.js';
import { MalformedError, RejectedError } from '../core/errors.js';
import type { KnownReasonCode } from '../core/reason-code.js';
import type { TierScale } from '../core/tier-scale.js';
import type { PeerCertificate } from '../contracts/peer-certificate.js';
import { parseCertificate, type Certificate } from '../x509/certificate.js';
import { verifyChain } from '../x509/chain.js';
import { findNameText } from '../x509/distinguished-name.js';
import { oid } from '../x509/oid.js';
import type { BootstrapIdentity, DeviceIdentity, PeerIdentity } from './device-identity.js';
import { decodeIdentityRecord, encodeIdentityRecord, type SharedNames } from './identity-record.js';
import type { TrustedIssuers } from './trusted-issuers.js';

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
/** Bootstrap certificates are few: one for each release that lives. */
const BOOTSTRAP_CAPACITY = 1000;

const DEVICE_URI = /^urn:uuid:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

export function createPeerIdentities(options: {
  readonly issuers: TrustedIssuers;
  readonly tiers: TierScale;
  readonly cacheCapacity: number;
}): PeerIdentities {
  const { issuers, tiers, cacheCapacity } = options;
  const allIssuers = [...issuers.devices, ...issuers.bootstrap];
  const shared: SharedNames = {
    tiers: tiers.tiers.map(({ name }) => name),
    issuerIds: issuers.devices.map(issuerIdOf),
  };
  /** By the SHA-256 of the certificate, as 32 characters of one byte each. */
  const deviceRecords = createBoundedCache<string>(cacheCapacity);
  const bootstrapIdentities = createBoundedCache<BootstrapIdentity>(BOOTSTRAP_CAPACITY);

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
    return issuers.devices.includes(anchor) ? readDevice(leaf, anchor, tiers) : readBootstrap(leaf, anchor);
  }

  return {
    identify(peer, now) {
      if (peer === null || peer.certificate.length === 0) {
        throw new RejectedError('client_certificate_required', { message: 'there is no client certificate' });
      }
      const key = hash('sha256', peer.certificate, 'binary');
      const record = deviceRecords.get(key);
      if (record !== undefined) return decodeIdentityRecord(record, shared);
      let identity: PeerIdentity | undefined = bootstrapIdentities.get(key);
      if (identity === undefined) {
        identity = verify(peer.certificate, now);
        if (identity.kind === 'device') deviceRecords.set(key, encodeIdentityRecord(identity, shared));
        else bootstrapIdentities.set(key, identity);
      }
      if (identity.kind === 'bootstrap') assertBootstrapInTime(identity, now);
      return identity;
    },
  };
}

/** Our CAs write their names into certificates byte for byte; only for a name that is written otherwise are all compared. */
function findByName(issuers: readonly Certificate[], name: Uint8Array): readonly Certificate[] {
  const same = issuers.filter(({ subject }) => Buffer.compare(subject, name) === 0);
  return same.length > 0 ? same : issuers;
}

/** That it has a subject key identifier was checked when it was configured. */
function issuerIdOf({ extensions }: Certificate): string {
  return extensions.subjectKeyIdentifier ?? '';
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
    issuerId: issuerIdOf(issuer),
    serialNumber: leaf.serialNumber,
    publicKeySha256: leaf.publicKey.sha256,
    notBefore: leaf.notBefore,
    notAfter: earlier(leaf.notAfter, issuer.notAfter),
  };
}

function readBootstrap(leaf: Certificate, issuer: Certificate): BootstrapIdentity {
  const { sha256, subject, notBefore } = leaf;
  const release = findNameText(subject, oid.commonName).join(' ');
  const notAfter = earlier(leaf.notAfter, issuer.notAfter);
  return { kind: 'bootstrap', certificateSha256: sha256, release, notBefore, notAfter };
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
