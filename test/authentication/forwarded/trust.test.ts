import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PeerRequest } from '../../../src/contracts/peer-certificate.js';
import { ConfigurationError } from '../../../src/core/errors.js';
import {
  createForwardedCertificates,
  nginx,
  proxyAddresses,
  proxyCertificate,
  proxySecret,
  proxyUnixSocket,
  type ProxyTrust,
} from '../../../src/proxy.js';
import { createFakeClock } from '../../../src/testing.js';
import { thrownBy } from '../../thrown-by.js';
import { escapedPem, leaf, pki, sha256 } from './encodings.js';
import { requestOver, type Client } from './request-over.js';

const goodHeaders = { 'X-SSL-Client-Cert': escapedPem(leaf), 'X-SSL-Client-Verify': 'SUCCESS' };

const from = (remoteAddress: string | undefined): PeerRequest => ({
  socket: { remoteAddress },
  rawHeaders: [],
});

const read = (proxy: ProxyTrust | readonly ProxyTrust[]) => {
  const source = createForwardedCertificates({ format: nginx(), proxy });
  return (request: PeerRequest) => source.readPeerCertificate(request);
};

const untrusted = expect.objectContaining({ name: 'RejectedError', code: 'proxy_untrusted' }) as unknown;

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

describe('proxyAddresses', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '::ffff:10.0.0.1'],
    ['10.0.0.0/8', '10.255.255.255'],
    ['10.0.0.0/8', '::ffff:10.0.0.0'],
    ['10.1.2.8/29', '10.1.2.15'],
    ['10.1.2.8/32', '10.1.2.8'],
    ['128.0.0.0/1', '255.255.255.255'],
    ['2001:db8::1', '2001:db8::1'],
    ['2001:0DB8:0:0::1', '2001:db8::1'],
    ['2001:db8::/32', '2001:db8:ffff::1'],
    ['2001:db8::/128', '2001:db8::'],
    ['fe80::1', 'fe80::1%eth0'],
    ['fe80::/10', 'fe80::1%2'],
  ])('%s holds %s', (entry, address) => {
    const trust = proxyAddresses([entry]);
    expect(trust.findFault(from(address))).toBeNull();
    expect(trust.findFault(from(address))).toBeNull();
  });

  it.each([
    ['10.0.0.1', '10.0.0.2'],
    ['10.0.0.1', '10.0.0.10'],
    ['10.0.0.0/8', '11.0.0.0'],
    ['10.0.0.0/8', '9.255.255.255'],
    ['10.1.2.8/29', '10.1.2.16'],
    ['10.1.2.8/29', '10.1.2.7'],
    ['10.1.2.8/32', '10.1.2.9'],
    ['10.0.0.1', '::10.0.0.1'],
    ['10.0.0.1', '::1'],
    ['2001:db8::/32', '2001:db9::1'],
    ['2001:db8::/128', '2001:db8::1'],
    ['::/1', '10.0.0.1'],
  ])('%s does not hold %s', (entry, address) => {
    const trust = proxyAddresses([entry]);
    expect(trust.findFault(from(address))).toContain('is not the address of the proxy');
    expect(trust.findFault(from(address))).toContain('is not the address of the proxy');
  });

  it('trusts any of several', () => {
    const trust = proxyAddresses(['10.0.0.1', '192.168.0.0/16', '2001:db8::/64']);
    expect(trust.findFault(from('192.168.3.4'))).toBeNull();
    expect(trust.findFault(from('2001:db8::4'))).toBeNull();
    expect(trust.findFault(from('192.169.0.1'))).not.toBeNull();
  });

  it.each([[from(undefined)], [from('')], [from('localhost')], [{ socket: null, rawHeaders: [] }]])(
    'trusts nobody without an address: %j',
    (request) => {
      expect(thrownBy(() => read(proxyAddresses(['10.0.0.1', '::/1', '0.0.0.0/1']))(request))).toEqual(
        untrusted,
      );
    },
  );

  it.each([
    ['0.0.0.0/0'],
    ['::/0'],
    ['10.0.0.0/33'],
    ['2001:db8::/129'],
    ['10.0.0.0/-1'],
    ['10.0.0.0/08'],
    ['10.0.0.0/'],
    ['10.0.0.0/8/8'],
    ['10.0.0.0/255.0.0.0'],
    ['10.0.0'],
    ['010.0.0.1'],
    [' 10.0.0.1'],
    ['localhost'],
    ['*'],
    [''],
    ['fe80::1%eth0'],
    ['::ffff:10.0.0.1'],
    ['::ffff:0:0/96'],
  ])('is not made from %j', (entry) => {
    const error = thrownBy(() => proxyAddresses(['10.0.0.1', entry]));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'addresses[1]' });
  });

  it('is not made from nothing', () => {
    expect(thrownBy(() => proxyAddresses([]))).toMatchObject({ option: 'addresses' });
  });

  it('trusts a real connection over IPv4', async () => {
    const client = { host: '127.0.0.1', headers: goodHeaders };
    const over = (trust: ProxyTrust) =>
      requestOver({ port: 0, host: '127.0.0.1' }, null, client, (request) => read(trust)(request));
    expect(await over(proxyAddresses(['127.0.0.1']))).not.toBeNull();
    await expect(over(proxyAddresses(['127.0.0.2']))).rejects.toEqual(untrusted);
  });

  it.runIf(hasIpv6)(
    'trusts a real connection over IPv6, and IPv4 to a server that listens on both',
    async () => {
      const over = (client: Client, trust: ProxyTrust) =>
        requestOver({ port: 0, host: '::' }, null, { ...client, headers: goodHeaders }, (request) =>
          read(trust)(request),
        );
      expect(await over({ host: '::1' }, proxyAddresses(['::1']))).not.toBeNull();
      expect(await over({ host: '127.0.0.1' }, proxyAddresses(['127.0.0.0/8']))).not.toBeNull();
      await expect(over({ host: '::1' }, proxyAddresses(['127.0.0.1']))).rejects.toEqual(untrusted);
      await expect(over({ host: '127.0.0.1' }, proxyAddresses(['::1']))).rejects.toEqual(untrusted);
    },
  );
});

describe('proxyUnixSocket', () => {
  function socketPath(): string {
    const folder = mkdtempSync(join(tmpdir(), 'device-trust-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    return join(folder, 'app.sock');
  }

  it('trusts a connection over a Unix socket', async () => {
    const path = socketPath();
    const client = { socketPath: path, headers: goodHeaders };
    const peer = await requestOver({ path }, null, client, (request) => read(proxyUnixSocket())(request));
    expect(peer).toMatchObject({ certificate: Buffer.from(leaf) });
  });

  it('trusts TLS over a Unix socket', async () => {
    const path = socketPath();
    const tls = { cert: pki.server.certificate, key: pki.server.privateKey };
    const client = { socketPath: path, headers: goodHeaders, tls: { ca: pki.root.certificate } };
    const peer = await requestOver({ path }, tls, client, (request) => read(proxyUnixSocket())(request));
    expect(peer).not.toBeNull();
  });

  it('does not trust TCP', async () => {
    const client = { host: '127.0.0.1', headers: goodHeaders };
    const listen = { port: 0, host: '127.0.0.1' };
    await expect(
      requestOver(listen, null, client, (request) => read(proxyUnixSocket())(request)),
    ).rejects.toEqual(untrusted);
  });

  it('does not trust a TCP connection that is gone, though it has no address any more', async () => {
    const socket = await new Promise<Socket>((resolve) => {
      const server = createServer((accepted) => {
        accepted.once('close', () => {
          server.close();
          resolve(accepted);
        });
        accepted.on('error', () => undefined).resume();
      });
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (typeof address !== 'object' || address === null) return;
        const client = connect(address.port, '127.0.0.1', () => client.resetAndDestroy());
      });
    });
    expect(socket.remoteAddress).toBeUndefined();
    expect(thrownBy(() => read(proxyUnixSocket())({ socket, rawHeaders: [] }))).toEqual(untrusted);
  });

  it.each<[object | null]>([
    [null],
    [{}],
    [{ server: null }],
    [{ server: {} }],
    [{ server: { address: () => null } }],
    [{ server: { address: () => ({ port: 80 }) } }],
    [{ remoteAddress: '10.0.0.1', server: { address: () => '/run/app.sock' } }],
    [{ server: { address: () => '\0app' } }],
  ])('does not trust what is no Unix socket: %j', (socket) => {
    expect(thrownBy(() => read(proxyUnixSocket())({ socket, rawHeaders: [] }))).toEqual(untrusted);
  });
});

describe('proxyCertificate', () => {
  // The proxy's own certificate: that of the test PKI's clients will do.
  const proxy = pki.bootstrap;
  const ofCertificate = sha256(leaf);
  const ofKey = sha256(createPublicKey(proxy.certificate).export({ format: 'der', type: 'spki' }), 'base64');
  const tls = {
    cert: pki.server.certificate,
    key: pki.server.privateKey,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const known = { cert: proxy.certificate, key: proxy.privateKey };

  const over = (
    trust: ProxyTrust,
    credentials: { readonly cert?: string; readonly key?: string } = known,
    server: object = tls,
  ) =>
    requestOver(
      { port: 0, host: '127.0.0.1' },
      server,
      { host: '127.0.0.1', headers: goodHeaders, tls: { ca: pki.root.certificate, ...credentials } },
      (request) => read(trust)(request),
    );

  it.each([
    ['its certificate', [ofCertificate]],
    ['its public key', [ofKey]],
    ['another and it', ['0'.repeat(64), ofKey]],
  ])('trusts a connection on which the proxy showed %s', async (_what, pins) => {
    expect(await over(proxyCertificate({ sha256: pins }))).toMatchObject({ certificate: Buffer.from(leaf) });
  });

  it('does not trust another certificate', async () => {
    await expect(over(proxyCertificate({ sha256: ['0'.repeat(64)] }))).rejects.toEqual(untrusted);
    const stranger = { cert: pki.server.certificate, key: pki.server.privateKey };
    await expect(over(proxyCertificate({ sha256: [ofCertificate, ofKey] }), stranger)).rejects.toEqual(
      untrusted,
    );
  });

  it('does not trust a connection without certificate', async () => {
    await expect(over(proxyCertificate({ sha256: [ofKey] }), {})).rejects.toEqual(untrusted);
  });

  it('does not trust a server that did not ask for one', async () => {
    const server = { ...tls, requestCert: false };
    await expect(over(proxyCertificate({ sha256: [ofKey] }), known, server)).rejects.toEqual(untrusted);
  });

  it('does not trust it before its start and after its end', async () => {
    const now = new Date();
    const later = (days: number) => createFakeClock(new Date(now.getTime() + days * 24 * 60 * 60 * 1000));
    expect(await over(proxyCertificate({ sha256: [ofKey], clock: later(1) }))).not.toBeNull();
    await expect(over(proxyCertificate({ sha256: [ofKey], clock: later(-3) }))).rejects.toEqual(untrusted);
    await expect(over(proxyCertificate({ sha256: [ofKey], clock: later(4000) }))).rejects.toEqual(untrusted);
  });

  it('does not trust a connection without TLS, or what is no certificate', () => {
    const look = read(proxyCertificate({ sha256: [ofKey] }));
    expect(thrownBy(() => look({ socket: {}, rawHeaders: [] }))).toEqual(untrusted);
    expect(thrownBy(() => look({ socket: null, rawHeaders: [] }))).toEqual(untrusted);
    const socket = { getPeerX509Certificate: () => ({ raw: Buffer.of(1) }) };
    expect(thrownBy(() => look({ socket, rawHeaders: [] }))).toEqual(untrusted);
  });

  it.each([
    [[], 'sha256'],
    [['abc'], 'sha256[0]'],
    [[ofKey, ''], 'sha256[1]'],
  ])('is not made from %j', (pins, option) => {
    const error = thrownBy(() => proxyCertificate({ sha256: pins }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});

describe('proxySecret', () => {
  const secrets = ['the first of two shared secrets:-)'.replaceAll(' ', '-'), 'x'.repeat(32)];
  const header = 'x-proxy-secret';
  const trust = proxySecret({ header, secrets });
  const findFault = (...rawHeaders: readonly string[]) => trust.findFault({ socket: null, rawHeaders });

  it.each(secrets)('trusts %s', (secret) => {
    expect(findFault('Host', 'a', 'X-Proxy-Secret', secret, 'Accept', '*/*')).toBeNull();
  });

  it.each([
    ['no secret', []],
    ['no value', ['X-Proxy-Secret', '']],
    ['a wrong one', ['X-Proxy-Secret', 'y'.repeat(32)]],
    ['one that goes on', ['X-Proxy-Secret', 'x'.repeat(33)]],
    ['the start of one', ['X-Proxy-Secret', 'x'.repeat(31)]],
    ['one in upper case', ['X-Proxy-Secret', 'X'.repeat(32)]],
    ['a good one twice', ['X-Proxy-Secret', 'x'.repeat(32), 'x-proxy-secret', 'x'.repeat(32)]],
    ['a wrong one and a good one', ['X-Proxy-Secret', 'no', 'x-proxy-secret', 'x'.repeat(32)]],
    ['a good one under another name', ['X-Proxy_Secret', 'x'.repeat(32)]],
  ])('does not trust %s', (_what, headers) => {
    const request = { socket: null, rawHeaders: headers };
    expect(thrownBy(() => read(trust)(request))).toEqual(untrusted);
  });

  it('never repeats a secret in its message', () => {
    expect(findFault('X-Proxy-Secret', 'this-was-meant-to-be-secret')).not.toContain('meant');
  });

  it('guards its header like those of the certificate', () => {
    const rawHeaders = [
      ...Object.entries(goodHeaders).flat(),
      'X-Proxy-Secret',
      'x'.repeat(32),
      'X_Proxy_Secret',
      'x'.repeat(32),
    ];
    expect(thrownBy(() => read(trust)({ socket: null, rawHeaders }))).toMatchObject({
      code: 'forwarded_certificate_malformed',
    });
  });

  it.each([
    [{ secrets: [] }, 'secrets'],
    [{ secrets: ['x'.repeat(31)] }, 'secrets[0]'],
    [{ secrets: ['x'.repeat(32), `${'x'.repeat(40)} y`] }, 'secrets[1]'],
    [{ secrets: ['\u00e4'.repeat(40)] }, 'secrets[0]'],
    [{ header: 'X-Proxy-Secret' }, 'header'],
    [{ header: 'x_proxy_secret' }, 'header'],
    [{ header: 'x proxy' }, 'header'],
    [{ header: '' }, 'header'],
  ])('is not made from %j', (change, option) => {
    const error = thrownBy(() => proxySecret({ header, secrets, ...change }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});

describe('several ways of trust', () => {
  const rawHeaders = [...Object.entries(goodHeaders).flat(), 'X-Proxy-Secret', 'x'.repeat(32)];
  const both = read([
    proxyAddresses(['10.0.0.1']),
    proxySecret({ header: 'x-proxy-secret', secrets: ['x'.repeat(32)] }),
  ]);

  it('must all hold', () => {
    expect(both({ socket: { remoteAddress: '10.0.0.1' }, rawHeaders })).not.toBeNull();
    const elsewhere = { socket: { remoteAddress: '10.0.0.2' }, rawHeaders };
    expect(thrownBy(() => both(elsewhere))).toEqual(untrusted);
    const silent = { socket: { remoteAddress: '10.0.0.1' }, rawHeaders: rawHeaders.slice(0, -2) };
    expect(thrownBy(() => both(silent))).toEqual(untrusted);
  });

  it('must be stated', () => {
    expect(thrownBy(() => read([]))).toMatchObject({ name: 'ConfigurationError', option: 'proxy' });
  });
});
