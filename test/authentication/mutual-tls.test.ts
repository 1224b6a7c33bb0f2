import { createServer, type Server } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createMutualTlsServer,
  createNodeListener,
  createTlsServerOptions,
  issueBootstrapCertificate,
  directTls,
  refuseUntrustedClients,
} from '../../src/index.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { createTlsClient, type TlsClient, type TlsClientOptions } from '../../src/testing.js';
import { encodePem } from '../../src/x509/pem.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';
import { connectionOf, createBackend, newKey, type Backend } from '../backend.js';

/** OpenSSL judges dates by the clock of the machine, so here ours begins with it. */
const createLiveBackend = () => createBackend({}, new Date());

const open: { close(): void }[] = [];

afterEach(() => {
  for (const thing of open.splice(0)) thing.close();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  const address = server.address();
  return `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

const tlsOptions = ({ pki, trust }: Backend) => ({
  certificate: pki.server.certificate,
  privateKey: pki.server.privateKey,
  deviceIssuers: [pki.deviceCa.certificate],
  bootstrapIssuers: [pki.bootstrapCa.certificate],
  authenticator: trust.authenticator,
});

function client(backend: Backend, serverUrl: string, options: Partial<TlsClientOptions> = {}): TlsClient {
  const made = createTlsClient({ serverUrl, serverCa: backend.pki.root.certificate, ...options });
  open.push(made);
  return made;
}

const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString();

async function enrolledClient(backend: Backend, serverUrl: string, options: Partial<TlsClientOptions> = {}) {
  const key = newKey();
  const { body } = await backend.enroll({ key });
  return client(backend, serverUrl, {
    certificate: String(body['certificate']),
    privateKey: pem(key),
    ...options,
  });
}

const start = async (backend: Backend) =>
  listen(createMutualTlsServer(tlsOptions(backend), createNodeListener(backend.trust.handler)));

const device = { path: '/device-trust/v1/device' };

describe('the mutual TLS server', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('serves devices over %s', async (tlsVersion) => {
    const backend = await createLiveBackend();
    const answer = await (await enrolledClient(backend, await start(backend), { tlsVersion })).send(device);
    expect(answer).toMatchObject({ status: 200, body: { tier: 'strong' } });
  });

  it('ends a connection without a certificate', async () => {
    const backend = await createLiveBackend();
    await rejectionOf(client(backend, await start(backend)).send(device));
  });

  it('ends a connection with a certificate of another PKI', async () => {
    const backend = await createLiveBackend();
    const other = await createLiveBackend();
    await rejectionOf(client(backend, await start(backend), other.pki.bootstrap).send(device));
  });

  it('ends a connection with a certificate of the root itself, or of a sibling of our CAs', async () => {
    const backend = await createLiveBackend();
    const key = newKey();
    const certificate = await issueBootstrapCertificate({
      issuer: { certificate: backend.pki.root.certificate, privateKey: { pem: backend.pki.root.privateKey } },
      release: 'x',
      publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }),
      notBefore: new Date(),
      notAfter: new Date(new Date().getTime() + 24 * 3600 * 1000),
    });
    const stranger = { certificate: encodePem('CERTIFICATE', certificate), privateKey: pem(key) };
    await rejectionOf(client(backend, await start(backend), stranger).send(device));
  });

  it('lets an expired device get as far as being told to renew, on an old connection and on a new one', async () => {
    const backend = await createLiveBackend();
    const url = await start(backend);
    const key = newKey();
    const { body } = await backend.enroll({ key });
    const files = { certificate: String(body['certificate']), privateKey: pem(key) };
    const kept = client(backend, url, files);
    expect(await kept.send(device)).toMatchObject({ status: 200 });
    backend.clock.set(new Date(new Date(String(body['notAfter'])).getTime() + 1000));
    const refusal = { status: 403, body: { code: 'certificate_expired', action: 'renew' } };
    expect(await kept.send(device)).toMatchObject(refusal);
    expect(kept.connections()).toBe(1);
    expect(await client(backend, url, files).send(device)).toMatchObject(refusal);
  });

  it('refuses a revoked device at its next request on the same connection', async () => {
    const backend = await createLiveBackend();
    const phone = await enrolledClient(backend, await start(backend));
    const { body } = await phone.send(device);
    await backend.revoke({ deviceId: (body as { deviceId: string }).deviceId });
    expect(await phone.send(device)).toMatchObject({ status: 403, code: 'device_suspended' });
    expect(phone.connections()).toBe(1);
  });

  it('answers a body that is too large, and closes the connection it came on', async () => {
    const backend = await createLiveBackend();
    const phone = client(backend, await start(backend), backend.pki.bootstrap);
    const answer = await phone.send({
      path: '/device-trust/v1/challenges',
      body: Buffer.alloc(65 * 1024, 0x20),
    });
    expect(answer).toMatchObject({ status: 413, headers: { connection: 'close' } });
    expect(
      await phone.send({ path: '/device-trust/v1/challenges', body: { purpose: 'enroll' } }),
    ).toMatchObject({ status: 201 });
  });

  it('answers an unknown path with problem details', async () => {
    const backend = await createLiveBackend();
    const phone = client(backend, await start(backend), backend.pki.bootstrap);
    expect(await phone.send({ path: '/nowhere' })).toMatchObject({ status: 404, code: 'route_unknown' });
  });
});

describe('a resumed TLS 1.3 session', () => {
  it('that never had a client certificate has none when asked, whatever the socket says', async () => {
    const backend = await createLiveBackend();
    const { pki } = backend;
    // A server that does not insist, as behind a misconfigured listener.
    const server = createServer({
      cert: pki.server.certificate,
      key: pki.server.privateKey,
      ca: [pki.deviceCa.certificate],
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
    });
    const seen: { authorized: boolean; peer: unknown; reused: boolean }[] = [];
    server.on('secureConnection', (socket: TLSSocket) => {
      seen.push({
        authorized: socket.authorized,
        peer: directTls().readPeerCertificate({ socket, rawHeaders: [] }),
        reused: socket.isSessionReused(),
      });
    });
    const port = Number(new URL(await listen(server)).port);
    const options = { port, host: '127.0.0.1', servername: 'localhost', ca: pki.root.certificate };
    const session = await new Promise<Buffer>((resolve, reject) => {
      const socket = connect(options, () => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
      socket.once('session', (ticket: Buffer) => {
        resolve(ticket);
        socket.destroy();
      });
      socket.once('error', reject);
    });
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ ...options, session }, () => {
        socket.end();
      });
      socket.once('close', () => {
        resolve();
      });
      socket.once('error', reject);
    });
    expect(seen).toHaveLength(2);
    expect(seen[1]).toMatchObject({ reused: true, peer: null });
    const error = thrownBy(() => backend.trust.authenticator.identify(connectionOf(null)));
    expect(error).toMatchObject({ code: 'client_certificate_required' });
  });
});

describe('the options for other servers', () => {
  it('serve devices and end other connections, together with the guard', async () => {
    const backend = await createLiveBackend();
    const server = createServer(
      createTlsServerOptions(tlsOptions(backend)),
      createNodeListener(backend.trust.handler),
    );
    refuseUntrustedClients(server, backend.trust.authenticator);
    const url = await listen(server);
    await rejectionOf(client(backend, url).send(device));
    const other = await createLiveBackend();
    await rejectionOf(client(backend, url, other.pki.bootstrap).send(device));
    expect(await (await enrolledClient(backend, url)).send(device)).toMatchObject({ status: 200 });
  });

  it('alone leave it to each request to refuse', async () => {
    const backend = await createLiveBackend();
    const server = createServer(
      createTlsServerOptions(tlsOptions(backend)),
      createNodeListener(backend.trust.handler),
    );
    const url = await listen(server);
    expect(await client(backend, url).send(device)).toMatchObject({
      status: 403,
      code: 'client_certificate_required',
    });
    const other = await createLiveBackend();
    const stranger = client(backend, url, other.pki.bootstrap);
    expect(await stranger.send(device)).toMatchObject({ status: 403, code: 'certificate_untrusted' });
  });

  it.each<[string, (backend: Backend) => Partial<Parameters<typeof createTlsServerOptions>[0]>]>([
    ['a key that does not fit', ({ pki }) => ({ privateKey: pki.root.privateKey })],
    ['a key that is none', () => ({ privateKey: 'hello' })],
    ['a certificate that is none', () => ({ certificate: 'hello' })],
    ['no CA for devices', () => ({ deviceIssuers: [] })],
    ['a CA that is none', ({ pki }) => ({ bootstrapIssuers: [pki.server.certificate] })],
  ])('are not made from %s', async (_what, change) => {
    const backend = await createLiveBackend();
    const error = thrownBy(() => createTlsServerOptions({ ...tlsOptions(backend), ...change(backend) }));
    expect(error).toBeInstanceOf(ConfigurationError);
  });
});
