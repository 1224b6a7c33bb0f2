import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { APPLE_APP_ATTESTATION_ROOT_CA, APPLE_ROOT_CA_G3 } from '../../src/integrity/apple/pinned-roots.js';
import {
  HUAWEI_CBG_ECC_DEVICE_ATTESTATION_ROOT_CA_1,
  HUAWEI_CBG_ROOT_CA,
  HUAWEI_CBG_ROOT_CA_G2,
} from '../../src/integrity/huawei/pinned-roots.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { parsePem } from '../../src/x509/pem.js';

describe('the pinned roots', () => {
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
    [
      'Huawei CBG Root CA',
      HUAWEI_CBG_ROOT_CA,
      '3aa81ad7b08f0158ffd2add7602fa1b027e491d063c842372cd3fbda9d6b8da0',
      '2042-08-15T10:56:27.000Z',
    ],
    [
      'Huawei CBG Root CA G2',
      HUAWEI_CBG_ROOT_CA_G2,
      'df21a3c09f7954579305f85c64f80cad86f79853ee3a887c1dec95d218df3a37',
      '2049-03-16T03:04:39.000Z',
    ],
    [
      'Huawei CBG ECC Device Attestation Root CA 1',
      HUAWEI_CBG_ECC_DEVICE_ATTESTATION_ROOT_CA_1,
      '08a62a11530d7c7f1d0567de89fd4598037b2fd08736be63eca264f80e51e6fa',
      '2073-11-30T02:06:55.000Z',
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
