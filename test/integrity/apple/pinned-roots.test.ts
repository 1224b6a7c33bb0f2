import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  APPLE_APP_ATTESTATION_ROOT_CA,
  APPLE_ROOT_CA_G3,
} from '../../../src/integrity/apple/pinned-roots.js';
import { parseCertificate } from '../../../src/x509/certificate.js';
import { parsePem } from '../../../src/x509/pem.js';

describe('the pinned roots of Apple', () => {
  it.each([
    [
      'Apple App Attestation Root CA',
      APPLE_APP_ATTESTATION_ROOT_CA,
      '1cb9823ba28ba6ad2d33a006941de2ae4f513ef1d4e831b9f7e0fa7b6242c932',
      '2045-03-15T00:00:00.000Z',
    ],
    [
      'Apple Root CA - G3',
      APPLE_ROOT_CA_G3,
      '63343abfb89a6a03ebb57e9b3f5fa7be7c4f5c756f3017b3a8c488c3653e9179',
      '2039-04-30T18:19:06.000Z',
    ],
  ])('hold %s', (name, pem, sha256, notAfter) => {
    const certificates = parsePem(pem, 'CERTIFICATE').map(parseCertificate);

    expect(certificates.map((certificate) => certificate.sha256)).toEqual([sha256]);
    expect(certificates[0]?.notAfter.toISOString()).toBe(notAfter);
    expect(certificates[0]?.extensions.basicConstraints?.ca).toBe(true);
    const root = new X509Certificate(pem);
    expect(root.subject).toContain(`CN=${name}`);
    expect(root.verify(root.publicKey)).toBe(true);
  });
});
