// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { ConfigurationError } from '../core/errors.js';
import { issueBootstrapCertificate } from '../ca/bootstrap-certificate.js';
import { issueCaCrl } from '../ca/ca-crl.js';
import { issueIntermediateCertificate, issueRootCertificate } from '../ca/ca-certificate.js';
import { issueOcspCertificate } from '../ca/ocsp-certificate.js';
import { issueServerCertificate } from '../ca/server-certificate.js';
import { encodePem } from '../x509/pem.js';
import { encodePkcs12 } from '../x509/pkcs12.js';
import { createKey, exportPrivateKey, exportPublicKey, type NewKey } from './new-key.js';

/** What `device-trust init` makes. */
export interface InitializeOptions {
  readonly directory: string;
  /** Goes into the names of the CAs. */
  readonly name: string;
  /** Names the app release of the bootstrap certificate. */
  readonly release: string;
  /** DNS names and IP addresses of the server. */
  readonly hosts: readonly string[];
  readonly now: Date;
}

/** The file ships inside every app, so this keeps nothing secret; key stores of phones insist on a password. */
export const PKCS12_PASSWORD = 'device-trust';

const YEAR_DAYS = 365;

/**
 * Makes the certificates of a deployment in a folder, and says what they are for. All or nothing: it overwrites no file, and
 * leaves none behind if it fails.
 *
 * @throws ConfigurationError if a file is there already, or a name cannot be used
 */
export async function initialize(options: InitializeOptions): Promise<string> {
  const { directory } = options;
  const files = await makeFiles(options);
  const existing = Object.keys(files).filter((name) => existsSync(join(directory, name)));
  if (existing.length > 0) {
    throw new ConfigurationError('dir', {
      message: `${existing.join(', ')} exist already; nothing was changed`,
    });
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const made: string[] = [];
  try {
    for (const [name, content] of Object.entries(files)) {
      const path = join(directory, name);
      // "wx": a file that appeared meanwhile is not overwritten either.
      const file = openSync(path, 'wx', isSecret(name) ? 0o600 : 0o644);
      made.push(path);
      try {
        writeFileSync(file, content);
      } finally {
        closeSync(file);
      }
    }
  } catch (error) {
    for (const path of made) rmSync(path, { force: true });
    throw error;
  }
  return describe(directory);
}

async function makeFiles(options: InitializeOptions): Promise<Readonly<Record<string, string | Uint8Array>>> {
  const { name, release, hosts, now } = options;
  const rootKey = createKey();
  const deviceKey = createKey();
  const bootstrapCaKey = createKey();
  const bootstrapKey = createKey();
  const serverKey = createKey();
  const ocspKey = createKey();
  const life = (days: number) => ({ notBefore: daysAfter(now, 0), notAfter: daysAfter(now, days) });

  const subject = (role: string) => ({ commonName: `${name} ${role}` });
  const rootCertificate = await issueRootCertificate({
    subject: subject('root'),
    privateKey: rootKey.privateKey,
    ...life(20 * YEAR_DAYS),
  });
  const root = { certificate: rootCertificate, privateKey: rootKey.privateKey };
  const intermediate = (role: string, key: NewKey) =>
    issueIntermediateCertificate({
      issuer: root,
      subject: subject(role),
      publicKey: exportPublicKey(key),
      ...life(10 * YEAR_DAYS),
    });
  const deviceCa = await intermediate('device CA', deviceKey);
  const bootstrapCa = await intermediate('bootstrap CA', bootstrapCaKey);
  const bootstrap = await issueBootstrapCertificate({
    issuer: { certificate: bootstrapCa, privateKey: bootstrapCaKey.privateKey },
    release,
    publicKey: exportPublicKey(bootstrapKey),
    ...life(3 * YEAR_DAYS),
  });
  const server = await issueServerCertificate({
    issuer: root,
    // The names that count are below; a host name may be longer than a common name.
    subject: subject('server'),
    names: hosts.map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host })),
    publicKey: exportPublicKey(serverKey),
    ...life(YEAR_DAYS),
  });
  const ocsp = await issueOcspCertificate({
    issuer: { certificate: deviceCa, privateKey: deviceKey.privateKey },
    subject: subject('OCSP'),
    publicKey: exportPublicKey(ocspKey),
    ...life(YEAR_DAYS),
  });
  const rootCrl = await issueCaCrl({
    issuer: root,
    number: 1n,
    thisUpdate: now,
    nextUpdate: daysAfter(now, YEAR_DAYS),
  });
  const certificate = (der: Uint8Array) => encodePem('CERTIFICATE', der);
  return {
    'root-ca.pem': certificate(rootCertificate),
    'root-ca.key': exportPrivateKey(rootKey),
    'root-ca.crl': encodePem('X509 CRL', rootCrl),
    'device-ca.pem': certificate(deviceCa),
    'device-ca.key': exportPrivateKey(deviceKey),
    'ocsp.pem': certificate(ocsp),
    'ocsp.key': exportPrivateKey(ocspKey),
    'bootstrap-ca.pem': certificate(bootstrapCa),
    'bootstrap-ca.key': exportPrivateKey(bootstrapCaKey),
    'bootstrap.pem': certificate(bootstrap),
    'bootstrap.key': exportPrivateKey(bootstrapKey),
    'bootstrap.p12': await encodePkcs12({
      privateKey: bootstrapKey.privateKey.export({ format: 'der', type: 'pkcs8' }),
      certificates: [bootstrap, bootstrapCa],
      password: PKCS12_PASSWORD,
    }),
    'server.pem': certificate(server),
    'server.key': exportPrivateKey(serverKey),
  };
}

function isSecret(name: string): boolean {
  return name.endsWith('.key') || name.endsWith('.p12');
}

function daysAfter(time: Date, days: number): Date {
  return new Date(time.getTime() + days * 24 * 60 * 60 * 1000);
}

function describe(directory: string): string {
  const path = (name: string) => join(directory, name);
  return `Made in ${directory}:

  root-ca.pem, root-ca.key          the root: move the key off this machine, it is
                                    needed for a new CA only
  root-ca.crl                       its CRL, for proxies that want one of every CA
  device-ca.pem, device-ca.key      signs device certificates
  ocsp.pem, ocsp.key                signs OCSP answers for the device CA, for a year
  bootstrap-ca.pem, bootstrap-ca.key
                                    signs bootstrap certificates, one a release
  bootstrap.pem, bootstrap.key      the client certificate that all installs share
  bootstrap.p12                     the same for the app; password: ${PKCS12_PASSWORD}
  server.pem, server.key            the server's own

Look at one: device-trust inspect ${path('device-ca.pem')}
`;
}
