import { X509Certificate } from 'node:crypto';
import {
  apache,
  awsAlbPassthrough,
  awsAlbVerify,
  caddy,
  cloudflare,
  cloudFront,
  envoy,
  googleCloud,
  haproxy,
  nginx,
  rfc9440,
  traefik,
  type ForwardedFormat,
} from '../../../src/proxy.js';
import { awsPem, base64, byteSequence, escapedPem, sha256, spacedPem } from './encodings.js';

export type Header = readonly [name: string, value: string];

/** What one kind of proxy sends. */
export interface Preset {
  readonly format: ForwardedFormat;
  /** The header that carries the certificate, spelled as the product does. */
  readonly certificateHeader: string;
  /** Writes the certificate header of these certificates. */
  encode(...ders: readonly Uint8Array[]): string;
  /** Breaks the encoding of a certificate header. */
  spoil(value: string): string;
  /** The other headers of a request with a verified certificate. */
  others(der: Uint8Array): readonly Header[];
  /** What a client without certificate comes with. */
  readonly none: readonly Header[];
  /** The header that says that the certificate was verified, or is as good as that. */
  readonly signal?: string;
  /** What the signal says of a certificate that was not verified. */
  readonly notVerified?: string;
  /** The certificate header where the proxy verified a certificate and lost it. Default: it is not there. */
  lost?(der: Uint8Array): string;
  /** Headers, certificate header included, in which what goes with the certificate is that of another one. */
  mismatch?(der: Uint8Array, another: Uint8Array): readonly Header[];
}

const breakPercent = (value: string) => value.replace('%0A', '%0');
const breakBase64 = (value: string) => `${value.slice(0, 100)}!${value.slice(101)}`;
const serial = (der: Uint8Array) => new X509Certificate(der).serialNumber;
const derList = (...ders: readonly Uint8Array[]) => Buffer.concat(ders).toString('base64');

const xfcc = (certificates: readonly Uint8Array[], hashed: Uint8Array) =>
  `By=spiffe://example.org/server;Hash=${sha256(hashed)};Cert="${escapedPem(...certificates)}";Subject="CN=a"`;

const nginxPreset: Preset = {
  format: nginx(),
  certificateHeader: 'X-SSL-Client-Cert',
  encode: escapedPem,
  spoil: breakPercent,
  others: () => [['X-SSL-Client-Verify', 'SUCCESS']],
  none: [['X-SSL-Client-Verify', 'NONE']],
  signal: 'X-SSL-Client-Verify',
  notVerified: 'FAILED:unable to verify the first certificate',
};

const haproxyPreset: Preset = {
  format: haproxy(),
  certificateHeader: 'X-SSL-Client-Cert',
  encode: derList,
  spoil: breakBase64,
  others: () => [['X-SSL-Client-Verify', '0']],
  none: [
    ['X-SSL-Client-Verify', '0'],
    ['X-SSL-Client-Cert', ''],
  ],
  signal: 'X-SSL-Client-Verify',
  notVerified: '18',
};

/** Every preset, and HAProxy twice. */
export const presets = {
  rfc9440: {
    format: rfc9440(),
    certificateHeader: 'Client-Cert',
    encode: (...ders) => ders.map(byteSequence).join(', '),
    spoil: breakBase64,
    others: () => [],
    none: [],
  },
  nginx: nginxPreset,
  haproxy: haproxyPreset,
  'haproxy with usedHeader': {
    ...haproxyPreset,
    format: haproxy({ usedHeader: 'x-ssl-client-used' }),
    others: (der) => [...haproxyPreset.others(der), ['X-SSL-Client-Used', '1']],
    none: [...haproxyPreset.none, ['X-SSL-Client-Used', '0']],
  },
  apache: {
    ...nginxPreset,
    format: apache(),
    encode: spacedPem,
    spoil: breakBase64,
    none: [
      ['X-SSL-Client-Verify', 'NONE'],
      ['X-SSL-Client-Cert', '(null)'],
    ],
    notVerified: 'GENEROUS',
  },
  envoy: {
    format: envoy(),
    certificateHeader: 'x-forwarded-client-cert',
    encode: (...ders) => xfcc(ders, ders[0] ?? new Uint8Array()),
    spoil: breakPercent,
    others: () => [],
    none: [],
    lost: (der) => `By=spiffe://example.org/server;Hash=${sha256(der)};Subject="CN=a"`,
    mismatch: (der, another) => [['x-forwarded-client-cert', xfcc([der], another)]],
  },
  awsAlbPassthrough: {
    format: awsAlbPassthrough(),
    certificateHeader: 'X-Amzn-Mtls-Clientcert',
    encode: awsPem,
    spoil: breakPercent,
    others: () => [],
    none: [],
  },
  awsAlbVerify: {
    format: awsAlbVerify(),
    certificateHeader: 'X-Amzn-Mtls-Clientcert-Leaf',
    encode: awsPem,
    spoil: breakPercent,
    others: (der) => [['X-Amzn-Mtls-Clientcert-Serial-Number', serial(der)]],
    none: [],
    signal: 'X-Amzn-Mtls-Clientcert-Serial-Number',
    mismatch: (der, another) => [
      ['X-Amzn-Mtls-Clientcert-Leaf', awsPem(der)],
      ['X-Amzn-Mtls-Clientcert-Serial-Number', serial(another)],
    ],
  },
  googleCloud: {
    format: googleCloud(),
    certificateHeader: 'X-Client-Cert-Leaf',
    encode: (...ders) => ders.map(byteSequence).join(', '),
    spoil: breakBase64,
    others: (der) => [
      ['X-Client-Cert-Present', 'true'],
      ['X-Client-Cert-Chain-Verified', 'true'],
      ['X-Client-Cert-Hash', sha256(der, 'base64')],
    ],
    none: [
      ['X-Client-Cert-Present', 'false'],
      ['X-Client-Cert-Chain-Verified', 'false'],
      ['X-Client-Cert-Leaf', ''],
      ['X-Client-Cert-Hash', ''],
    ],
    signal: 'X-Client-Cert-Chain-Verified',
    notVerified: 'false',
    mismatch: (der, another) => [
      ['X-Client-Cert-Leaf', byteSequence(der)],
      ['X-Client-Cert-Present', 'true'],
      ['X-Client-Cert-Chain-Verified', 'true'],
      ['X-Client-Cert-Hash', sha256(another, 'base64')],
    ],
  },
  cloudflare: {
    format: cloudflare(),
    certificateHeader: 'Cf-Client-Cert-Der-Base64',
    encode: derList,
    spoil: breakBase64,
    others: (der) => [
      ['Cf-Client-Cert-Sha256', sha256(der)],
      ['X-Client-Cert-Verified', 'true'],
      ['X-Client-Cert-Revoked', 'false'],
    ],
    none: [
      ['X-Client-Cert-Verified', 'false'],
      ['X-Client-Cert-Revoked', 'false'],
    ],
    signal: 'X-Client-Cert-Verified',
    notVerified: 'false',
    mismatch: (der, another) => [
      ['Cf-Client-Cert-Der-Base64', base64(der)],
      ['Cf-Client-Cert-Sha256', sha256(another)],
      ['X-Client-Cert-Verified', 'true'],
      ['X-Client-Cert-Revoked', 'false'],
    ],
  },
  cloudFront: {
    format: cloudFront(),
    certificateHeader: 'CloudFront-Viewer-Cert-Pem',
    encode: awsPem,
    spoil: breakPercent,
    others: (der) => [
      ['CloudFront-Viewer-Cert-Present', '1'],
      ['CloudFront-Viewer-Cert-Sha256', sha256(der)],
    ],
    none: [['CloudFront-Viewer-Cert-Present', '0']],
    signal: 'CloudFront-Viewer-Cert-Present',
    notVerified: '0',
    mismatch: (der, another) => [
      ['CloudFront-Viewer-Cert-Pem', awsPem(der)],
      ['CloudFront-Viewer-Cert-Present', '1'],
      ['CloudFront-Viewer-Cert-Sha256', sha256(another)],
    ],
  },
  traefik: {
    format: traefik(),
    certificateHeader: 'X-Forwarded-Tls-Client-Cert',
    encode: (...ders) => ders.map(base64).join(','),
    spoil: breakBase64,
    others: () => [],
    none: [],
  },
  caddy: {
    format: caddy(),
    certificateHeader: 'X-Ssl-Client-Cert',
    encode: derList,
    spoil: breakBase64,
    others: (der) => [['X-Ssl-Client-Fingerprint', sha256(der)]],
    none: [
      ['X-Ssl-Client-Cert', '{http.request.tls.client.certificate_der_base64}'],
      ['X-Ssl-Client-Fingerprint', '{http.request.tls.client.fingerprint}'],
    ],
    signal: 'X-Ssl-Client-Fingerprint',
    mismatch: (der, another) => [
      ['X-Ssl-Client-Cert', base64(der)],
      ['X-Ssl-Client-Fingerprint', sha256(another)],
    ],
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

export const presetNames = Object.keys(presets) as PresetName[];

export const presetOf = (name: PresetName): Preset => presets[name];
