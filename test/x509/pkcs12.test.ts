import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodePem, parsePem } from '../../src/x509/pem.js';
import { encodePkcs12 } from '../../src/x509/pkcs12.js';
import { runTool } from '../run-tool.js';
import { forgeCertificate, name, newKeyPair } from './forge.js';

const keys = newKeyPair();
const caKeys = newKeyPair();
const password = 'pässword';
const certificate = forgeCertificate({
  keys,
  signer: caKeys,
  subject: name('device'),
  issuer: name('CA'),
});
const ca = forgeCertificate({ keys: caKeys, subject: name('CA') });
const encode = () =>
  encodePkcs12({
    privateKey: keys.privateKey.export({ format: 'der', type: 'pkcs8' }),
    certificates: [certificate, ca],
    password,
  });

describe('a PKCS#12 file', () => {
  it('is read by OpenSSL: key and certificates, under modern algorithms', async () => {
    const args = ['pkcs12', '-in', '@file', '-passin', `pass:${password}`, '-nodes', '-info'];
    const { status, output } = runTool('openssl', args, { file: await encode() });
    expect(status).toBe(0);
    expect(output).toContain('MAC: sha256, Iteration 10000');
    expect(output).toContain(
      'PKCS7 Encrypted data: PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256',
    );
    expect(output).toContain(
      'Shrouded Keybag: PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256',
    );
    expect(parsePem(output, 'CERTIFICATE').map((der) => Buffer.from(der))).toEqual([certificate, ca]);
    const [key = new Uint8Array()] = parsePem(output, 'PRIVATE KEY');
    const publicKey = createPublicKey(createPrivateKey(encodePem('PRIVATE KEY', key)));
    expect(publicKey.equals(keys.publicKey)).toBe(true);
  });

  it('is not read with another password', async () => {
    const args = ['pkcs12', '-in', '@file', '-passin', 'pass:password', '-nodes'];
    const { status, output } = runTool('openssl', args, { file: await encode() });
    expect(status).not.toBe(0);
    expect(output).toMatch(/invalid password/i);
  });
});
