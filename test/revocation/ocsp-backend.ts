import type { LocalAuthority } from '../../src/ca/local-authority.js';
import type { CertificateRecord } from '../../src/contracts/certificate-store.js';
import type { OcspRequest } from '../../src/contracts/ocsp-signer.js';
import type { Revocation, RevocationReason, RevocationStatus } from '../../src/contracts/revocation-store.js';
import type { OcspResponderOptions } from '../../src/revocation/ocsp-responder.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { der } from '../../src/x509/der-writer.js';
import { encodeOcspCertId } from '../../src/x509/encode-ocsp.js';
import { oid } from '../../src/x509/oid.js';
import { NOTHING } from '../../src/testing/contracts/sample-revocation.js';
import { recordOf, sampleIntent } from '../../src/testing/contracts/sample-intent.js';
import { type DeviceCertificate, issueDevice, now } from '../ca/pki.js';

/** What an OCSP responder asks, in memory: who was issued what, and what was revoked since. */
export class OcspBackend {
  readonly signed: OcspRequest[] = [];
  readonly lookUps: string[] = [];
  storeFailure: Error | null = null;
  statusFailure: Error | null = null;
  private readonly authority: LocalAuthority;
  private readonly records = new Map<string, CertificateRecord>();
  private readonly revocations = new Map<string, RevocationStatus>();

  constructor(authority: LocalAuthority) {
    this.authority = authority;
  }

  /** What a responder is made with; it asks this backend. */
  options(): OcspResponderOptions {
    return {
      authority: {
        issuers: this.authority.issuers,
        signOcsp: (request) => {
          this.signed.push(request);
          return this.authority.signOcsp(request);
        },
      },
      certificates: {
        find: async (query) => {
          if (this.storeFailure) throw this.storeFailure;
          const name = query.by === 'name' ? `${query.issuerId}:${query.serialNumber}` : '';
          this.lookUps.push(name);
          return this.records.get(name) ?? null;
        },
      },
      status: {
        find: ({ issuerId, serialNumber, deviceId, publicKeySha256 }) => {
          if (this.statusFailure) throw this.statusFailure;
          const name = `${issuerId}:${serialNumber}`;
          const record = this.records.get(name);
          // Asked about anything else than what was issued, it knows of no revocation.
          const known = record?.deviceId === deviceId && record.publicKeySha256 === publicKeySha256;
          return { certificate: null, revocation: (known && this.revocations.get(name)) || NOTHING };
        },
      },
    };
  }

  /** Issues a certificate and records it; `issued: false` records the intent alone. */
  async issue({ issued = true, authority = this.authority } = {}): Promise<DeviceCertificate> {
    const device = await issueDevice(authority);
    this.record(device, { issued });
    return device;
  }

  record(device: DeviceCertificate, { issued = true } = {}): void {
    const intent = sampleIntent(1, device.prepared);
    const change = issued ? { certificate: device.certificate, issuedAt: now } : {};
    this.records.set(nameOf(device), recordOf(intent, change));
  }

  /** Puts these revocations of the certificate, its device and its key in place of those before. */
  revoke(device: DeviceCertificate, status: Partial<RevocationStatus>): void {
    this.revocations.set(nameOf(device), { ...NOTHING, ...status });
  }
}

/** A revocation some seconds ago, of whatever it is found for. */
export function revokedBefore(seconds: number, reason: RevocationReason): Revocation {
  const at = new Date(now.getTime() - seconds * 1000);
  return { subject: { kind: 'key', publicKeySha256: '00' }, reason, at, sequence: 1 };
}

/** How a client names a certificate. */
export function certIdOf(
  { certificate, issuer }: { readonly certificate: Uint8Array; readonly issuer: Uint8Array },
  hash: 'sha1' | 'sha256' = 'sha1',
): Uint8Array {
  const { subject, publicKey } = parseCertificate(issuer);
  const serialNumber = Buffer.from(parseCertificate(certificate).serialNumber, 'hex');
  return encodeOcspCertId({ hash, issuer: subject, issuerKeyBits: publicKey.keyBits, serialNumber });
}

/** A DER OCSPRequest. */
export function ask(certIds: readonly Uint8Array[], nonce: Uint8Array | null = null): Uint8Array {
  const list = der.sequence(...certIds.map((certId) => der.sequence(certId)));
  if (nonce === null) return der.sequence(der.sequence(list));
  const extension = der.sequence(
    der.objectIdentifier(oid.ocspNonce),
    der.octetString(der.octetString(nonce)),
  );
  return der.sequence(der.sequence(list, der.constructedContext(2, der.sequence(extension))));
}

function nameOf({ prepared }: DeviceCertificate): string {
  return `${prepared.issuerId}:${prepared.serialNumber}`;
}
