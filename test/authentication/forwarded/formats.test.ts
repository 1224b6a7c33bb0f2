import { describe, expect, it } from 'vitest';
import {
  apache,
  awsAlbPassthrough,
  awsAlbVerify,
  caddy,
  cloudflare,
  cloudFront,
  createForwardedCertificates,
  googleCloud,
  haproxy,
  nginx,
  proxyAddresses,
  proxySecret,
  rfc9440,
  traefik,
  type ForwardedFormat,
} from '../../../src/proxy.js';
import { ConfigurationError } from '../../../src/core/errors.js';
import { der } from '../../../src/x509/der-writer.js';
import { thrownBy } from '../../thrown-by.js';
import { forgeCertificate, name, newKeyPair } from '../../x509/forge.js';
import {
  awsPem,
  base64,
  byteSequence,
  escapedPem,
  leaf,
  other,
  rawHeaders,
  sha256,
  spacedPem,
} from './encodings.js';
import { presetNames, presetOf, type Header } from './presets.js';

const proxy = proxyAddresses(['10.0.0.1']);
const socket = { remoteAddress: '10.0.0.1' };

const read = (format: ForwardedFormat, ...lines: readonly Header[]) =>
  createForwardedCertificates({ format, proxy }).readPeerCertificate({
    socket,
    rawHeaders: rawHeaders(...lines),
  });

const found = { certificate: Buffer.from(leaf) };
const malformed = expect.objectContaining({
  name: 'MalformedError',
  code: 'forwarded_certificate_malformed',
}) as unknown;
const unverified = expect.objectContaining({
  name: 'RejectedError',
  code: 'forwarded_certificate_unverified',
}) as unknown;
const missing = expect.objectContaining({
  name: 'RejectedError',
  code: 'forwarded_certificate_missing',
}) as unknown;

describe('nginx', () => {
  const certificate: Header = ['X-SSL-Client-Cert', escapedPem(leaf)];
  const verify = (value: string): Header => ['X-SSL-Client-Verify', value];

  it('sends this form', () => {
    expect(certificate[1]).toMatch(
      /^-----BEGIN%20CERTIFICATE-----%0A[A-Za-z0-9%]+%0A-----END%20CERTIFICATE-----%0A$/,
    );
    expect(read(nginx(), certificate, verify('SUCCESS'))).toEqual(found);
  });

  it('may escape in lower case, and more than it needs to', () => {
    const value = certificate[1]
      .replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())
      .replaceAll('-', '%2d')
      .replace('A', '%41');
    expect(read(nginx(), ['X-SSL-Client-Cert', value], verify('SUCCESS'))).toEqual(found);
  });

  it('may end lines with CR LF', () => {
    const value = certificate[1].replaceAll('%0A', '%0D%0A');
    expect(read(nginx(), ['X-SSL-Client-Cert', value], verify('SUCCESS'))).toEqual(found);
  });

  it.each([['success'], ['SUCCESS '], ['SUCCESS,NONE'], ['SUCCESS, SUCCESS'], ['NONE'], ['FAILED'], ['0']])(
    'that says %j with a certificate is malformed',
    (value) => {
      expect(thrownBy(() => read(nginx(), certificate, verify(value)))).toEqual(malformed);
    },
  );

  it.each([['FAILED:'], ['FAILED:certificate revoked'], ['FAILED:certificate has expired']])(
    'that says %s did not verify, with or without certificate',
    (value) => {
      expect(thrownBy(() => read(nginx(), certificate, verify(value)))).toEqual(unverified);
      expect(thrownBy(() => read(nginx(), verify(value)))).toEqual(unverified);
    },
  );

  it.each([
    ['%', '%'],
    ['%0', '%0'],
    ['%GG', '%GG'],
    ['%2', '%2%0A0A'],
    ['%25', '%250A'],
    ['%00', '%00'],
    ['%FF', '%FF'],
  ])('that sends %s in place of a line end is malformed', (_what, escape) => {
    const value = certificate[1].replace(/%0A(?=-----END)/, escape);
    expect(thrownBy(() => read(nginx(), ['X-SSL-Client-Cert', value], verify('SUCCESS')))).toEqual(malformed);
  });

  it.each([
    ['form-encoded', certificate[1].replaceAll('%20', '+')],
    ['not escaped', spacedPem(leaf)],
    ['only base64', base64(leaf)],
    ['of another kind', certificate[1].replaceAll('CERTIFICATE', 'TRUSTED%20CERTIFICATE')],
    [
      'of another kind with a name as long',
      certificate[1].replace('BEGIN%20CERTIFICATE', 'BEGIN%20CERTIFICATF'),
    ],
    ['without an end', certificate[1].slice(0, certificate[1].indexOf('-----END'))],
    ['without a start', certificate[1].slice('-----BEGIN%20CERTIFICATE-----'.length)],
    ['with text before it', `a${certificate[1]}`],
    ['with text after it', `${certificate[1]}a`],
    ['empty PEM', '-----BEGIN%20CERTIFICATE-----%0A-----END%20CERTIFICATE-----%0A'],
    ['white space', '%0A'],
  ])('that sends a certificate %s is malformed', (_what, value) => {
    expect(thrownBy(() => read(nginx(), ['X-SSL-Client-Cert', value], verify('SUCCESS')))).toEqual(malformed);
  });

  it('may be told other names', () => {
    const format = nginx({ certificateHeader: 'x-c', verifyHeader: 'x-v' });
    expect(read(format, ['X-C', escapedPem(leaf)], ['X-V', 'SUCCESS'])).toEqual(found);
    expect(thrownBy(() => read(format, certificate, verify('SUCCESS')))).toEqual(malformed);
  });
});

describe('apache', () => {
  const verify: Header = ['X-SSL-Client-Verify', 'SUCCESS'];

  it('sends this form', () => {
    const value = spacedPem(leaf);
    expect(value).toMatch(/^-----BEGIN CERTIFICATE----- [A-Za-z0-9+/= ]+ -----END CERTIFICATE-----$/);
    expect(read(apache(), ['X-SSL-Client-Cert', value], verify)).toEqual(found);
  });

  it('that says SUCCESS and (null) lost the certificate', () => {
    expect(thrownBy(() => read(apache(), ['X-SSL-Client-Cert', '(null)'], verify))).toEqual(missing);
  });

  it.each([['GENEROUS'], ['FAILED:unable to get local issuer certificate']])(
    'that says %s did not verify',
    (value) => {
      const lines: Header[] = [
        ['X-SSL-Client-Cert', spacedPem(leaf)],
        ['X-SSL-Client-Verify', value],
      ];
      expect(thrownBy(() => read(apache(), ...lines))).toEqual(unverified);
    },
  );

  it.each([['(null)'], ['NONE'], ['success']])('that says %s with a certificate is malformed', (value) => {
    const lines: Header[] = [
      ['X-SSL-Client-Cert', spacedPem(leaf)],
      ['X-SSL-Client-Verify', value],
    ];
    expect(thrownBy(() => read(apache(), ...lines))).toEqual(malformed);
  });

  it('is not nginx', () => {
    expect(thrownBy(() => read(apache(), ['X-SSL-Client-Cert', escapedPem(leaf)], verify))).toEqual(
      malformed,
    );
  });
});

describe('haproxy', () => {
  const certificate: Header = ['X-SSL-Client-Cert', base64(leaf)];
  const verify = (value: string): Header => ['X-SSL-Client-Verify', value];

  it('sends this form', () => {
    expect(read(haproxy(), certificate, verify('0'))).toEqual(found);
  });

  it.each([['1'], ['10'], ['23'], ['4294967295']])('that says %s did not verify', (value) => {
    expect(thrownBy(() => read(haproxy(), certificate, verify(value)))).toEqual(unverified);
    expect(thrownBy(() => read(haproxy(), ['X-SSL-Client-Cert', ''], verify(value)))).toEqual(unverified);
  });

  it.each([['00'], ['-1'], ['0x0'], ['0.0'], [' 0'], ['0, 0'], ['SUCCESS'], ['']])(
    'that says %j is malformed',
    (value) => {
      expect(thrownBy(() => read(haproxy(), certificate, verify(value)))).toEqual(malformed);
    },
  );

  describe('with usedHeader', () => {
    const format = haproxy({ usedHeader: 'x-ssl-client-used' });
    const used = (value: string): Header => ['X-SSL-Client-Used', value];

    it('tells a certificate that was lost from none', () => {
      expect(read(format, certificate, verify('0'), used('1'))).toEqual(found);
      expect(read(format, verify('0'), used('0'))).toBeNull();
      expect(thrownBy(() => read(format, verify('0'), used('1')))).toEqual(missing);
      expect(thrownBy(() => read(format, verify('21'), used('1')))).toEqual(unverified);
    });

    it.each([['0'], [''], ['2'], ['true']])('is malformed as %j with a certificate', (value) => {
      expect(thrownBy(() => read(format, certificate, verify('0'), used(value)))).toEqual(malformed);
    });

    it('is malformed without it', () => {
      expect(thrownBy(() => read(format, certificate, verify('0')))).toEqual(malformed);
      expect(thrownBy(() => read(format, verify('0')))).toEqual(malformed);
    });
  });
});

describe('rfc9440', () => {
  const certificate: Header = ['Client-Cert', byteSequence(leaf)];
  const chain = (value: string): Header => ['Client-Cert-Chain', value];

  it.each([
    ['no chain', []],
    ['a chain of one', [chain(byteSequence(other))]],
    ['a chain of two', [chain(`${byteSequence(other)}, ${byteSequence(leaf)}`)]],
    ['a chain without spaces', [chain(`${byteSequence(other)},${byteSequence(leaf)}`)]],
    ['a chain on two lines', [chain(byteSequence(other)), chain(byteSequence(leaf))]],
  ])('takes %s', (_what, lines) => {
    expect(read(rfc9440(), certificate, ...lines)).toEqual(found);
  });

  it('refuses a chain without a certificate', () => {
    expect(thrownBy(() => read(rfc9440(), chain(byteSequence(other))))).toEqual(malformed);
  });

  it.each([
    ['an empty one', [chain('')]],
    ['an empty member', [chain(`${byteSequence(other)}, ,${byteSequence(leaf)}`)]],
    ['a comma at the end', [chain(`${byteSequence(other)},`)]],
    ['an empty line', [chain(byteSequence(other)), chain('')]],
    ['a member that is no byte sequence', [chain(`${byteSequence(other)}, ${base64(leaf)}`)]],
    ['a member with parameters', [chain(`${byteSequence(other)};a=1`)]],
    ['a member that is cut off', [chain(byteSequence(other.subarray(1)))]],
    ['more than 16 KiB on all its lines', new Array<Header>(40).fill(chain(byteSequence(other)))],
  ])('refuses a chain with %s', (_what, lines) => {
    expect(thrownBy(() => read(rfc9440(), certificate, ...lines))).toEqual(malformed);
  });

  it.each([
    ['base64 without colons', base64(leaf)],
    ['one colon', `:${base64(leaf)}`],
    ['no base64', '::'],
    ['a colon', ':'],
    ['nothing', ''],
    ['parameters', `${byteSequence(leaf)};a=1`],
    ['a string', `"${base64(leaf)}"`],
    ['a space inside', `: ${base64(leaf)}:`],
  ])('refuses %s', (_what, value) => {
    expect(thrownBy(() => read(rfc9440(), ['Client-Cert', value]))).toEqual(malformed);
  });
});

describe('awsAlbPassthrough', () => {
  const chain = (...ders: readonly Uint8Array[]): Header => ['X-Amzn-Mtls-Clientcert', awsPem(...ders)];

  it('takes the leaf of a chain, in which + / = are not escaped', () => {
    expect(chain(leaf, other)[1]).toMatch(/^[A-Za-z0-9%+/=-]+$/);
    expect(chain(leaf, other)[1]).toMatch(/[+/=]/);
    expect(read(awsAlbPassthrough(), chain(leaf, other))).toEqual(found);
    expect(read(awsAlbPassthrough(), chain(leaf, other, other))).toEqual(found);
  });

  it('refuses a chain of which any certificate is not in form', () => {
    const value = `${awsPem(leaf)}${awsPem(other.subarray(1))}`;
    expect(thrownBy(() => read(awsAlbPassthrough(), ['X-Amzn-Mtls-Clientcert', value]))).toEqual(malformed);
    const between = `${awsPem(leaf)}A${awsPem(other)}`;
    expect(thrownBy(() => read(awsAlbPassthrough(), ['X-Amzn-Mtls-Clientcert', between]))).toEqual(malformed);
  });

  it('may be renamed', () => {
    const format = awsAlbPassthrough({ chainHeader: 'x-chain' });
    expect(read(format, ['X-Chain', awsPem(leaf)])).toEqual(found);
    expect(read(format, chain(leaf))).toBeNull();
  });
});

describe('awsAlbVerify', () => {
  const withSerial = (serial: bigint) =>
    forgeCertificate({ keys: newKeyPair(), subject: name('device'), serial: der.integer(serial) });
  const lines = (certificate: Uint8Array, serial: string): readonly Header[] => [
    ['X-Amzn-Mtls-Clientcert-Leaf', awsPem(certificate)],
    ['X-Amzn-Mtls-Clientcert-Serial-Number', serial],
  ];

  it.each([
    [0x03a5b1n, '03A5B1'],
    [0x03a5b1n, '3a5b1'],
    [0x03a5b1n, '03:A5:B1'],
    [0xf3a5b1n, 'F3A5B1'],
    [0xf3a5b1n, '00f3a5b1'],
    [7n, '7'],
    [0n, '0'],
    [0n, '00'],
  ])('takes the serial number %i as %s', (serial, text) => {
    const certificate = withSerial(serial);
    expect(read(awsAlbVerify(), ...lines(certificate, text))).toEqual({ certificate });
  });

  it.each([['03A5B2'], ['3A5B'], ['03A5B100'], ['0'], [''], ['-03A5B1'], ['239025'], ['03A5B1 ']])(
    'refuses %j as the serial number 03A5B1',
    (text) => {
      const certificate = withSerial(0x03a5b1n);
      expect(thrownBy(() => read(awsAlbVerify(), ...lines(certificate, text)))).toEqual(malformed);
    },
  );

  it('refuses a SEQUENCE that holds no serial number', () => {
    const empty = der.sequence(der.sequence());
    expect(thrownBy(() => read(awsAlbVerify(), ...lines(empty, '7')))).toEqual(malformed);
  });

  it('tells a certificate that was lost from none', () => {
    const [certificate, serial] = lines(leaf, '7');
    expect(certificate && thrownBy(() => read(awsAlbVerify(), certificate))).toEqual(malformed);
    expect(serial && thrownBy(() => read(awsAlbVerify(), serial))).toEqual(missing);
    expect(read(awsAlbVerify())).toBeNull();
  });
});

describe('googleCloud', () => {
  const lines = (present: string, verified: string, certificate: string, ...more: readonly Header[]) => [
    ['X-Client-Cert-Present', present] as const,
    ['X-Client-Cert-Chain-Verified', verified] as const,
    ['X-Client-Cert-Leaf', certificate] as const,
    ...more,
  ];
  const good = byteSequence(leaf);

  it('takes a certificate with and without its hash', () => {
    expect(read(googleCloud(), ...lines('true', 'true', good))).toEqual(found);
    const hash: Header = ['X-Client-Cert-Hash', sha256(leaf, 'base64')];
    expect(read(googleCloud(), ...lines('true', 'true', good, hash))).toEqual(found);
    expect(read(googleCloud(), ...lines('true', 'true', good, ['X-Client-Cert-Hash', '']))).toEqual(found);
  });

  it('does not take one that was not verified, present or not', () => {
    expect(thrownBy(() => read(googleCloud(), ...lines('true', 'false', good)))).toEqual(unverified);
    expect(thrownBy(() => read(googleCloud(), ...lines('true', 'false', '')))).toEqual(unverified);
  });

  it('misses one that was verified', () => {
    expect(thrownBy(() => read(googleCloud(), ...lines('true', 'true', '')))).toEqual(missing);
  });

  it.each([
    ['false', 'true', good],
    ['True', 'true', good],
    ['1', 'true', good],
    ['', '', ''],
    ['true', 'TRUE', good],
    ['true', '', good],
    ['true', '', ''],
  ])('refuses present %j, verified %j', (present, verified, certificate) => {
    expect(thrownBy(() => read(googleCloud(), ...lines(present, verified, certificate)))).toEqual(malformed);
  });
});

describe('cloudflare', () => {
  const lines = (verified: string, revoked: string, ...more: readonly Header[]): readonly Header[] => [
    ['X-Client-Cert-Verified', verified],
    ['X-Client-Cert-Revoked', revoked],
    ...more,
  ];
  const certificate: Header = ['Cf-Client-Cert-Der-Base64', base64(leaf)];

  it('takes a certificate with and without its hash', () => {
    expect(read(cloudflare(), ...lines('true', 'false', certificate))).toEqual(found);
    const hash: Header = ['Cf-Client-Cert-Sha256', sha256(leaf)];
    expect(read(cloudflare(), ...lines('true', 'false', certificate, hash))).toEqual(found);
  });

  it('does not take one that is revoked, verified or not', () => {
    expect(thrownBy(() => read(cloudflare(), ...lines('true', 'true', certificate)))).toEqual(unverified);
    expect(thrownBy(() => read(cloudflare(), ...lines('false', 'true', certificate)))).toEqual(unverified);
    expect(thrownBy(() => read(cloudflare(), ...lines('true', 'true')))).toEqual(unverified);
  });

  it('takes none without both words of the rule', () => {
    const [verified, revoked] = lines('true', 'false');
    expect(verified && thrownBy(() => read(cloudflare(), verified, certificate))).toEqual(malformed);
    expect(revoked && thrownBy(() => read(cloudflare(), revoked, certificate))).toEqual(malformed);
    expect(thrownBy(() => read(cloudflare(), ...lines('true', '', certificate)))).toEqual(malformed);
    expect(thrownBy(() => read(cloudflare(), certificate))).toEqual(malformed);
  });

  it.each(['cf-verified', 'x-cf-verified'])('can not have %s set by a rule', (verifiedHeader) => {
    expect(thrownBy(() => cloudflare({ verifiedHeader }))).toMatchObject({ option: 'verifiedHeader' });
    const error = thrownBy(() => cloudflare({ revokedHeader: verifiedHeader }));
    expect(error).toMatchObject({ option: 'revokedHeader' });
  });
});

describe('cloudFront', () => {
  const present = (value: string): Header => ['CloudFront-Viewer-Cert-Present', value];
  const certificate: Header = ['CloudFront-Viewer-Cert-Pem', awsPem(leaf)];
  const hash: Header = ['CloudFront-Viewer-Cert-Sha256', sha256(leaf)];

  it('takes a certificate with its hash', () => {
    expect(read(cloudFront(), present('1'), certificate, hash)).toEqual(found);
  });

  it('takes none without its hash', () => {
    expect(thrownBy(() => read(cloudFront(), present('1'), certificate))).toEqual(malformed);
  });

  it('misses what passthrough mode does not send', () => {
    expect(thrownBy(() => read(cloudFront(), present('1'), hash))).toEqual(missing);
  });

  it.each([['0'], ['2'], ['true'], ['']])('refuses a certificate with present %j', (value) => {
    expect(thrownBy(() => read(cloudFront(), present(value), certificate, hash))).toEqual(malformed);
  });
});

describe('traefik', () => {
  const read1 = (value: string) => read(traefik(), ['X-Forwarded-Tls-Client-Cert', value]);

  it('takes the leaf of a chain', () => {
    expect(read1(base64(leaf))).toEqual(found);
    expect(read1(`${base64(leaf)},${base64(other)}`)).toEqual(found);
  });

  it.each([
    ['a certificate that is not in form', `${base64(leaf)},${base64(other.subarray(1))}`],
    ['an empty one', `${base64(leaf)},`],
    ['a space', `${base64(leaf)}, ${base64(other)}`],
    ['escapes, as older versions sent them', encodeURIComponent(base64(leaf))],
  ])('refuses a chain with %s', (_what, value) => {
    expect(thrownBy(() => read1(value))).toEqual(malformed);
  });
});

describe('caddy', () => {
  const noCertificate: Header = ['X-Ssl-Client-Cert', '{http.request.tls.client.certificate_der_base64}'];
  const noFingerprint: Header = ['X-Ssl-Client-Fingerprint', '{http.request.tls.client.fingerprint}'];
  const certificate: Header = ['X-Ssl-Client-Cert', base64(leaf)];
  const fingerprint: Header = ['X-Ssl-Client-Fingerprint', sha256(leaf)];

  it('takes a certificate with its fingerprint', () => {
    expect(read(caddy(), certificate, fingerprint)).toEqual(found);
  });

  it('has none where it left its placeholders', () => {
    expect(read(caddy(), noCertificate, noFingerprint)).toBeNull();
    expect(read(caddy(), noFingerprint)).toBeNull();
  });

  it('misses a certificate whose fingerprint it sent', () => {
    expect(thrownBy(() => read(caddy(), noCertificate, fingerprint))).toEqual(missing);
    expect(thrownBy(() => read(caddy(), fingerprint))).toEqual(missing);
  });

  it('is not believed with a certificate and no fingerprint', () => {
    expect(thrownBy(() => read(caddy(), certificate, noFingerprint))).toEqual(malformed);
    expect(thrownBy(() => read(caddy(), certificate))).toEqual(malformed);
    expect(thrownBy(() => read(caddy(), noCertificate))).toEqual(malformed);
  });
});

describe('names of headers', () => {
  it.each<[string, (header: string) => ForwardedFormat]>([
    ['certificateHeader', (header) => nginx({ certificateHeader: header })],
    ['verifyHeader', (header) => nginx({ verifyHeader: header })],
    ['certificateHeader', (header) => apache({ certificateHeader: header })],
    ['verifyHeader', (header) => apache({ verifyHeader: header })],
    ['certificateHeader', (header) => haproxy({ certificateHeader: header })],
    ['verifyHeader', (header) => haproxy({ verifyHeader: header })],
    ['usedHeader', (header) => haproxy({ usedHeader: header })],
    ['chainHeader', (header) => awsAlbPassthrough({ chainHeader: header })],
    ['leafHeader', (header) => awsAlbVerify({ leafHeader: header })],
    ['serialNumberHeader', (header) => awsAlbVerify({ serialNumberHeader: header })],
    ['presentHeader', (header) => googleCloud({ presentHeader: header })],
    ['chainVerifiedHeader', (header) => googleCloud({ chainVerifiedHeader: header })],
    ['leafHeader', (header) => googleCloud({ leafHeader: header })],
    ['hashHeader', (header) => googleCloud({ hashHeader: header })],
    ['verifiedHeader', (header) => cloudflare({ verifiedHeader: header })],
    ['revokedHeader', (header) => cloudflare({ revokedHeader: header })],
    ['presentHeader', (header) => cloudFront({ presentHeader: header })],
    ['pemHeader', (header) => cloudFront({ pemHeader: header })],
    ['sha256Header', (header) => cloudFront({ sha256Header: header })],
    ['certificateHeader', (header) => caddy({ certificateHeader: header })],
    ['fingerprintHeader', (header) => caddy({ fingerprintHeader: header })],
  ])('%s is a lower-case token without underscore', (option, create) => {
    for (const header of ['X-Cert', 'x_cert', 'x cert', 'x-cert:', '', 'x-c\u00e4rt', 'x'.repeat(129)]) {
      const error = thrownBy(() => create(header));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({ option });
    }
    expect(create('x-anything').headers).toContainEqual({ name: 'x-anything' });
  });

  it.each<[string, () => ForwardedFormat]>([
    ['nginx', () => nginx({ certificateHeader: 'x', verifyHeader: 'x' })],
    ['apache', () => apache({ verifyHeader: 'x-ssl-client-cert' })],
    ['haproxy', () => haproxy({ usedHeader: 'x-ssl-client-verify' })],
    ['awsAlbVerify', () => awsAlbVerify({ serialNumberHeader: 'x-amzn-mtls-clientcert-leaf' })],
    ['googleCloud', () => googleCloud({ hashHeader: 'x-client-cert-leaf' })],
    ['cloudflare', () => cloudflare({ revokedHeader: 'x-client-cert-verified' })],
    ['cloudFront', () => cloudFront({ sha256Header: 'cloudfront-viewer-cert-pem' })],
    ['caddy', () => caddy({ fingerprintHeader: 'x-ssl-client-cert' })],
  ])('of %s are not the same', (_name, create) => {
    expect(thrownBy(create)).toBeInstanceOf(ConfigurationError);
  });

  it('are not shared by format, trust and address', () => {
    const secret = (header: string) => proxySecret({ header, secrets: ['x'.repeat(32)] });
    const create = (header: string, addressHeader?: string) => () =>
      createForwardedCertificates({
        format: nginx(),
        proxy: [secret(header)],
        ...(addressHeader === undefined ? {} : { addressHeader }),
      });
    expect(thrownBy(create('x-ssl-client-cert'))).toMatchObject({ option: 'proxy.headers[0]' });
    expect(thrownBy(create('x-secret', 'x-secret'))).toMatchObject({ option: 'addressHeader' });
    expect(thrownBy(create('x-secret', 'X-Forwarded-For'))).toMatchObject({ option: 'addressHeader' });
    expect(create('x-secret', 'x-forwarded-for')()).toBeDefined();
  });

  it('by default are those that are documented', () => {
    const names = presetNames.map((preset) => [
      preset,
      presetOf(preset).format.headers.map(({ name: header }) => header),
    ]);
    expect(Object.fromEntries(names)).toMatchObject({
      rfc9440: ['client-cert', 'client-cert-chain'],
      nginx: ['x-ssl-client-cert', 'x-ssl-client-verify'],
      haproxy: ['x-ssl-client-cert', 'x-ssl-client-verify'],
      apache: ['x-ssl-client-cert', 'x-ssl-client-verify'],
      envoy: ['x-forwarded-client-cert'],
      awsAlbPassthrough: ['x-amzn-mtls-clientcert'],
      awsAlbVerify: ['x-amzn-mtls-clientcert-leaf', 'x-amzn-mtls-clientcert-serial-number'],
      googleCloud: [
        'x-client-cert-present',
        'x-client-cert-chain-verified',
        'x-client-cert-leaf',
        'x-client-cert-hash',
      ],
      cloudflare: [
        'cf-client-cert-der-base64',
        'cf-client-cert-sha256',
        'x-client-cert-verified',
        'x-client-cert-revoked',
      ],
      cloudFront: [
        'cloudfront-viewer-cert-present',
        'cloudfront-viewer-cert-pem',
        'cloudfront-viewer-cert-sha256',
      ],
      traefik: ['x-forwarded-tls-client-cert'],
      caddy: ['x-ssl-client-cert', 'x-ssl-client-fingerprint'],
    });
  });
});

describe('the length of a value', () => {
  it('may be 16 KiB', () => {
    const padded = (length: number): Header => {
      const value = `Subject="";Cert="${escapedPem(leaf)}"`;
      return ['x-forwarded-client-cert', value.replace('""', `"${'a'.repeat(length - value.length)}"`)];
    };
    const { format } = presetOf('envoy');
    expect(padded(16 * 1024)[1]).toHaveLength(16 * 1024);
    expect(read(format, padded(16 * 1024))).toEqual(found);
    expect(thrownBy(() => read(format, padded(16 * 1024 + 1)))).toEqual(malformed);
  });
});

describe('messages', () => {
  it('hold nothing of the certificate', () => {
    const value = escapedPem(leaf).replace('%0A', '%0');
    const error = thrownBy(() =>
      read(nginx(), ['X-SSL-Client-Cert', value], ['X-SSL-Client-Verify', 'SUCCESS']),
    );
    expect(error).toHaveProperty('message', 'the percent-encoding is not one of PEM');
  });
});

describe('the address of the client', () => {
  const addressOf = (remoteAddress: string, ...lines: readonly Header[]) =>
    createForwardedCertificates({
      format: nginx(),
      proxy,
      addressHeader: 'x-forwarded-for',
    }).readAddress({ socket: { remoteAddress }, rawHeaders: rawHeaders(...lines) });

  it.each<[string, readonly Header[], string]>([
    ['one', [['X-Forwarded-For', '203.0.113.7']], '203.0.113.7'],
    ['the last of several', [['X-Forwarded-For', '1.1.1.1, 2.2.2.2,203.0.113.7']], '203.0.113.7'],
    ['the last line', [['X-Forwarded-For', '1.1.1.1'], ['x-forwarded-for', '203.0.113.7']], '203.0.113.7'], // prettier-ignore
    ['IPv6', [['X-Forwarded-For', 'a, 2001:db8::1']], '2001:db8::1'],
  ])('is %s', (_what, lines, address) => {
    expect(addressOf('10.0.0.1', ['Host', 'a'], ...lines)).toBe(address);
  });

  it.each<[string, readonly Header[]]>([
    ['there is no header', []],
    ['it is empty', [['X-Forwarded-For', '']]],
    ['it ends with a comma', [['X-Forwarded-For', '203.0.113.7,']]],
    ['it is a name', [['X-Forwarded-For', 'unknown']]],
    ['it has a port', [['X-Forwarded-For', '203.0.113.7:80']]],
    ['another header is meant', [['X_Forwarded_For', '203.0.113.7']]],
    ['the last line is not in form', [['X-Forwarded-For', '203.0.113.7'], ['X-Forwarded-For', 'x']]], // prettier-ignore
  ])('is not known if %s', (_what, lines) => {
    expect(addressOf('10.0.0.1', ...lines)).toBeNull();
  });

  it('is found in the first line of all', () => {
    const format = nginx();
    const source = createForwardedCertificates({ format, proxy, addressHeader: 'x-forwarded-for' });
    expect(source.readAddress({ socket, rawHeaders: ['X-Forwarded-For', '203.0.113.7'] })).toBe(
      '203.0.113.7',
    );
  });

  it('is not believed from anyone but the proxy', () => {
    expect(addressOf('10.0.0.2', ['X-Forwarded-For', '203.0.113.7'])).toBeNull();
  });

  it('is not known without a header to read', () => {
    const source = createForwardedCertificates({ format: nginx(), proxy });
    expect(source.readAddress({ socket, rawHeaders: ['x-forwarded-for', '203.0.113.7'] })).toBeNull();
  });
});
