import { describe, expect, it } from 'vitest';
import { issueBootstrapCertificate } from '../../src/ca/bootstrap-certificate.js';
import type { LocalIssuerOptions } from '../../src/ca/local-issuer.js';
import { issueOcspCertificate, type OcspCertificateOptions } from '../../src/ca/ocsp-certificate.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { parseOcspResponse } from '../../src/testing/contracts/parse-ocsp-response.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { der } from '../../src/x509/der-writer.js';
import { encodeCertificate } from '../../src/x509/encode-certificate.js';
import { encodeExtendedKeyUsage, encodeExtension, encodeKeyUsage } from '../../src/x509/encode-extensions.js';
import { encodeName } from '../../src/x509/encode-name.js';
import { oid } from '../../src/x509/oid.js';
import { createSigningKey } from '../../src/x509/signing-key.js';
import { runTool } from '../run-tool.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';
import {
  certificatePem,
  createAuthority,
  daysFromNow,
  deviceCa,
  deviceCaKey,
  newKey,
  now,
  root,
  rootKey,
  spkiOf,
} from './pki.js';

const issuer = { certificate: deviceCa, privateKey: deviceCaKey };
const key = newKey();

const issue = (changes: Partial<OcspCertificateOptions> = {}): Promise<Uint8Array> =>
  issueOcspCertificate({
    issuer,
    subject: { commonName: 'Example OCSP' },
    publicKey: spkiOf(key),
    notBefore: daysFromNow(-1),
    notAfter: daysFromNow(100),
    ...changes,
  });

describe("an OCSP responder's certificate", () => {
  it('is for OCSP alone, and its own status is not asked for, as OpenSSL sees it', async () => {
    const certificate = await issue();
    expect(parseCertificate(certificate).extensions).toMatchObject({
      basicConstraints: { ca: false },
      keyUsage: new Set(['digitalSignature']),
      extendedKeyUsage: [oid.ocspSigning],
      criticalUnknown: [],
    });
    const files = {
      root: certificatePem(root),
      ca: certificatePem(deviceCa),
      ocsp: certificatePem(certificate),
    };
    expect(runTool('openssl', ['x509', '-in', '@ocsp', '-noout', '-text'], files).output).toMatch(
      /OCSP No Check/,
    );
    const args = ['verify', '-x509_strict', '-CAfile', '@root', '-untrusted', '@ca', '-purpose'];
    expect(runTool('openssl', [...args, 'ocsphelper', '@ocsp'], files).output).toContain('OK');
    expect(runTool('openssl', [...args, 'sslclient', '@ocsp'], files).status).not.toBe(0);
  });

  it('may live for a year, and no longer', async () => {
    const year = await issue({ notBefore: daysFromNow(0), notAfter: daysFromNow(366) });
    expect(parseCertificate(year).notAfter).toEqual(daysFromNow(366));
    const longer = issue({ notBefore: daysFromNow(0), notAfter: daysFromNow(367) });
    expect(await rejectionOf(longer)).toMatchObject({ code: 'configuration_invalid', option: 'notAfter' });
  });

  it('is refused if its issuer is no CA', async () => {
    const certificate = await issue();
    const error = await rejectionOf(issue({ issuer: { certificate, privateKey: key } }));
    expect(error).toBeInstanceOf(ConfigurationError);
  });
});

describe('an OCSP responder in place of an issuing CA', () => {
  type Responder = NonNullable<LocalIssuerOptions['ocspResponder']>;
  const createWith = (ocspResponder: Responder) =>
    createAuthority({ issuers: [{ ...issuer, ocspResponder }] });
  const refusedOption = (responder: Responder): string => {
    const error = thrownBy(() => createWith(responder));
    expect(error).toBeInstanceOf(ConfigurationError);
    return error instanceof ConfigurationError ? error.option : '';
  };
  const signAt = (responder: Responder, producedAt: Date) => {
    const authority = createWith(responder);
    const [{ issuerId }] = authority.issuers;
    const times = { thisUpdate: now, nextUpdate: daysFromNow(1) };
    const response = { ...times, certId: der.sequence(), status: { status: 'good' } } as const;
    return authority.signOcsp({ issuerId, responses: [response], producedAt, nonce: null });
  };

  it('signs, and sends its certificate along', async () => {
    const certificate = await issue();
    const answer = await signAt({ certificate: certificatePem(certificate), privateKey: key }, now);
    const { certificates } = parseOcspResponse(answer);
    expect(certificates.map((sent) => Buffer.from(sent))).toEqual([Buffer.from(certificate)]);
  });

  it('signs nothing before and after the life of its certificate', async () => {
    const responder = { certificate: await issue(), privateKey: key };
    for (const moment of [daysFromNow(-1), daysFromNow(100)]) {
      expect((await signAt(responder, moment)).length).toBeGreaterThan(0);
    }
    const outside = [
      new Date(daysFromNow(-1).getTime() - 1),
      new Date(daysFromNow(100).getTime() + 1),
      new Date(NaN),
    ];
    for (const moment of outside) {
      expect(await rejectionOf(signAt(responder, moment))).toMatchObject({ code: 'authority_unavailable' });
    }
  });

  it('must have its own key', async () => {
    const responder = { certificate: await issue(), privateKey: newKey() };
    expect(refusedOption(responder)).toBe('issuers[0].ocspResponder.privateKey');
  });

  it('must have one certificate', async () => {
    const pem = certificatePem(await issue());
    for (const certificate of ['', pem + pem]) {
      expect(refusedOption({ certificate, privateKey: key })).toBe('issuers[0].ocspResponder.certificate');
    }
  });

  it('must be certified by the CA that it answers for', async () => {
    const certificate = await issue({ issuer: { certificate: root, privateKey: rootKey } });
    expect(refusedOption({ certificate, privateKey: key })).toBe('issuers[0].ocspResponder.certificate');
  });

  it('must be certified for OCSP', async () => {
    const certificate = await issueBootstrapCertificate({
      issuer,
      release: 'app',
      publicKey: spkiOf(key),
      notBefore: daysFromNow(-1),
      notAfter: daysFromNow(1),
    });
    expect(refusedOption({ certificate, privateKey: key })).toBe('issuers[0].ocspResponder.certificate');
  });

  it.each<[string, Uint8Array]>([
    ['no key usage for signatures', encodeKeyUsage('keyEncipherment')],
    ['a critical extension that is not known', encodeExtension('1.2.3', true, der.null())],
  ])('must not have %s', async (_what, extension) => {
    const certify = (...extensions: readonly Uint8Array[]) =>
      encodeCertificate(
        {
          serialNumber: Uint8Array.of(1),
          issuer: parseCertificate(deviceCa).subject,
          subject: encodeName({ commonName: 'odd' }),
          notBefore: daysFromNow(-1),
          notAfter: daysFromNow(1),
          publicKey: spkiOf(key),
          extensions: [encodeExtendedKeyUsage(oid.ocspSigning), ...extensions],
        },
        createSigningKey(deviceCaKey),
      );
    expect(createWith({ certificate: await certify(), privateKey: key }).issuers).toHaveLength(1);
    expect(refusedOption({ certificate: await certify(extension), privateKey: key })).toBe(
      'issuers[0].ocspResponder.certificate',
    );
  });
});
