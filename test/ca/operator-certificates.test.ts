import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { issueBootstrapCertificate } from '../../src/ca/bootstrap-certificate.js';
import { issueIntermediateCertificate, issueRootCertificate } from '../../src/ca/ca-certificate.js';
import { encodeEncryptedPrivateKey, parsePrivateKey } from '../../src/ca/encrypted-private-key.js';
import { issueServerCertificate, type ServerCertificateOptions } from '../../src/ca/server-certificate.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { oid } from '../../src/x509/oid.js';
import { runTool } from '../run-tool.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';
import { certificatePem, daysFromNow, deviceCa, deviceCaKey, newKey, root, rootKey, spkiOf } from './pki.js';

const life = { notBefore: daysFromNow(-1), notAfter: daysFromNow(30) };
const rootIssuer = { certificate: root, privateKey: rootKey };
const subject = { commonName: 'subject' };

const server = (changes: Partial<ServerCertificateOptions> = {}): Promise<Uint8Array> =>
  issueServerCertificate({
    ...life,
    issuer: rootIssuer,
    subject: { commonName: 'localhost' },
    publicKey: spkiOf(newKey()),
    names: [
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ],
    ...changes,
  });

describe('a root certificate', () => {
  it('is a self-signed CA that may have one CA below it', async () => {
    const certificate = parseCertificate(root);
    expect(certificate.extensions).toMatchObject({
      basicConstraints: { ca: true, pathLength: 1 },
      keyUsage: new Set(['keyCertSign', 'cRLSign']),
      authorityKeyIdentifier: null,
      criticalUnknown: [],
    });
    expect(new X509Certificate(root).verify(new X509Certificate(root).publicKey)).toBe(true);
  });

  it('may allow more CAs below it, and fewer', async () => {
    for (const pathLength of [0, 3]) {
      const certificate = await issueRootCertificate({ ...life, subject, privateKey: newKey(), pathLength });
      expect(parseCertificate(certificate).extensions.basicConstraints).toEqual({ ca: true, pathLength });
    }
  });

  it('must end after it starts', async () => {
    const options = { subject, privateKey: newKey(), notBefore: life.notAfter, notAfter: life.notBefore };
    expect(await rejectionOf(issueRootCertificate(options))).toBeInstanceOf(ConfigurationError);
  });
});

describe('an intermediate certificate', () => {
  it('is a CA with none below it, as OpenSSL verifies strictly', async () => {
    const certificate = parseCertificate(deviceCa);
    expect(certificate.extensions).toMatchObject({
      basicConstraints: { ca: true, pathLength: 0 },
      keyUsage: new Set(['keyCertSign', 'cRLSign']),
      crlDistributionPoints: null,
    });
    expect(certificate.issuer).toEqual(parseCertificate(root).subject);
    const args = ['verify', '-x509_strict', '-CAfile', '@root', '@ca'];
    const files = { root: certificatePem(root), ca: certificatePem(deviceCa) };
    expect(runTool('openssl', args, files).output).toContain('OK');
  });

  it('may say where the CRL of its issuer is', async () => {
    const crlUrl = 'http://example.org/root.crl';
    const options = { ...life, issuer: rootIssuer, subject, publicKey: spkiOf(newKey()), crlUrl };
    const { extensions } = parseCertificate(await issueIntermediateCertificate(options));
    expect(extensions.crlDistributionPoints?.[0]?.names?.uris).toEqual([crlUrl]);
  });

  it('cannot be issued by a CA that has none below it', async () => {
    const issuer = { certificate: deviceCa, privateKey: deviceCaKey };
    const options = { ...life, issuer, subject, publicKey: spkiOf(newKey()) };
    expect(await rejectionOf(issueIntermediateCertificate(options))).toBeInstanceOf(ConfigurationError);
  });
});

describe('a server certificate', () => {
  it('is for servers, with all its names', async () => {
    const certificate = new X509Certificate(await server());
    expect(certificate.keyUsage).toEqual([oid.serverAuth]);
    expect(certificate.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
    expect(certificate.ca).toBe(false);
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
  });

  it('may encrypt a key if it has an RSA key, and only then', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(parseCertificate(await server({ publicKey: spkiOf(rsa) })).extensions.keyUsage).toEqual(
      new Set(['digitalSignature', 'keyEncipherment']),
    );
    expect(parseCertificate(await server()).extensions.keyUsage).toEqual(new Set(['digitalSignature']));
  });

  it.each<[string, Partial<ServerCertificateOptions>]>([
    ['has no name', { names: [] }],
    ['has a name that is none', { names: [{ type: 'ip', value: 'localhost' }] }],
    ['would start before its issuer', { notBefore: daysFromNow(-11) }],
    ['would end after its issuer', { notAfter: daysFromNow(1001) }],
    ['would end before it starts', { notAfter: daysFromNow(-2) }],
    ['has a public key that is none', { publicKey: new Uint8Array(91) }],
    ['has an issuer with another key', { issuer: { certificate: root, privateKey: newKey() } }],
  ])('is refused if it %s', async (_why, changes) => {
    expect(await rejectionOf(server(changes))).toBeInstanceOf(ConfigurationError);
  });
});

describe('a bootstrap certificate', () => {
  it('is for clients, names its release and neither a device nor a tier', async () => {
    const certificate = await issueBootstrapCertificate({
      ...life,
      issuer: rootIssuer,
      release: 'app 4.2',
      publicKey: spkiOf(newKey()),
    });
    expect(new X509Certificate(certificate).subject).toBe('CN=app 4.2');
    expect(parseCertificate(certificate).extensions).toMatchObject({
      basicConstraints: { ca: false },
      keyUsage: new Set(['digitalSignature']),
      extendedKeyUsage: [oid.clientAuth],
      subjectAltNames: null,
      policies: null,
    });
  });
});

describe('an encrypted private key', () => {
  const passphrase = 'Grüße an alle';
  const ecKey = newKey();
  /** Made once: it takes its time. */
  const pemOfEcKey = encodeEncryptedPrivateKey(ecKey, passphrase);

  it('is read by this library and by OpenSSL', () => {
    expect(pemOfEcKey).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(parsePrivateKey({ pem: pemOfEcKey, passphrase }).equals(ecKey)).toBe(true);
    const args = ['pkey', '-in', '@key', '-passin', `pass:${passphrase}`, '-pubout'];
    const { output } = runTool('openssl', args, { key: pemOfEcKey });
    expect(createPublicKey(output).equals(createPublicKey(ecKey))).toBe(true);
  });

  it('may be an RSA key', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = encodeEncryptedPrivateKey(privateKey, passphrase);
    expect(parsePrivateKey({ pem, passphrase }).equals(privateKey)).toBe(true);
  });

  it('is never the same twice, and asks 600,000 rounds of whoever guesses', () => {
    expect(encodeEncryptedPrivateKey(ecKey, passphrase)).not.toBe(pemOfEcKey);
    const { output } = runTool('openssl', ['asn1parse', '-in', '@key', '-i'], { key: pemOfEcKey });
    expect(output).toMatch(/PBES2[\s\S]*PBKDF2[\s\S]*:0927C0[\s\S]*hmacWithSHA256[\s\S]*aes-256-cbc/);
  });

  it('needs a private key and a passphrase of some length', () => {
    for (const passphraseOfThis of ['', 'seven77']) {
      expect(thrownBy(() => encodeEncryptedPrivateKey(newKey(), passphraseOfThis))).toMatchObject({
        code: 'configuration_invalid',
        option: 'passphrase',
      });
    }
    const { publicKey } = generateKeyPairSync('ed25519');
    expect(thrownBy(() => encodeEncryptedPrivateKey(publicKey, passphrase))).toMatchObject({
      option: 'privateKey',
    });
  });

  it.each([
    ['a wrong passphrase', { passphrase: 'another one' }],
    ['an empty passphrase', { passphrase: '' }],
    ['text that is no PEM', { pem: 'no PEM', passphrase }],
  ])('is not read with %s', (_what, changes) => {
    const error = thrownBy(() => parsePrivateKey({ pem: pemOfEcKey, ...changes }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'configuration_invalid', option: 'privateKey' });
  });
});
