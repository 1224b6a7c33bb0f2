import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createSecureContext } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { initialize, PKCS12_PASSWORD, type InitializeOptions } from '../../src/cli/initialize.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { parseCrl } from '../../src/x509/crl.js';
import { parsePem } from '../../src/x509/pem.js';
import { verifyCrl } from '../../src/x509/verify-crl.js';
import { hasTool, runTool } from '../run-tool.js';
import { rejectionOf } from '../thrown-by.js';
import { makeFolder, type Folder } from './folder.js';

const certificates = ['root-ca', 'device-ca', 'ocsp', 'bootstrap-ca', 'bootstrap', 'server'];
const publicFiles = [...certificates.map((name) => `${name}.pem`), 'root-ca.crl'];
const secretFiles = [...certificates.map((name) => `${name}.key`), 'bootstrap.p12'];
const allFiles = [...publicFiles, ...secretFiles].sort();

const optionsFor = (directory: string): InitializeOptions => ({
  directory,
  name: 'Example Bank',
  release: 'app 4.2',
  hosts: ['localhost', '127.0.0.1'],
  now: new Date(),
});

describe('initialize', () => {
  let folder: Folder;
  let said: string;
  const certificateOf = (name: string) => new X509Certificate(readFileSync(folder.at(`${name}.pem`)));

  beforeAll(async () => {
    folder = makeFolder();
    said = await initialize(optionsFor(folder.path));
  });
  afterAll(() => {
    folder.end();
  });

  it('makes these files and no others, and says what each is for', () => {
    expect(Object.keys(folder.snapshot()).sort()).toEqual(allFiles);
    for (const name of allFiles) expect(said).toContain(name);
  });

  it.each(secretFiles)('lets nobody else read %s', (name) => {
    expect(statSync(folder.at(name)).mode & 0o777).toBe(0o600);
  });

  it.each(publicFiles)('lets nobody else write %s', (name) => {
    expect(statSync(folder.at(name)).mode & 0o022).toBe(0);
  });

  it.each(certificates)('makes %s.key the key of %s.pem', (name) => {
    const key = createPrivateKey(readFileSync(folder.at(`${name}.key`)));
    expect(certificateOf(name).checkPrivateKey(key)).toBe(true);
  });

  it('gives every certificate a key of its own', () => {
    const keys = certificates.map((name) => certificateOf(name).publicKey.export({ format: 'jwk' })['x']);
    expect(new Set(keys).size).toBe(certificates.length);
  });

  it('puts name, release and hosts where they belong', () => {
    expect(certificateOf('root-ca').subject).toBe('CN=Example Bank root');
    expect(certificateOf('device-ca').subject).toBe('CN=Example Bank device CA');
    expect(certificateOf('bootstrap-ca').subject).toBe('CN=Example Bank bootstrap CA');
    expect(certificateOf('bootstrap').subject).toBe('CN=app 4.2');
    expect(certificateOf('server').subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
  });

  it('signs device and bootstrap certificates with different CAs', () => {
    expect(certificateOf('bootstrap').checkIssued(certificateOf('bootstrap-ca'))).toBe(true);
    expect(certificateOf('bootstrap').verify(certificateOf('device-ca').publicKey)).toBe(false);
  });

  it.each([
    ['device-ca.pem', ['-x509_strict']],
    ['bootstrap-ca.pem', ['-x509_strict']],
    ['bootstrap.pem', ['-x509_strict', '-purpose', 'sslclient', '-untrusted', '@bootstrap-ca.pem']],
    ['server.pem', ['-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'localhost']],
    ['server.pem', ['-x509_strict', '-purpose', 'sslserver', '-verify_ip', '127.0.0.1']],
    ['ocsp.pem', ['-x509_strict', '-purpose', 'ocsphelper', '-untrusted', '@device-ca.pem']],
    ['device-ca.pem', ['-crl_check', '-CRLfile', '@root-ca.crl']],
  ])('makes a %s that OpenSSL accepts under the root with %j', (file, options) => {
    const files = Object.fromEntries(publicFiles.map((name) => [name, readFileSync(folder.at(name))]));
    const args = ['verify', '-CAfile', '@root-ca.pem', ...options, `@${file}`];
    const { status, output } = runTool('openssl', args, files);
    expect(output).toContain(': OK');
    expect(status).toBe(0);
  });

  it('makes a bootstrap certificate that OpenSSL accepts for no server', () => {
    const args = ['-CAfile', '@root-ca.pem', '-untrusted', '@bootstrap-ca.pem', '-purpose', 'sslserver'];
    const files = Object.fromEntries(publicFiles.map((name) => [name, readFileSync(folder.at(name))]));
    expect(runTool('openssl', ['verify', ...args, '@bootstrap.pem'], files).status).not.toBe(0);
  });

  it('makes an empty CRL that the root signed', () => {
    const [crl] = parsePem(readFileSync(folder.at('root-ca.crl'), 'utf8'), 'X509 CRL').map(parseCrl);
    const issuer = parseCertificate(certificateOf('root-ca').raw);
    expect(crl?.entryCount).toBe(0);
    expect(crl && verifyCrl({ crl, issuer, now: new Date() }).crl).toBe(crl);
  });

  describe('bootstrap.p12', () => {
    it('gives OpenSSL the key, the certificate and its CA', () => {
      const files = { p12: readFileSync(folder.at('bootstrap.p12')) };
      const read = ['pkcs12', '-in', '@p12', '-passin', `pass:${PKCS12_PASSWORD}`, '-nodes'];
      const { status, output } = runTool('openssl', read, files);
      expect(status).toBe(0);
      const found = parsePem(output, 'CERTIFICATE').map((der) => new X509Certificate(der).fingerprint256);
      expect(found).toEqual(['bootstrap', 'bootstrap-ca'].map((name) => certificateOf(name).fingerprint256));
      expect(certificateOf('bootstrap').checkPrivateKey(createPrivateKey(output))).toBe(true);
    });

    it('has a SHA-256 MAC, and AES-256 around key and certificates', () => {
      const files = { p12: readFileSync(folder.at('bootstrap.p12')) };
      const read = ['pkcs12', '-in', '@p12', '-passin', `pass:${PKCS12_PASSWORD}`, '-info', '-noout'];
      const { output } = runTool('openssl', read, files);
      expect(output).toMatch(/MAC: sha256/i);
      expect(output.match(/PBES2, PBKDF2, AES-256-CBC, Iteration \d+, PRF hmacWithSHA256/g)).toHaveLength(2);
    });

    it('opens with no other password', () => {
      const files = { p12: readFileSync(folder.at('bootstrap.p12')) };
      const read = ['pkcs12', '-in', '@p12', '-passin', 'pass:device-trusT', '-noout'];
      expect(runTool('openssl', read, files).status).not.toBe(0);
    });

    it('opens in Node', () => {
      const pfx = readFileSync(folder.at('bootstrap.p12'));
      expect(() => createSecureContext({ pfx, passphrase: PKCS12_PASSWORD })).not.toThrow();
    });

    it.skipIf(!hasTool('keytool'))('gives Java one key with its chain', () => {
      const files = { p12: readFileSync(folder.at('bootstrap.p12')) };
      const list = [
        '-J-Duser.language=en',
        '-list',
        '-v',
        '-keystore',
        '@p12',
        '-storepass',
        PKCS12_PASSWORD,
      ];
      const { status, output } = runTool('keytool', list, files);
      expect(status).toBe(0);
      expect(output).toContain('PrivateKeyEntry');
      expect(output).toContain('Certificate chain length: 2');
      expect(output).toContain(certificateOf('bootstrap').fingerprint256);
    });
  });
});

describe('initialize of other hosts', () => {
  let folder: Folder;
  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => {
    folder.end();
  });

  it('takes IPv6 addresses, and host names longer than a common name may be', async () => {
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.example`;
    await initialize({ ...optionsFor(folder.path), hosts: [long, '2001:db8::1'] });
    const { subjectAltName } = new X509Certificate(readFileSync(folder.at('server.pem')));
    expect(subjectAltName).toBe(`DNS:${long}, IP Address:2001:DB8:0:0:0:0:0:1`);
  });

  it.each([
    ['a host that is none', { hosts: ['not a host'] }],
    ['an empty host', { hosts: [''] }],
    ['no host', { hosts: [] }],
    ['an address with a zone', { hosts: ['fe80::1%eth0'] }],
    ['an empty release', { release: '' }],
    ['a release that is too long', { release: 'r'.repeat(65) }],
    ['a name that is too long', { name: 'n'.repeat(64) }],
    ['a name with a line end', { name: 'a\nb' }],
  ])('refuses %s, and makes nothing', async (_, wrong) => {
    const directory = folder.at('new');
    const error = await rejectionOf(initialize({ ...optionsFor(directory), ...wrong }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'configuration_invalid' });
    expect(existsSync(directory)).toBe(false);
  });
});

describe('initialize where something is already', () => {
  let folder: Folder;
  beforeEach(() => {
    folder = makeFolder();
  });
  afterEach(() => {
    folder.end();
  });

  it.each(['root-ca.key', 'bootstrap.p12', 'server.pem'])(
    'overwrites no %s, and leaves no other file',
    async (name) => {
      writeFileSync(folder.at(name), 'precious');
      const before = folder.snapshot();
      const error = await rejectionOf(initialize(optionsFor(folder.path)));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({ code: 'configuration_invalid', option: 'dir' });
      expect(String(error)).toContain(name);
      expect(folder.snapshot()).toEqual(before);
    },
  );

  it('leaves files of others alone', async () => {
    writeFileSync(folder.at('notes.txt'), 'precious');
    await initialize(optionsFor(folder.path));
    expect(readFileSync(folder.at('notes.txt'), 'utf8')).toBe('precious');
  });

  it('follows no dangling link, and takes back what it had made until then', async () => {
    symlinkSync(folder.at('elsewhere'), folder.at('server.key'));
    await rejectionOf(initialize(optionsFor(folder.path)));
    expect(existsSync(folder.at('elsewhere'))).toBe(false);
    for (const name of allFiles) expect(existsSync(folder.at(name)), name).toBe(false);
  });

  it('fails where the folder is a file', async () => {
    writeFileSync(folder.at('file'), 'precious');
    expect(await rejectionOf(initialize(optionsFor(folder.at('file'))))).toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(folder.at('file'), 'utf8')).toBe('precious');
  });

  it('makes a new folder that nobody else can enter, and leaves an existing one as it is', async () => {
    await initialize(optionsFor(folder.at('deep/new')));
    expect(statSync(folder.at('deep/new')).mode & 0o777).toBe(0o700);
    mkdirSync(folder.at('open'));
    chmodSync(folder.at('open'), 0o755);
    await initialize(optionsFor(folder.at('open')));
    expect(statSync(folder.at('open')).mode & 0o777).toBe(0o755);
  });
});
