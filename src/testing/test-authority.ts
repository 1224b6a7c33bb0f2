// testing: may import everything; nothing imports it.

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { issueBootstrapCertificate } from '../ca/bootstrap-certificate.js';
import { issueIntermediateCertificate, issueRootCertificate } from '../ca/ca-certificate.js';
import {
  createLocalAuthority,
  type LocalAuthority,
  type LocalAuthorityOptions,
} from '../ca/local-authority.js';
import { issueServerCertificate } from '../ca/server-certificate.js';
import { systemClock, type Clock } from '../core/clock.js';
import { encodePem } from '../x509/pem.js';
import { refuseProduction } from './refuse-production.js';

/** A certificate and its private key, both PEM. */
export interface TestCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A whole private PKI, made in memory: what `device-trust init` makes on a disk. */
export interface TestAuthority {
  readonly root: TestCertificate;
  readonly deviceCa: TestCertificate;
  readonly bootstrapCa: TestCertificate;
  /** The client certificate that all installs share. */
  readonly bootstrap: TestCertificate;
  /** For `localhost` and 127.0.0.1. */
  readonly server: TestCertificate;
  /** Signs with the device CA. */
  readonly authority: LocalAuthority;
}

/** How to make it. */
export interface TestAuthorityOptions extends Omit<Partial<LocalAuthorityOptions>, 'issuers'> {
  readonly clock?: Clock;
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** @throws ConfigurationError in production */
export async function createTestAuthority(options: TestAuthorityOptions = {}): Promise<TestAuthority> {
  refuseProduction('createTestAuthority');
  const { clock = systemClock, statusUrl = 'http://127.0.0.1:8080' } = options;
  // Certificates tell whole seconds.
  const now = Math.floor(clock.now().getTime() / 1000) * 1000;
  const validity = {
    notBefore: new Date(now - DAY_MILLISECONDS),
    notAfter: new Date(now + 365 * DAY_MILLISECONDS),
  };
  const keys = {
    root: createKey(),
    device: createKey(),
    bootstrapCa: createKey(),
    bootstrap: createKey(),
    server: createKey(),
  };
  const rootCertificate = await issueRootCertificate({
    subject: { commonName: 'test root' },
    privateKey: keys.root.privateKey,
    ...validity,
  });
  const root = { certificate: rootCertificate, privateKey: keys.root.privateKey };
  const deviceCa = await issueIntermediateCertificate({
    issuer: root,
    subject: { commonName: 'test device CA' },
    publicKey: spki(keys.device),
    ...validity,
  });
  const bootstrapCa = await issueIntermediateCertificate({
    issuer: root,
    subject: { commonName: 'test bootstrap CA' },
    publicKey: spki(keys.bootstrapCa),
    ...validity,
  });
  const bootstrap = await issueBootstrapCertificate({
    issuer: { certificate: bootstrapCa, privateKey: keys.bootstrapCa.privateKey },
    release: 'test release',
    publicKey: spki(keys.bootstrap),
    ...validity,
  });
  const server = await issueServerCertificate({
    issuer: root,
    subject: { commonName: 'localhost' },
    names: [
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ],
    publicKey: spki(keys.server),
    ...validity,
  });
  return {
    root: describe(rootCertificate, keys.root),
    deviceCa: describe(deviceCa, keys.device),
    bootstrapCa: describe(bootstrapCa, keys.bootstrapCa),
    bootstrap: describe(bootstrap, keys.bootstrap),
    server: describe(server, keys.server),
    authority: createLocalAuthority({
      ...options,
      statusUrl,
      clock,
      issuers: [{ certificate: deviceCa, privateKey: keys.device.privateKey }],
    }),
  };
}

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

function createKey(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function spki({ publicKey }: KeyPair): Uint8Array {
  return publicKey.export({ format: 'der', type: 'spki' });
}

function describe(certificate: Uint8Array, { privateKey }: KeyPair): TestCertificate {
  return {
    certificate: encodePem('CERTIFICATE', certificate),
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}
