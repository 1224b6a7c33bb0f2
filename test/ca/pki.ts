import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { issueIntermediateCertificate, issueRootCertificate } from '../../src/ca/ca-certificate.js';
import {
  createLocalAuthority,
  type LocalAuthority,
  type LocalAuthorityOptions,
} from '../../src/ca/local-authority.js';
import type { CertificateRequest, PreparedCertificate } from '../../src/contracts/certificate-authority.js';
import { encodePem } from '../../src/x509/pem.js';

// A small PKI whose certificates are valid now: programs from outside look at the clock of the machine.

const DAY_MS = 24 * 60 * 60 * 1000;

/** A whole second. */
export const now = new Date(Math.floor(Date.now() / 1000) * 1000);

export const daysFromNow = (days: number): Date => new Date(now.getTime() + days * DAY_MS);

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

export const spkiOf = (privateKey: KeyObject): Uint8Array =>
  createPublicKey(privateKey).export({ format: 'der', type: 'spki' });

export const certificatePem = (certificate: Uint8Array): string => encodePem('CERTIFICATE', certificate);
export const crlPem = (crl: Uint8Array): string => encodePem('X509 CRL', crl);

export const rootKey = newKey();
export const root = await issueRootCertificate({
  subject: { organization: 'Example', commonName: 'Example root' },
  privateKey: rootKey,
  notBefore: daysFromNow(-10),
  notAfter: daysFromNow(1000),
});

export const deviceCaKey = newKey();
export const deviceCa = await issueIntermediateCertificate({
  issuer: { certificate: root, privateKey: rootKey },
  subject: { organization: 'Example', commonName: 'Example device CA' },
  publicKey: spkiOf(deviceCaKey),
  notBefore: daysFromNow(-10),
  notAfter: daysFromNow(500),
});

export const statusUrl = 'http://status.example.org';
export const policyOid = '1.3.6.1.4.1.32473.1.2';

export const createAuthority = (options: Partial<LocalAuthorityOptions> = {}): LocalAuthority =>
  createLocalAuthority({
    issuers: [{ certificate: deviceCa, privateKey: deviceCaKey }],
    statusUrl,
    ...options,
  });

export const requestFor = (changes: Partial<CertificateRequest> = {}): CertificateRequest => ({
  publicKey: spkiOf(newKey()),
  deviceId: randomUUID(),
  policyOid,
  lifetimeSeconds: 7 * 24 * 60 * 60,
  now,
  ...changes,
});

/** A device certificate with all that belongs to it. */
export interface DeviceCertificate {
  readonly prepared: PreparedCertificate;
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
}

export async function issueDevice(
  authority: LocalAuthority,
  changes: Partial<CertificateRequest> = {},
): Promise<DeviceCertificate> {
  const privateKey = newKey();
  const prepared = await authority.prepare(requestFor({ publicKey: spkiOf(privateKey), ...changes }));
  const { certificate } = await authority.issue(prepared);
  return { prepared, certificate, privateKey };
}
