import { describe, expect, it } from 'vitest';
import {
  apache,
  awsAlbPassthrough,
  awsAlbVerify,
  caddy,
  cloudflare,
  cloudFront,
  createForwardedCertificates,
  envoy,
  googleCloud,
  haproxy,
  nginx,
  proxyAddresses,
  proxyCertificate,
  proxySecret,
  proxyUnixSocket,
  rfc9440,
  traefik,
  type ForwardedFormat,
} from '../../../src/proxy.js';
import { der } from '../../../src/x509/der-writer.js';
import { thrownBy } from '../../thrown-by.js';
import { BEGIN, END, forgeCertificate, name, newKeyPair } from '../../x509/forge.js';
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
import type { Header } from './presets.js';

// Many refusals have one code. What tells them apart is the message: it is what the person reads who set the proxy up.

const socket = { remoteAddress: '10.0.0.1' };

const read = (format: ForwardedFormat, ...lines: readonly Header[]) =>
  createForwardedCertificates({ format, proxy: proxyAddresses(['10.0.0.1']) }).readPeerCertificate({
    socket,
    rawHeaders: rawHeaders(...lines),
  });

const certificate = (value: string): Header => ['X-SSL-Client-Cert', value];
const verify = (value: string): Header => ['X-SSL-Client-Verify', value];
const present = (value: string): Header => ['X-Client-Cert-Present', value];
const xfcc = (value: string): Header => ['X-Forwarded-Client-Cert', value];
const serial = (value: string): Header => ['X-Amzn-Mtls-Clientcert-Serial-Number', value];
const albLeaf = (value: Uint8Array): Header => ['X-Amzn-Mtls-Clientcert-Leaf', awsPem(value)];
const cloudflareRule = (verified: string, revoked: string): readonly Header[] => [
  ['X-Client-Cert-Verified', verified],
  ['X-Client-Cert-Revoked', revoked],
];
const viewer = (part: string, value: string): Header => [`CloudFront-Viewer-Cert-${part}`, value];

const UNVERIFIED = 'the proxy did not verify the client certificate';
const MISSING = 'the proxy verified a client certificate and did not forward it';
const NOT_PEM = 'the certificate is not in PEM';
const NOT_BASE64 = 'the certificate is not in base64';
const NOT_DER = 'the certificate is not in DER';
const NO_BYTE_SEQUENCE = 'the certificate is no byte sequence of Structured Fields';
const OTHER_HASH = 'the hash is that of another certificate';

describe('a forwarded certificate that is refused', () => {
  it.each<[string, () => ForwardedFormat, readonly Header[]]>([
    [UNVERIFIED, nginx, [verify('FAILED:x')]],
    [MISSING, nginx, [verify('SUCCESS')]],
    ['x-ssl-client-verify is not what nginx says', nginx, [certificate(escapedPem(leaf)), verify('NONE')]],
    ['x-ssl-client-verify is not what nginx says', nginx, []],
    [NOT_PEM, nginx, [certificate(spacedPem(leaf).slice(1)), verify('SUCCESS')]],
    [NOT_PEM, nginx, [certificate('-----BEGIN%20CERTIFICATE-----AAAA'), verify('SUCCESS')]],
    ['there is no certificate', nginx, [certificate('%0A'), verify('SUCCESS')]],
    ['there is more than one certificate', nginx, [certificate(escapedPem(leaf, other)), verify('SUCCESS')]],
    ['x-ssl-client-cert comes twice', nginx, [certificate('a'), certificate('a'), verify('SUCCESS')]],
    ['x-ssl-client-cert is too long', nginx, [certificate('a'.repeat(16_385)), verify('SUCCESS')]],
    ['there is a header that passes for x-ssl-client-cert', nginx, [['X_SSL_Client_Cert', 'a']]],
    ['x-ssl-client-verify is not what Apache says', apache, [certificate(spacedPem(leaf)), verify('NONE')]],
    ['x-ssl-client-verify is not what Apache says', apache, [certificate('(null)')]],
    ['x-ssl-client-verify is no number', haproxy, [certificate(base64(leaf)), verify('')]],
    ['x-ssl-client-verify is no number', haproxy, [certificate(base64(leaf))]],
    [NOT_BASE64, haproxy, [certificate(`${base64(leaf)}!`), verify('0')]],
    [NOT_DER, haproxy, [certificate(base64(leaf.subarray(1))), verify('0')]],
    ['x-used is neither 0 nor 1', () => haproxy({ usedHeader: 'x-used' }), [verify('0')]],
    ['x-used is neither 0 nor 1', () => haproxy({ usedHeader: 'x-used' }), [verify('0'), ['X-Used', '2']]],
    [
      'there is a certificate that was not used',
      () => haproxy({ usedHeader: 'x-used' }),
      [certificate(base64(leaf)), verify('0'), ['X-Used', '0']],
    ],
    [
      'there is a client-cert-chain and no client-cert',
      rfc9440,
      [['Client-Cert-Chain', byteSequence(other)]],
    ],
    [NO_BYTE_SEQUENCE, rfc9440, [['Client-Cert', '']]],
    [NO_BYTE_SEQUENCE, rfc9440, [['Client-Cert', ':']]],
    [NO_BYTE_SEQUENCE, rfc9440, [['Client-Cert', '::']]],
    [NO_BYTE_SEQUENCE, rfc9440, [['Client-Cert', `:${base64(leaf)}A`]]],
    [NO_BYTE_SEQUENCE, rfc9440, [['Client-Cert', `A${base64(leaf)}:`]]],
    [NO_BYTE_SEQUENCE, rfc9440, [['Client-Cert', byteSequence(leaf)], ['Client-Cert-Chain', '']]], // prettier-ignore
    [NOT_BASE64, rfc9440, [['Client-Cert', ':!:']]],
    ['there is no x-amzn-mtls-clientcert-serial-number', awsAlbVerify, [albLeaf(leaf)]],
    ['the serial number is not in hex', awsAlbVerify, [albLeaf(leaf), serial('')]],
    ['the serial number is not in hex', awsAlbVerify, [albLeaf(leaf), serial('-1f')]],
    ['the serial number is not in hex', awsAlbVerify, [albLeaf(leaf), serial('1f-')]],
    ['the serial number is that of another certificate', awsAlbVerify, [albLeaf(leaf), serial('1f')]],
    [
      'the certificate has no serial number',
      awsAlbVerify,
      [albLeaf(der.sequence(der.sequence())), serial('1f')],
    ],
    [NOT_PEM, awsAlbPassthrough, [['X-Amzn-Mtls-Clientcert', base64(leaf)]]],
    ['x-client-cert-present does not go with x-client-cert-leaf', googleCloud, []],
    ['x-client-cert-present does not go with x-client-cert-leaf', googleCloud, [present('1')]],
    ['x-client-cert-chain-verified is neither true nor false', googleCloud, [present('true')]],
    [
      OTHER_HASH,
      googleCloud,
      [
        present('true'),
        ['X-Client-Cert-Chain-Verified', 'true'],
        ['X-Client-Cert-Leaf', byteSequence(leaf)],
        ['X-Client-Cert-Hash', sha256(other, 'base64')],
      ],
    ],
    ['x-client-cert-verified is not set', cloudflare, cloudflareRule('', 'false')],
    ['x-client-cert-revoked is not set', cloudflare, cloudflareRule('true', '')],
    [UNVERIFIED, cloudflare, cloudflareRule('true', 'true')],
    ['cloudfront-viewer-cert-present does not go with cloudfront-viewer-cert-pem', cloudFront, []],
    [MISSING, cloudFront, [viewer('Present', '1')]],
    [
      'the hash of the certificate is no SHA-256',
      cloudFront,
      [viewer('Present', '1'), viewer('Pem', awsPem(leaf))],
    ],
    [
      OTHER_HASH,
      cloudFront,
      [viewer('Present', '1'), viewer('Pem', awsPem(leaf)), viewer('Sha256', sha256(other))],
    ],
    ['there is no x-ssl-client-fingerprint', caddy, [certificate(base64(leaf))]],
    [NOT_BASE64, traefik, [['X-Forwarded-Tls-Client-Cert', 'a!']]],
    ['x-forwarded-client-cert is not printable ASCII', envoy, [xfcc('Subject=\t')]],
    ['x-forwarded-client-cert has no key where one is due', envoy, [xfcc('')]],
    ['x-forwarded-client-cert has a quote inside a plain value', envoy, [xfcc('Subject=a"b')]],
    ['x-forwarded-client-cert has a quote that is not closed', envoy, [xfcc('Subject="a')]],
    ['x-forwarded-client-cert goes on after the end of a value', envoy, [xfcc('Subject="a"b')]],
    ['the last element of x-forwarded-client-cert names no certificate', envoy, [xfcc('Subject="a"')]],
    ['an element of x-forwarded-client-cert has cert twice', envoy, [xfcc('Cert="a";cert="a"')]],
    ['an element of x-forwarded-client-cert has hash twice', envoy, [xfcc('Hash=a;Hash=a')]],
  ])('is told apart: %s', (message, createFormat, lines) => {
    expect(thrownBy(() => read(createFormat(), ...lines))).toMatchObject({ message });
  });

  it('keeps what was found underneath, where something was', () => {
    expect(
      thrownBy(() => read(haproxy(), certificate(base64(leaf.subarray(1))), verify('0'))),
    ).toHaveProperty('cause.name', 'MalformedError');
    expect(thrownBy(() => read(haproxy(), certificate('!'), verify('0')))).not.toHaveProperty('cause');
  });

  it('is not refused for a neighbour of another name', () => {
    const lines: readonly Header[] = [
      // As long as one of the two, one with an underscore and one without.
      ['X_SSL_Client_Carp', 'a'],
      ['X-SSL-Client-Carp', 'a'],
      certificate(escapedPem(leaf)),
      verify('SUCCESS'),
    ];
    expect(read(nginx(), ...lines)).toEqual({ certificate: Buffer.from(leaf) });
  });
});

describe('a header name without a value', () => {
  it('is no header', () => {
    const lines = rawHeaders(certificate(escapedPem(leaf)), verify('SUCCESS'));
    const source = createForwardedCertificates({ format: nginx(), proxy: proxyAddresses(['10.0.0.1']) });
    for (const name of ['X-SSL-Client-Cert', 'X_SSL_Client_Cert']) {
      expect(source.readPeerCertificate({ socket, rawHeaders: [...lines, name] })).toEqual({
        certificate: Buffer.from(leaf),
      });
    }
  });
});

describe('the certificate of Envoy', () => {
  it('is that of the last element, found in the header that Envoy writes', () => {
    const [first, last] = [`Cert="${escapedPem(other)}"`, `Hash=${sha256(leaf)};Cert="${escapedPem(leaf)}"`];
    expect(read(envoy(), xfcc(`${first},${last}`))).toEqual({ certificate: Buffer.from(leaf) });
    expect(read(envoy(), xfcc(`${first},${first},${last}`))).toEqual({ certificate: Buffer.from(leaf) });
    expect(read(envoy())).toBeNull();
    expect(
      thrownBy(() => read(envoy(), xfcc(`Hash=${sha256(other)};Cert="${escapedPem(leaf)}"`))),
    ).toMatchObject({
      message: OTHER_HASH,
    });
  });
});

describe('the serial number of a certificate', () => {
  it('is found in one of version 1 too, and counts with the zeros inside', () => {
    const version1 = forgeCertificate({
      keys: newKeyPair(),
      subject: name('device'),
      serial: der.integer(0x100001n),
      version: new Uint8Array(),
    });
    expect(read(awsAlbVerify(), albLeaf(version1), serial('10:00:01'))).toEqual({ certificate: version1 });
    expect(thrownBy(() => read(awsAlbVerify(), albLeaf(version1), serial('11')))).toMatchObject({
      message: 'the serial number is that of another certificate',
    });
  });
});

describe('a proxy that is not trusted', () => {
  const createSecret = () => proxySecret({ header: 'x-proxy-secret', secrets: ['x'.repeat(32)] });

  it('is told why, without the secret', () => {
    const secret = createSecret();
    const faultOf = (...lines: readonly Header[]) =>
      secret.findFault({ socket: null, rawHeaders: rawHeaders(...lines) });
    expect(faultOf(['X-Proxy-Secret', 'x'.repeat(32)])).toBeNull();
    expect(faultOf()).toBe('there is no x-proxy-secret');
    expect(faultOf(['X-Proxy-Secret', 'y'])).toBe('x-proxy-secret is wrong');
    expect(faultOf(['X-Proxy-Secret', 'x'.repeat(32)], ['x-proxy-secret', ''])).toBe(
      'x-proxy-secret comes twice',
    );
    expect(faultOf(['X-Proxy-Secrets', 'x'.repeat(32)])).toBe('there is no x-proxy-secret');
    expect(secret.findFault({ socket: null, rawHeaders: ['X-Proxy-Secret'] })).toBe(
      'there is no x-proxy-secret',
    );
  });

  it('is told what its connection lacks', () => {
    const nobody = { socket: {}, rawHeaders: [] };
    expect(proxyAddresses(['10.0.0.1']).findFault(nobody)).toBe('the connection has no remote address');
    expect(proxyAddresses(['10.0.0.1']).findFault({ ...nobody, socket: { remoteAddress: '10.0.0.2' } })).toBe(
      '10.0.0.2 is not the address of the proxy',
    );
    expect(proxyUnixSocket().findFault(nobody)).toBe('the connection is not over a Unix domain socket');
    expect(proxyCertificate({ sha256: [sha256(leaf)] }).findFault(nobody)).toBe(
      'the proxy showed no certificate',
    );
  });

  it('is told so in the error', () => {
    const source = createForwardedCertificates({ format: nginx(), proxy: createSecret() });
    expect(thrownBy(() => source.readPeerCertificate({ socket: null, rawHeaders: [] }))).toMatchObject({
      code: 'proxy_untrusted',
      message: 'there is no x-proxy-secret',
    });
  });
});

describe('the certificate of a proxy', () => {
  const keys = newKeyPair();
  const shown = forgeCertificate({ keys, subject: name('proxy') });
  const ofKey = sha256(keys.publicKey.export({ format: 'der', type: 'spki' }));
  const faultAt = (now: Date, pins: readonly string[] = [ofKey]) =>
    proxyCertificate({ sha256: pins, clock: { now: () => now } }).findFault({
      socket: { getPeerX509Certificate: () => ({ raw: shown }) },
      rawHeaders: [],
    });
  const shifted = (time: Date, milliseconds: number) => new Date(time.getTime() + milliseconds);

  it('counts from its first to its last moment', () => {
    const outOfTime = 'the certificate of the proxy is not valid at this time';
    expect([shifted(BEGIN, -1), BEGIN, END, shifted(END, 1)].map((now) => faultAt(now))).toEqual([
      outOfTime,
      null,
      null,
      outOfTime,
    ]);
  });

  it('is pinned by itself or by its key, among others', () => {
    const strange = '0'.repeat(64);
    expect(faultAt(BEGIN, [strange, sha256(shown)])).toBeNull();
    expect(faultAt(BEGIN, [ofKey, strange])).toBeNull();
    expect(faultAt(BEGIN, [strange])).toBe('the certificate of the proxy is not one that is pinned');
  });
});

describe('options of a proxy that are refused', () => {
  it.each<[string, string, () => unknown]>([
    ['proxy', 'say how the proxy is told from anyone else', () => createForwardedCertificates({ format: nginx(), proxy: [] })], // prettier-ignore
    ['addresses', 'at least one is needed', () => proxyAddresses([])],
    ['addresses[0]', 'is no IP address or CIDR block', () => proxyAddresses(['localhost'])],
    ['addresses[0]', 'is IPv4-mapped: write it as IPv4', () => proxyAddresses(['::ffff:10.0.0.1'])],
    ['addresses[0]', 'must have a prefix length from 1 to 32', () => proxyAddresses(['10.0.0.0/33'])],
    ['addresses[0]', 'must have a prefix length from 1 to 128', () => proxyAddresses(['2001:db8::/129'])],
    ['addresses[0]', 'is every address that there is', () => proxyAddresses(['::/0'])],
    ['sha256', 'at least one is needed', () => proxyCertificate({ sha256: [] })],
    ['sha256[0]', 'is no SHA-256', () => proxyCertificate({ sha256: ['a'] })],
    ['secrets', 'at least one is needed', () => proxySecret({ header: 'x-s', secrets: [] })],
    [
      'secrets[0]',
      'must have 32 to 1,024 printable ASCII characters, and no space',
      () => proxySecret({ header: 'x-s', secrets: [` ${'x'.repeat(32)}`] }),
    ],
    [
      'header',
      'must be the lower-case name of a header, without underscore',
      () => proxySecret({ header: 'X-S', secrets: ['x'.repeat(32)] }),
    ],
    [
      'verifyHeader',
      'names x-a, as another does',
      () => nginx({ certificateHeader: 'x-a', verifyHeader: 'x-a' }),
    ],
    [
      'verifiedHeader',
      'begins with cf- or x-cf-, which a rule of Cloudflare can not set',
      () => cloudflare({ verifiedHeader: 'x-cf-verified' }),
    ],
  ])('%s: %s', (option, message, create) => {
    expect(thrownBy(create)).toMatchObject({
      name: 'ConfigurationError',
      option,
      message: `${option}: ${message}`,
    });
  });

  it('are not refused for what they only contain', () => {
    expect(() => cloudflare({ verifiedHeader: 'my-cf-verified' })).not.toThrow();
  });
});
