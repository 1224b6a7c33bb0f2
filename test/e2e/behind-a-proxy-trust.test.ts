import { createHash, createPrivateKey } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createForwardedCertificates, proxyAddresses } from '../../src/proxy.js';
import { presetOf, type Header } from '../authentication/forwarded/presets.js';
import { spkiOf } from '../ca/pki.js';
import { ask, type Reply } from './behind-a-proxy-client.js';
import { startFleet, type ClientName, type Fleet } from './behind-a-proxy-fleet.js';
import { peerCertificatesOf, readGuide, readGuideOverTcp } from './behind-a-proxy-guide.js';
import { headersOf, kinds, programs, startProxy, type Proxy } from './behind-a-proxy-proxies.js';
import { isMissing } from './foreground-server.js';

// Proxies and servers that are not on one machine, or could be: how does the server know that it is the proxy that asks? The
// Unix sockets of those that are have a test of their own.

let fleet: Fleet;
const started: Proxy[] = [];

beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(async () => {
  await Promise.all(started.map(({ stop }) => stop()));
  await fleet.close();
});

async function start(...options: Parameters<typeof startProxy>): Promise<Proxy> {
  const proxy = await startProxy(...options);
  started.push(proxy);
  return proxy;
}

async function through(
  { port }: { readonly port: number },
  name: ClientName | null,
  headers: readonly Header[] = [],
): Promise<Reply> {
  return ask({
    port,
    serverCa: fleet.root,
    client: name === null ? null : fleet.clients[name],
    headers: [await fleet.bearer(), ...headers],
  });
}

describe.each(programs)('%s at an address', (program) => {
  /** What the guide has where proxy and server are on one machine. */
  const local = {
    nginx: 'proxy_pass http://unix:/run/app/app.sock;',
    haproxy: 'server app unix@/run/app/app.sock',
    apache2: 'ProxyPass / "unix:/run/app/app.sock|http://localhost/"',
    caddy: 'reverse_proxy unix//run/app/app.sock',
  }[program];

  it.skipIf(isMissing(program))('is trusted, and nobody else is', async () => {
    const { section, language } = kinds[program];
    const { format } = presetOf(kinds[program].preset);
    const proxy = proxyAddresses(['127.0.0.1']);
    const port = await fleet.listenOnPort(createForwardedCertificates({ format, proxy }));
    const site = await start(program, {
      guide: readGuide(section, language),
      places: { [local]: readGuideOverTcp(section), '10.0.3.7:8080': `127.0.0.1:${port}` },
      files: fleet.files,
    });
    expect(await through(site, 'good')).toMatchObject({
      status: 200,
      body: { deviceId: fleet.clients.good.deviceId },
    });
    expect(await through(site, null, headersOf(program, fleet.clients.good))).toMatchObject({
      status: 403,
      code: 'client_certificate_required',
    });

    const from = (localAddress: string) =>
      new Promise<IncomingMessage>((resolve, reject) => {
        const headers = Object.fromEntries(headersOf(program, fleet.clients.good));
        httpRequest({ host: '127.0.0.1', port, localAddress, path: '/device-trust/v1/device', headers })
          .on('response', resolve)
          .on('error', reject)
          .end();
      });
    const fromNeighbour = await from('127.0.0.2');
    expect(fromNeighbour.statusCode).toBe(403);
    expect(await textOf(fromNeighbour)).toContain('"code":"proxy_untrusted"');
    // It is the address that makes the difference.
    const fromProxy = await from('127.0.0.1');
    expect(fromProxy.resume().statusCode).toBe(200);
  });
});

describe.skipIf(isMissing('nginx'))('nginx with a certificate of its own', () => {
  it('is trusted, and nobody else is', async () => {
    const own = fleet.clients['of a sibling CA'];
    const spki = spkiOf(createPrivateKey(own.privateKey));
    const publicKeySha256 = createHash('sha256').update(spki).digest('hex');
    const section = 'With a certificate of the proxy';
    const port = await fleet.listenOnTlsPort(peerCertificatesOf(section, { publicKeySha256 }));
    const site = await start('nginx', {
      guide: readGuide('nginx', 'nginx'),
      places: {
        'proxy_pass http://unix:/run/app/app.sock;': readGuide(section, 'nginx'),
        '10.0.3.7:8443': `127.0.0.1:${port}`,
        'app.example.com': 'localhost',
      },
      files: {
        ...fleet.files,
        'proxy.pem': own.certificate,
        'proxy.key': own.privateKey,
        'app-ca.pem': fleet.root,
      },
    });
    const { deviceId } = fleet.clients.good;
    // The second time, nginx resumes the TLS session that it has with the server.
    for (let times = 0; times < 3; times += 1) {
      expect(await through(site, 'good')).toMatchObject({ status: 200, body: { deviceId } });
    }
    // The certificate of the proxy is nobody's.
    expect(await through(site, null)).toMatchObject({ status: 403, code: 'client_certificate_required' });
    expect(await through(site, 'expired')).toMatchObject({
      status: 403,
      code: 'forwarded_certificate_unverified',
    });

    for (const client of ['good', 'bootstrap', null] as const) {
      expect(await through({ port }, client, headersOf('nginx', fleet.clients.good))).toMatchObject({
        status: 403,
        code: 'proxy_untrusted',
      });
    }
    // It is the certificate that makes the difference.
    expect(await through({ port }, 'of a sibling CA', headersOf('nginx', fleet.clients.good))).toMatchObject({
      status: 200,
      body: { deviceId },
    });
  });
});

describe.skipIf(isMissing('haproxy'))('HAProxy with a secret', () => {
  it('is trusted, and nobody else is', async () => {
    const secret = 'only-the-proxy-and-the-server-know-this';
    const section = 'With a secret of the proxy';
    const port = await fleet.listenOnTlsPort(peerCertificatesOf(section, { secrets: [secret] }));
    const [setHeader = '', server = ''] = readGuide(section, 'haproxy').split('\n');
    const site = await start('haproxy', {
      guide: readGuide('HAProxy', 'haproxy'),
      places: {
        '    default_backend app': `${setHeader}\n    default_backend app`,
        '    server app unix@/run/app/app.sock': server,
        '10.0.3.7:8443': `127.0.0.1:${port}`,
        'app.example.com': 'localhost',
      },
      files: { ...fleet.files, 'app-ca.pem': fleet.root },
      environment: { PROXY_SECRET: secret },
    });
    const { deviceId } = fleet.clients.good;
    const accepted = { status: 200, body: { deviceId } };
    const untrusted = { status: 403, code: 'proxy_untrusted' };
    expect(await through(site, 'good')).toMatchObject(accepted);
    // What a client says takes no effect.
    expect(await through(site, 'good', [['X-Proxy-Secret', 'a guess']])).toMatchObject(accepted);
    expect(await through(site, 'good', [['x_proxy_secret', 'a guess']])).toMatchObject({
      status: 400,
      code: 'forwarded_certificate_malformed',
    });
    expect(await through(site, null)).toMatchObject({ status: 403, code: 'client_certificate_required' });

    const forged = headersOf('haproxy', fleet.clients.good);
    expect(await through({ port }, 'good', forged)).toMatchObject(untrusted);
    expect(await through({ port }, null, [...forged, ['X-Proxy-Secret', `${secret}.`]])).toMatchObject(
      untrusted,
    );
    // It is the secret that makes the difference.
    expect(await through({ port }, null, [...forged, ['X-Proxy-Secret', secret]])).toMatchObject(accepted);
  });
});

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
