// authentication: imports core, contracts, x509.

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
  /** Name of the release, as its CA wrote it: the common name of the subject; `''` if there is none. */
  readonly release: string;
  readonly notBefore: Date;
  /** Its own end, or that of its CA if that comes first. */
  readonly notAfter: Date;
}

export type PeerIdentity = DeviceIdentity | BootstrapIdentity;
