import { describe, expect, it } from 'vitest';
import { encodePem } from '../../src/x509/pem.js';
import { basicConstraints, forgeCertificate, keyUsage, name, newKeyPair, NONE } from '../x509/forge.js';
import { thrownBy } from '../thrown-by.js';
import { createCa, createGate, issue, keyIdentifier } from './gate.js';

const ca = createCa('devices', 'aa01');
const other = createCa('others', 'aa02');
const pem = (...ders: readonly Uint8Array[]) => ders.map((der) => encodePem('CERTIFICATE', der)).join('');
const forged = (...extensions: readonly Uint8Array[]) =>
  forgeCertificate({ keys: newKeyPair(), subject: name('x'), extensions });

describe('trusted issuers', () => {
  it('may be PEM or DER, of as many CAs as there are', () => {
    const gate = createGate({
      deviceIssuers: [pem(ca.certificate), other.certificate],
      bootstrapIssuers: [pem(createCa('releases', 'bb01').certificate)],
    });
    expect(gate.identify(issue(ca))).toMatchObject({ issuerId: 'aa01' });
    expect(gate.identify(issue(other))).toMatchObject({ issuerId: 'aa02' });
  });

  it.each<[string, string, string | Uint8Array]>([
    ['text that is no PEM', 'must be exactly one certificate', 'hello'],
    ['bytes that are no certificate', 'is no certificate', Buffer.of(0x30, 0)],
    ['certificate whose key is none', 'is no certificate', forgeCertificate({ keys: newKeyPair(), subject: name('x'), spki: Buffer.from('30050603550403', 'hex') })], // prettier-ignore
    ['two certificates in one', 'must be exactly one certificate', pem(ca.certificate, other.certificate)],
    ['certificate without basic constraints', 'is no CA certificate', forged(keyIdentifier('cc01'))],
    [
      'certificate that says it is no CA',
      'is no CA certificate',
      forged(basicConstraints(false), keyIdentifier('cc01')),
    ],
    [
      'certificate without a subject key identifier',
      'has no subject key identifier',
      forged(basicConstraints(true), keyUsage(5)),
    ],
  ])('may be no %s', (_what, message, wrong) => {
    expect(thrownBy(() => createGate({ deviceIssuers: [ca.certificate, wrong] }))).toMatchObject({
      name: 'ConfigurationError',
      option: 'deviceIssuers[1]',
      message: `deviceIssuers[1]: ${message}`,
    });
    expect(
      thrownBy(() => createGate({ deviceIssuers: [ca.certificate], bootstrapIssuers: [wrong] })),
    ).toMatchObject({ option: 'bootstrapIssuers[0]', message: `bootstrapIssuers[0]: ${message}` });
  });

  it('are told what is wrong underneath, where something is', () => {
    const failure = (wrong: string | Uint8Array) => thrownBy(() => createGate({ deviceIssuers: [wrong] }));
    expect(failure(Buffer.of(0x30, 0))).toHaveProperty('cause.name', 'MalformedError');
    expect(failure(forged())).not.toHaveProperty('cause');
  });

  it('must be at least one for devices', () => {
    expect(thrownBy(() => createGate({ deviceIssuers: [] }))).toMatchObject({
      name: 'ConfigurationError',
      message: 'deviceIssuers: at least one is needed',
    });
  });

  it('are of one kind, by their keys', () => {
    const deviceIssuers = [ca.certificate, other.certificate];
    // Another name, another certificate, and the key of the second CA of devices.
    const alias = createCa('releases', 'bb02', { keys: other.keys });
    const good = createCa('good releases', 'bb03');
    for (const bootstrapIssuers of [[alias], [good, alias]]) {
      const certificates = bootstrapIssuers.map(({ certificate }) => certificate);
      expect(thrownBy(() => createGate({ deviceIssuers, bootstrapIssuers: certificates }))).toMatchObject({
        name: 'ConfigurationError',
        message: 'bootstrapIssuers: must not be issuers of device certificates, nor have their keys',
      });
    }
  });

  it('stay what they were when others are refused, and are forgotten when others are taken', () => {
    const gate = createGate({ deviceIssuers: [ca.certificate] });
    const certificate = issue(ca);
    expect(gate.identify(certificate)).toMatchObject({ kind: 'device' });
    expect(
      thrownBy(() => {
        gate.authenticator.replaceIssuers({ deviceIssuers: [NONE], bootstrapIssuers: [] });
      }),
    ).toMatchObject({ option: 'deviceIssuers[0]' });
    expect(gate.identify(certificate)).toMatchObject({ kind: 'device' });
    gate.authenticator.replaceIssuers({ deviceIssuers: [other.certificate], bootstrapIssuers: [] });
    expect(thrownBy(() => gate.identify(certificate))).toMatchObject({ code: 'certificate_untrusted' });
  });
});
