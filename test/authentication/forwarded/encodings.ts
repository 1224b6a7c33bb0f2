import { createHash } from 'node:crypto';
import { createTestAuthority } from '../../../src/testing.js';
import { encodePem, parsePem } from '../../../src/x509/pem.js';

// Certificates, and how proxies write them into headers: written from the products' documentation and from what nginx,
// HAProxy, Apache and Caddy were seen to send.

export const pki = await createTestAuthority();

export const derOf = (pem: string): Uint8Array => parsePem(pem, 'CERTIFICATE')[0] ?? new Uint8Array();

/** A client certificate. */
export const leaf = derOf(pki.bootstrap.certificate);
/** Another certificate. */
export const other = derOf(pki.bootstrapCa.certificate);

export const base64 = (der: Uint8Array): string => Buffer.from(der).toString('base64');

const pem = (...ders: readonly Uint8Array[]): string =>
  ders.map((der) => encodePem('CERTIFICATE', der)).join('');

/** Every byte but A-Z a-z 0-9 - . _ ~ is escaped: nginx, Envoy. */
export const escapedPem = (...ders: readonly Uint8Array[]): string => encodeURIComponent(pem(...ders));

/** As {@link escapedPem}, but + / = are left as they are: AWS. */
export const awsPem = (...ders: readonly Uint8Array[]): string =>
  escapedPem(...ders)
    .replaceAll('%2B', '+')
    .replaceAll('%2F', '/')
    .replaceAll('%3D', '=');

/** Line ends have become spaces, and that at the end is gone: Apache. */
export const spacedPem = (...ders: readonly Uint8Array[]): string =>
  pem(...ders)
    .replaceAll('\n', ' ')
    .trimEnd();

/** Byte sequences of Structured Fields: RFC 9440. */
export const byteSequence = (der: Uint8Array): string => `:${base64(der)}:`;

export const sha256 = (der: Uint8Array, encoding: 'hex' | 'base64' = 'hex'): string =>
  createHash('sha256').update(der).digest(encoding);

/** One line per header, as Node.js hands them out. */
export const rawHeaders = (...lines: readonly (readonly [name: string, value: string])[]): string[] =>
  lines.flat();
