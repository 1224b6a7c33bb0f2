import {
  createAuthenticator,
  directTls,
  type AuthenticatorOptions,
  type CertificateStatus,
  type RevocationStatus,
} from '../../src/index.js';
import { createFakeClock, createFakePeerRequest } from '../../src/testing.js';
import { der } from '../../src/x509/der-writer.js';
import { oid } from '../../src/x509/oid.js';
import {
  basicConstraints,
  extendedKeyUsage,
  extension,
  forgeCertificate,
  ia5,
  keyUsage,
  name,
  newKeyPair,
  NOW,
  subjectAltName,
  type CertificateParts,
  type KeyPair,
} from '../x509/forge.js';

// An authenticator, with certificates and all that it asks in our hands: each may be wrong in one way.

export const DEVICE_ID = '0b1c2d3e-4f50-4162-8738-495a6b7c8d9e';
export const STRONG = '1.3.6.1.4.1.32473.1.3';

export interface Ca {
  readonly keys: KeyPair;
  readonly subject: Uint8Array;
  readonly certificate: Uint8Array;
  /** Its subject key identifier in hex. */
  readonly keyId: string;
}

export const keyIdentifier = (hex: string): Uint8Array =>
  extension(oid.subjectKeyIdentifier, der.octetString(Buffer.from(hex, 'hex')));

export function createCa(commonName: string, keyId: string, parts: Partial<CertificateParts> = {}): Ca {
  const { keys = newKeyPair(), subject = name(commonName) } = parts;
  const extensions = [basicConstraints(true), keyUsage(5, 6), keyIdentifier(keyId)];
  return { keys, subject, keyId, certificate: forgeCertificate({ extensions, ...parts, keys, subject }) };
}

export const deviceUri = (text = `urn:uuid:${DEVICE_ID}`): Uint8Array => ia5(6, text);

export const policies = (...identifiers: readonly string[]): Uint8Array =>
  extension(
    oid.certificatePolicies,
    der.sequence(...identifiers.map((identifier) => der.sequence(der.objectIdentifier(identifier)))),
  );

const usage = [keyUsage(0), extendedKeyUsage(oid.clientAuth)];

/** A client certificate of that CA. Default: in the profile of devices. */
export function issue(
  ca: Ca,
  {
    names = [deviceUri()],
    policy = [STRONG],
    ...parts
  }: Partial<CertificateParts> & {
    readonly names?: readonly Uint8Array[];
    readonly policy?: readonly string[];
  } = {},
): Uint8Array {
  const extensions = [
    ...usage,
    ...(names.length === 0 ? [] : [subjectAltName(...names)]),
    ...(policy.length === 0 ? [] : [policies(...policy)]),
  ];
  const keys = parts.keys ?? newKeyPair();
  return forgeCertificate({
    subject: name('device'),
    issuer: ca.subject,
    signer: ca.keys,
    extensions,
    ...parts,
    keys,
  });
}

/** What a store says of a certificate that is in use. */
export const onRecord = (
  change: Partial<NonNullable<CertificateStatus['certificate']>> = {},
  revocation: Partial<RevocationStatus> = {},
): CertificateStatus => ({
  certificate: {
    deviceId: DEVICE_ID,
    issuedAt: new Date('2025-05-01T00:00:00Z'),
    firstUsedAt: new Date('2025-05-02T00:00:00Z'),
    supersededAt: null,
    providers: ['play-integrity'],
    evidenceAt: new Date('2025-05-01T00:00:00Z'),
    ...change,
  },
  revocation: { certificate: null, device: null, key: null, ...revocation },
});

export function createGate(
  options: Partial<AuthenticatorOptions> & Pick<AuthenticatorOptions, 'deviceIssuers'>,
) {
  const clock = createFakeClock(NOW);
  const authenticator = createAuthenticator({
    bootstrapIssuers: [],
    peerCertificates: directTls(),
    status: { find: () => onRecord(), recordFirstUse: async () => undefined },
    accessTokens: {
      verify: async () => ({ subject: 'alice', scopes: [], expiresAt: NOW, claims: {} }),
    },
    tokenBinding: { verify: () => undefined },
    clock,
    ...options,
  });
  const request = (certificate: Uint8Array | null) =>
    createFakePeerRequest({ certificate, headers: { authorization: 'Bearer token' } });
  return {
    clock,
    authenticator,
    request,
    identify: (certificate: Uint8Array | null) => authenticator.identify(request(certificate)),
    authenticateDevice: (
      certificate: Uint8Array | null,
      more?: Parameters<typeof authenticator.authenticateDevice>[1],
    ) => authenticator.authenticateDevice(request(certificate), more),
    authenticate: (
      certificate: Uint8Array | null,
      demands?: Parameters<typeof authenticator.authenticate>[1],
    ) => authenticator.authenticate(request(certificate), demands),
  };
}
