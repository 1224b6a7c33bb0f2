import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/core/errors.js';
import {
  parseCertificationRequest,
  verifyCertificationRequest,
} from '../../src/x509/certification-request.js';
import { encodeCertificationRequest } from '../../src/x509/encode-certification-request.js';
import { encodePem } from '../../src/x509/pem.js';
import { runTool } from '../run-tool.js';
import { thrownBy } from '../thrown-by.js';

const kinds = {
  'P-256': () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  RSA: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  Ed25519: () => generateKeyPairSync('ed25519'),
};

describe('a certification request that was encoded', () => {
  it.each(Object.entries(kinds))('is verified by the reader and by OpenSSL for %s', (kind, generate) => {
    const { privateKey } = generate();
    const request = encodeCertificationRequest(privateKey, { commonName: 'my phone' });
    const { publicKey } = verifyCertificationRequest(parseCertificationRequest(request));
    expect(publicKey.kind).toBe(kind);
    const args = ['req', '-in', '@csr', '-noout', '-verify', '-subject'];
    const { output } = runTool('openssl', args, { csr: encodePem('CERTIFICATE REQUEST', request) });
    expect(output).toContain('verify OK');
    expect(output).toContain('CN = my phone');
  });

  it('has an empty subject unless one is given', () => {
    const request = encodeCertificationRequest(kinds['P-256']().privateKey);
    expect(Buffer.from(request).toString('hex')).toMatch(/^3081[0-9a-f]{2}30[0-9a-f]{2}0201003000305930/);
  });

  it('needs a private key of a kind that we sign with', () => {
    const { publicKey } = kinds['P-256']();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    for (const wrong of [publicKey, privateKey]) {
      expect(thrownBy(() => encodeCertificationRequest(wrong))).toBeInstanceOf(ConfigurationError);
    }
  });
});
