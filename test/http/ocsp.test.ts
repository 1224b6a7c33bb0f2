import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueOcspCertificate } from '../../src/ca/ocsp-certificate.js';
import { createNodeListener } from '../../src/http/node-listener.js';
import type { HttpRequest } from '../../src/http/http-message.js';
import { createStatusHandler } from '../../src/http/status-handler.js';
import { createOcspResponder, type OcspResponder } from '../../src/revocation/ocsp-responder.js';
import { parseOcspResponse } from '../../src/testing/contracts/parse-ocsp-response.js';
import {
  certificatePem,
  createAuthority,
  daysFromNow,
  type DeviceCertificate,
  deviceCa,
  deviceCaKey,
  newKey,
  root,
  spkiOf,
} from '../ca/pki.js';
import { connectionOf } from '../backend.js';
import { ask, certIdOf, OcspBackend, revokedBefore } from '../revocation/ocsp-backend.js';
import { hasTool, runToolMeanwhile } from '../run-tool.js';

const ocspKey = newKey();
const ocspCertificate = await issueOcspCertificate({
  issuer: { certificate: deviceCa, privateKey: deviceCaKey },
  subject: { commonName: 'Example OCSP' },
  publicKey: spkiOf(ocspKey),
  notBefore: daysFromNow(-1),
  notAfter: daysFromNow(300),
});

const crls = { find: async () => null };
const handlerFor = (ocsp: OcspResponder | undefined, authority = createAuthority()) =>
  createStatusHandler({ authority, crls, ...(ocsp === undefined ? {} : { ocsp }) });

describe.each([
  ['the CA itself', createAuthority()],
  [
    'a responder that the CA certified',
    createAuthority({
      issuers: [
        {
          certificate: deviceCa,
          privateKey: deviceCaKey,
          ocspResponder: { certificate: ocspCertificate, privateKey: ocspKey },
        },
      ],
    }),
  ],
])('OCSP answers signed by %s', (_signer, authority) => {
  const backend = new OcspBackend(authority);
  let server: Server;
  let url: string;
  let devices: Readonly<Record<'good' | 'revoked' | 'unknown', DeviceCertificate>>;
  let files: Readonly<Record<string, string>>;

  beforeAll(async () => {
    devices = {
      good: await backend.issue(),
      revoked: await backend.issue(),
      unknown: await new OcspBackend(authority).issue(),
    };
    backend.revoke(devices.revoked, { key: revokedBefore(60, 'keyCompromise') });
    const handler = handlerFor(createOcspResponder(backend.options()), authority);
    server = createServer(createNodeListener(handler));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    url = `http://127.0.0.1:${address.port}/ocsp`;
    files = {
      root: certificatePem(root),
      ca: certificatePem(deviceCa),
      trusted: certificatePem(deviceCa) + certificatePem(root),
      good: certificatePem(devices.good.certificate),
      revoked: certificatePem(devices.revoked.certificate),
      unknown: certificatePem(devices.unknown.certificate),
    };
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  describe('are believed by OpenSSL', () => {
    const openssl = (...args: readonly string[]) =>
      runToolMeanwhile(
        'openssl',
        ['ocsp', '-url', url, '-CAfile', '@root', '-issuer', '@ca', ...args],
        files,
      );

    it.each(['good', 'revoked', 'unknown'])('that a certificate is %s', async (status) => {
      for (const options of [[], ['-sha256'], ['-no_nonce']]) {
        const { output } = await openssl(...options, '-cert', `@${status}`, '-verify_other', '@ca');
        expect(output).toContain('Response verify OK');
        expect(output).toContain(`: ${status}`);
        expect(output).not.toContain('no nonce in response');
      }
    });

    it('about several certificates at once', async () => {
      const certificates = ['good', 'revoked', 'unknown'].flatMap((name) => ['-cert', `@${name}`]);
      const { output } = await openssl(...certificates, '-verify_other', '@ca');
      expect(output).toContain('Response verify OK');
      expect(output).toMatch(/: good\n[^]+: revoked\n[^]+Reason: keyCompromise[^]+: unknown\n/);
    });
  });

  it.skipIf(!hasTool('ocsptool')).each(['good', 'revoked', 'unknown'])(
    'are believed by GnuTLS that a certificate is %s',
    async (status) => {
      const args = [`--ask=${url}`, '--load-issuer', '@ca', '--load-cert', `@${status}`, '--load-trust'];
      for (const options of [['--no-nonce'], ['--nonce']]) {
        const { output } = await runToolMeanwhile('ocsptool', [...args, '@trusted', ...options], files);
        expect(output).toContain('Verifying OCSP Response: Success');
        expect(output).toContain(`Certificate Status: ${status}`);
      }
    },
  );

  it.skipIf(!hasTool('java'))('are believed by Java, which asks by itself', async () => {
    const program = `
import java.io.*; import java.net.URI; import java.nio.file.*; import java.security.cert.*; import java.util.*;
public class Validate {
  static Certificate read(String name) throws Exception {
    return CertificateFactory.getInstance("X.509").generateCertificate(Files.newInputStream(Path.of(name)));
  }
  public static void main(String[] args) throws Exception {
    for (var name : List.of("good", "revoked", "unknown")) {
      var path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(read(name), read("ca")));
      var parameters = new PKIXParameters(Set.of(new TrustAnchor((X509Certificate) read("root"), null)));
      var validator = CertPathValidator.getInstance("PKIX");
      var checker = (PKIXRevocationChecker) validator.getRevocationChecker();
      checker.setOcspResponder(URI.create(args[0]));
      checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.ONLY_END_ENTITY, PKIXRevocationChecker.Option.NO_FALLBACK));
      parameters.addCertPathChecker(checker);
      try {
        validator.validate(path, parameters);
        System.out.println("accepted");
      } catch (CertPathValidatorException refusal) {
        System.out.println(refusal.getReason());
      }
    }
  }
}`;
    const all = { ...files, 'Validate.java': program };
    const { output } = await runToolMeanwhile('java', ['@Validate.java', url], all);
    expect(output.trim().split('\n')).toEqual(['accepted', 'REVOKED', 'UNDETERMINED_REVOCATION_STATUS']);
  });

  describe('to GET', () => {
    const question = (device = devices.good) =>
      Buffer.from(ask([certIdOf({ certificate: device.certificate, issuer: deviceCa })])).toString('base64');

    it('are those to POST, percent-encoded or not, with what caches must know', async () => {
      const posted = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/ocsp-request' },
        body: Buffer.from(question(), 'base64'),
      });
      const expected = Buffer.from(await posted.arrayBuffer());
      for (const encoded of [question(), encodeURIComponent(question())]) {
        const response = await fetch(`${url}/${encoded}`);
        const body = Buffer.from(await response.arrayBuffer());
        expect(response.status).toBe(200);
        expect(body).toEqual(expected);
        const { thisUpdate, nextUpdate } = parseOcspResponse(body).responses[0] ?? expect.unreachable();
        expect(Object.fromEntries(response.headers)).toMatchObject({
          'content-type': 'application/ocsp-response',
          'content-length': String(body.length),
          'last-modified': thisUpdate.toUTCString(),
          expires: nextUpdate?.toUTCString(),
          etag: expect.stringMatching(/^"[0-9a-f]{64}"$/) as string,
          'cache-control': 'public, max-age=5, no-transform, must-revalidate',
        });
      }
    });

    it('need not be sent again to who has them', async () => {
      const first = await fetch(`${url}/${encodeURIComponent(question())}`);
      const etag = first.headers.get('etag') ?? '';
      const again = (tag: string) =>
        fetch(`${url}/${encodeURIComponent(question())}`, { headers: { 'if-none-match': tag } });
      const second = await again(etag);
      expect(second.status).toBe(304);
      expect(second.headers.get('etag')).toBe(etag);
      expect((await again('"other"')).status).toBe(200);
      await Promise.all([first.arrayBuffer(), second.arrayBuffer()]);
    });

    it('are kept by nobody if they are not for everyone', async () => {
      const nonce = ask(
        [certIdOf({ certificate: devices.good.certificate, issuer: deviceCa })],
        Buffer.of(1),
      );
      for (const asked of [question(devices.unknown), Buffer.from(nonce).toString('base64')]) {
        const response = await fetch(`${url}/${encodeURIComponent(asked)}`);
        expect(response.headers.get('cache-control')).toBe('no-store');
        expect(response.headers.has('etag')).toBe(false);
        await response.arrayBuffer();
      }
    });
  });
});

describe('the OCSP endpoints', () => {
  const backend = new OcspBackend(createAuthority());
  const handler = handlerFor(createOcspResponder(backend.options()));
  const request = (changes: Partial<HttpRequest> & { readonly content?: Uint8Array }): HttpRequest => ({
    method: 'POST',
    url: '/ocsp',
    headers: { 'content-type': 'application/ocsp-request' },
    body: (async function* () {
      await Promise.resolve();
      yield changes.content ?? new Uint8Array(0);
    })(),
    connection: connectionOf(null),
    ...changes,
  });
  const malformedRequest = Buffer.from('30030a0101', 'hex');

  it.each([
    ['of no base64', { method: 'GET', url: '/ocsp/%2A%2A' }],
    ['of no percent-encoding', { method: 'GET', url: '/ocsp/%zz' }],
    ['of no DER, by GET', { method: 'GET', url: '/ocsp/AAAA' }],
    ['of no DER, by POST', { content: Buffer.from('{}') }],
    ['of nothing', {}],
  ])('say of a question %s in OCSP that it is malformed', async (_what, changes) => {
    const response = await handler.handle(request(changes));
    expect(response).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/ocsp-response', 'cache-control': 'no-store' },
    });
    expect(Buffer.from(response?.body ?? '')).toEqual(malformedRequest);
  });

  it('take a media type with parameters', async () => {
    const headers = { 'content-type': 'Application/OCSP-Request; charset=binary' };
    expect(await handler.handle(request({ headers }))).toMatchObject({ status: 200 });
  });

  it.each<[number, string, Parameters<typeof request>[0]]>([
    [415, 'another media type', { headers: { 'content-type': 'application/json' } }],
    [415, 'no media type', { headers: {} }],
    [413, 'more than 16 KiB', { content: new Uint8Array(16 * 1024 + 1) }],
    [405, 'another method', { method: 'PUT' }],
    [405, 'POST to the place of a GET', { url: '/ocsp/AAAA' }],
    [405, 'GET without a question', { method: 'GET' }],
  ])('answer %i to %s', async (status, _what, changes) => {
    expect(await handler.handle(request(changes))).toMatchObject({ status });
  });

  it('take 16 KiB', async () => {
    expect(await handler.handle(request({ content: new Uint8Array(16 * 1024) }))).toMatchObject({
      status: 200,
    });
  });

  it('are not there without a responder', async () => {
    const without = handlerFor(undefined);
    expect(await without.handle(request({}))).toBeNull();
    expect(await without.handle(request({ method: 'GET', url: '/ocsp/AAAA' }))).toBeNull();
  });
});
