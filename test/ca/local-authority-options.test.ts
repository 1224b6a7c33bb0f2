import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { issueBootstrapCertificate } from '../../src/ca/bootstrap-certificate.js';
import { issueIntermediateCertificate, issueRootCertificate } from '../../src/ca/ca-certificate.js';
import { encodeEncryptedPrivateKey } from '../../src/ca/encrypted-private-key.js';
import { createLocalAuthority, type LocalAuthorityOptions } from '../../src/ca/local-authority.js';
import type { LocalIssuerOptions } from '../../src/ca/local-issuer.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { der } from '../../src/x509/der-writer.js';
import { encodeCertificate } from '../../src/x509/encode-certificate.js';
import {
  encodeBasicConstraints,
  encodeExtendedKeyUsage,
  encodeExtension,
  encodeKeyUsage,
  encodeSubjectKeyIdentifier,
} from '../../src/x509/encode-extensions.js';
import { encodeName } from '../../src/x509/encode-name.js';
import { oid } from '../../src/x509/oid.js';
import { createSigningKey } from '../../src/x509/signing-key.js';
import { thrownBy } from '../thrown-by.js';
import {
  certificatePem,
  createAuthority,
  daysFromNow,
  deviceCa,
  deviceCaKey,
  newKey,
  root,
  rootKey,
  spkiOf,
  statusUrl,
} from './pki.js';

const refusedOption = (change: Partial<LocalAuthorityOptions>): string => {
  const error = thrownBy(() => createAuthority(change));
  expect(error).toBeInstanceOf(ConfigurationError);
  return error instanceof ConfigurationError ? error.option : '';
};

const refusedIssuer = (issuer: LocalIssuerOptions): string => refusedOption({ issuers: [issuer] });

/** Made once: it takes its time. */
const encryptedPem = encodeEncryptedPrivateKey(deviceCaKey, 'correct horse');

const issuer = { certificate: deviceCa, privateKey: deviceCaKey };
const life = { notBefore: daysFromNow(-10), notAfter: daysFromNow(500) };

const caExtensions = {
  basicConstraints: encodeBasicConstraints({ ca: true, pathLength: 0 }),
  keyUsage: encodeKeyUsage('keyCertSign', 'cRLSign'),
  subjectKeyIdentifier: encodeSubjectKeyIdentifier(new Uint8Array(20).fill(5)),
};

/** A self-signed CA with the key of the device CA and other extensions. */
const caWith = (changes: Readonly<Record<string, Uint8Array | null>>): Promise<Uint8Array> => {
  const key = createSigningKey(deviceCaKey);
  const name = encodeName({ commonName: 'odd CA' });
  const all: Readonly<Record<string, Uint8Array | null>> = { ...caExtensions, ...changes };
  const extensions = Object.values(all).filter((value) => value !== null);
  return encodeCertificate(
    {
      ...life,
      serialNumber: Uint8Array.of(1),
      issuer: name,
      subject: name,
      publicKey: key.publicKey,
      extensions,
    },
    key,
  );
};

describe('a local authority', () => {
  it.each<[string, LocalIssuerOptions]>([
    ['PEM', { certificate: certificatePem(deviceCa), privateKey: deviceCaKey }],
    ['DER', issuer],
    [
      'a key in PEM',
      {
        certificate: deviceCa,
        privateKey: { pem: deviceCaKey.export({ format: 'pem', type: 'pkcs8' }).toString() },
      },
    ],
    [
      'an encrypted key in PEM',
      {
        certificate: deviceCa,
        privateKey: {
          pem: encryptedPem,
          passphrase: 'correct horse',
        },
      },
    ],
    ['a signing key', { certificate: deviceCa, privateKey: createSigningKey(deviceCaKey) }],
  ])('takes %s', (_form, given) => {
    const authority = createLocalAuthority({ issuers: [given], statusUrl });
    expect(authority.issuers[0]).toMatchObject({ certificate: Buffer.from(deviceCa), chain: [] });
    expect(authority.issuers[0].issuerId).toMatch(/^[0-9a-f]{40}$/);
    expect(authority.crlShards).toBe(128);
  });

  it('takes a CA without path length, and one for clients only', async () => {
    for (const changes of [
      { basicConstraints: encodeBasicConstraints({ ca: true }) },
      { extKeyUsage: encodeExtendedKeyUsage(oid.clientAuth) },
    ]) {
      expect(createAuthority({ issuers: [{ ...issuer, certificate: await caWith(changes) }] })).toBeDefined();
    }
  });

  it('takes a former issuer that has ended, but no current one', async () => {
    const privateKey = newKey();
    const certificate = await issueRootCertificate({
      subject: { commonName: 'ended' },
      privateKey,
      notBefore: daysFromNow(-10),
      notAfter: daysFromNow(-1),
    });
    const ended = { certificate, privateKey };
    expect(createAuthority({ issuers: [issuer, ended] }).issuers).toHaveLength(2);
    expect(refusedOption({ issuers: [ended, issuer] })).toBe('issuers[0].certificate');
  });

  it('refuses the same issuer twice', () => {
    expect(refusedOption({ issuers: [issuer, issuer] })).toBe('issuers[1]');
  });

  it.each<[string, Partial<LocalAuthorityOptions>]>([
    ['crlShards', { crlShards: 0 }],
    ['crlShards', { crlShards: 1_000_001 }],
    ['crlShards', { crlShards: 1.5 }],
    ['backdateSeconds', { backdateSeconds: -1 }],
    ['backdateSeconds', { backdateSeconds: 3601 }],
    ['statusUrl', { statusUrl: 'https://status.example.org' }],
    ['statusUrl', { statusUrl: 'status.example.org' }],
    ['statusUrl', { statusUrl: 'http://user:secret@status.example.org' }],
    ['statusUrl', { statusUrl: 'http://status.example.org/?a' }],
    ['statusUrl', { statusUrl: 'http://status.example.org/?' }],
    ['statusUrl', { statusUrl: 'http://status.example.org/#a' }],
    ['statusUrl', { statusUrl: `http://status.example.org/${'a'.repeat(200)}` }],
    ['statusUrl', { statusUrl: '' }],
  ])('refuses the option %s as in %j', (option, change) => {
    expect(refusedOption(change)).toBe(option);
  });

  it('takes a status URL with a path, with or without a slash at its end', async () => {
    for (const url of ['http://example.org/pki', 'http://example.org/pki/']) {
      const authority = createAuthority({ statusUrl: url });
      const { toBeSigned, crlShard, issuerId } = await authority.prepare({
        publicKey: spkiOf(newKey()),
        deviceId: '9b2d3c54-1f0a-4d7e-8a6b-0c1d2e3f4a5b',
        policyOid: '1.3.6.1.4.1.32473.1.0',
        lifetimeSeconds: 60,
        now: new Date(),
      });
      const text = Buffer.from(toBeSigned).toString('latin1');
      expect(text).toContain(`http://example.org/pki/crl/${issuerId}/${crlShard}.crl`);
    }
  });
});

describe('an issuing CA', () => {
  it('must be one certificate that can be read', () => {
    for (const certificate of [
      'no PEM',
      certificatePem(deviceCa) + certificatePem(root),
      new Uint8Array(3),
    ]) {
      expect(refusedIssuer({ ...issuer, certificate })).toBe('issuers[0].certificate');
    }
  });

  it.each<[string, Readonly<Record<string, Uint8Array | null>>]>([
    ['without basic constraints', { basicConstraints: null }],
    ['that is no CA', { basicConstraints: encodeBasicConstraints({ ca: false }) }],
    ['without key usage', { keyUsage: null }],
    ['that may not sign certificates', { keyUsage: encodeKeyUsage('cRLSign') }],
    ['that may not sign CRLs', { keyUsage: encodeKeyUsage('keyCertSign') }],
    ['without key identifier', { subjectKeyIdentifier: null }],
    [
      'with a key identifier of 32 octets',
      { subjectKeyIdentifier: encodeSubjectKeyIdentifier(new Uint8Array(32)) },
    ],
    ['for servers only', { extKeyUsage: encodeExtendedKeyUsage(oid.serverAuth) }],
    ['with an unknown critical extension', { odd: encodeExtension('1.3.6.1.4.1.32473.9', true, der.null()) }],
    [
      'with name constraints',
      {
        nameConstraints: encodeExtension(
          oid.nameConstraints,
          true,
          der.sequence(der.constructedContext(0, der.sequence(der.contextIa5String(2, 'example.org')))),
        ),
      },
    ],
    [
      'with policy constraints',
      {
        policyConstraints: encodeExtension(
          oid.policyConstraints,
          true,
          der.sequence(der.context(0, Uint8Array.of(0))),
        ),
      },
    ],
  ])('is refused %s', async (_what, changes) => {
    expect(refusedIssuer({ ...issuer, certificate: await caWith(changes) })).toBe('issuers[0].certificate');
  });

  it('that is given as a bare PEM text is refused without repeating it', () => {
    const pem = deviceCaKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const untyped: object = { ...issuer, privateKey: pem };
    const error = thrownBy(() => createAuthority({ issuers: [untyped as LocalIssuerOptions] }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).not.toContain(pem.split('\n')[1]);
  });

  it('must have its own key', () => {
    expect(refusedIssuer({ ...issuer, privateKey: newKey() })).toBe('issuers[0].privateKey');
    expect(refusedIssuer({ ...issuer, privateKey: createSigningKey(newKey()) })).toBe(
      'issuers[0].privateKey',
    );
  });

  it('must have a key that we sign with', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    expect(refusedIssuer({ ...issuer, privateKey })).toBe('issuers[0].privateKey');
  });

  it('must have a passphrase that opens its key, and tells nobody which it tried', () => {
    const pem = encryptedPem;
    for (const passphrase of ['wrong donkey', undefined]) {
      const privateKey = passphrase === undefined ? { pem } : { pem, passphrase };
      const error = thrownBy(() => createAuthority({ issuers: [{ certificate: deviceCa, privateKey }] }));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({ option: 'issuers[0].privateKey' });
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/donkey|horse|BEGIN/);
    }
  });
});

describe('the chain above an issuing CA', () => {
  const middleKey = newKey();
  const bottomKey = newKey();

  const rootIssuer = { certificate: root, privateKey: rootKey };

  /** A CA in the middle: the library itself makes none that may have CAs below it. */
  const middleCa = (pathLength: number): Promise<Uint8Array> =>
    encodeCertificate(
      {
        ...life,
        serialNumber: Uint8Array.of(9),
        issuer: encodeName({ organization: 'Example', commonName: 'Example root' }),
        subject: encodeName({ commonName: 'middle' }),
        publicKey: spkiOf(middleKey),
        extensions: [
          encodeBasicConstraints({ ca: true, pathLength }),
          encodeKeyUsage('keyCertSign', 'cRLSign'),
          caExtensions.subjectKeyIdentifier,
        ],
      },
      createSigningKey(rootKey),
    );
  const middle = middleCa(1);
  const bottom = middle.then((certificate) =>
    issueIntermediateCertificate({
      issuer: { certificate, privateKey: middleKey },
      subject: { commonName: 'bottom' },
      publicKey: spkiOf(bottomKey),
      ...life,
    }),
  );

  it('is published as it is', async () => {
    const authority = createAuthority({
      issuers: [{ certificate: await bottom, privateKey: bottomKey, chain: [certificatePem(await middle)] }],
    });
    expect(authority.issuers[0].chain.map((der) => Buffer.from(der))).toEqual([Buffer.from(await middle)]);
  });

  it('must have issued the issuing CA', async () => {
    expect(refusedIssuer({ ...issuer, chain: [await middle] })).toBe('issuers[0].chain');
  });

  it('must not hold the root', () => {
    expect(refusedIssuer({ ...issuer, chain: [root] })).toBe('issuers[0].chain');
  });

  it('must allow as many CAs below it as there are', async () => {
    const chain = [await middleCa(0)];
    expect(refusedIssuer({ certificate: await bottom, privateKey: bottomKey, chain })).toBe(
      'issuers[0].chain',
    );
  });

  it('must be of CAs', async () => {
    const release = await issueBootstrapCertificate({
      issuer: rootIssuer,
      release: '1.0',
      publicKey: spkiOf(middleKey),
      ...life,
    });
    expect(refusedIssuer({ ...issuer, chain: [release] })).toBe('issuers[0].chain');
  });
});
