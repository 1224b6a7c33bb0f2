import { createPublicKey, randomBytes, type KeyObject } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createMutualTlsServer,
  createTlsServerOptions,
  issueBootstrapCertificate,
  issueIntermediateCertificate,
  issueServerCertificate,
  problemResponse,
  reloadMutualTlsServer,
  sendHttpResponse,
  type TlsServerOptions,
} from '../../src/index.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { encodePem } from '../../src/x509/pem.js';
import { createBackend, newKey, type Backend } from '../backend.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';

/** OpenSSL judges dates by the clock of the machine, so here ours begins with it. */
const createLiveBackend = () => createBackend({}, new Date());

const open: { close(): void }[] = [];

afterEach(() => {
  for (const thing of open.splice(0)) thing.close();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const optionsOf = ({ pki }: Backend): TlsServerOptions => ({
  certificate: pki.server.certificate,
  privateKey: pki.server.privateKey,
  deviceIssuers: [pki.deviceCa.certificate],
  bootstrapIssuers: [pki.bootstrapCa.certificate],
});

/** A server with nothing but an application route: answers 200 with the device, or the problem. */
function application(backend: Backend, options = optionsOf(backend), insists = false): Server {
  const { authenticator } = backend.trust;
  const listener: RequestListener = (request, response) => {
    authenticator.authenticateDevice(request).then(
      ({ deviceId }) => response.end(JSON.stringify({ deviceId })),
      (error: unknown) => {
        sendHttpResponse(problemResponse(error), response);
      },
    );
  };
  return insists
    ? createMutualTlsServer({ ...options, authenticator }, listener)
    : createServer(createTlsServerOptions(options), listener);
}

interface Identity {
  readonly cert?: string;
  readonly key?: string;
}

const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }).toString();

async function enroll(backend: Backend): Promise<Required<Identity> & { readonly deviceId: string }> {
  const key = newKey();
  const { body } = await backend.enroll({ key });
  return { cert: String(body['certificate']), key: pem(key), deviceId: String(body['deviceId']) };
}

/** A TLS client that is no HTTP library: it shows what it is told, and resumes what it is told. */
async function dial(
  backend: Backend,
  port: number,
  options: ConnectionOptions,
): Promise<{ socket: TLSSocket; session: Promise<Buffer> }> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: backend.pki.root.certificate,
    ...options,
  });
  open.push({ close: () => socket.destroy() });
  const session = new Promise<Buffer>((resolve) => socket.once('session', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  return { socket, session };
}

/** Sends one request and reads one answer, whose length it is told. */
async function ask(socket: TLSSocket): Promise<{ status: number; body: Record<string, unknown> }> {
  socket.write('GET /account HTTP/1.1\r\nHost: localhost\r\n\r\n');
  let text = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const [head = '', body = ''] = text.split('\r\n\r\n', 2);
      const length = /content-length: (\d+)/i.exec(head)?.[1];
      if (length === undefined || body.length < Number(length)) return;
      socket.off('data', read);
      resolve({ status: Number(head.split(' ')[1]), body: JSON.parse(body) as Record<string, unknown> });
    };
    socket.on('data', read);
    socket.once('close', () => {
      reject(new Error('closed without an answer'));
    });
  });
}

const ended = (code: string, action: string) => ({ status: 403, body: { code, action } });
const versions = ['TLSv1.2', 'TLSv1.3'] as const;
const only = (version: (typeof versions)[number]) => ({ minVersion: version, maxVersion: version });

describe('a resumed session', () => {
  it.each(versions)('without a client certificate is none with one, over %s', async (version) => {
    const backend = await createLiveBackend();
    const port = await listen(application(backend));
    const first = await dial(backend, port, only(version));
    expect(await ask(first.socket)).toMatchObject(ended('client_certificate_required', 'reenroll'));
    const second = await dial(backend, port, { ...only(version), session: await first.session });
    expect(second.socket.isSessionReused()).toBe(true);
    expect(await ask(second.socket)).toMatchObject(ended('client_certificate_required', 'reenroll'));
  });

  it.each(versions)('is the device that began it, over %s', async (version) => {
    const backend = await createLiveBackend();
    const port = await listen(application(backend));
    const device = await enroll(backend);
    const first = await dial(backend, port, { ...only(version), ...device });
    expect(await ask(first.socket)).toMatchObject({ status: 200 });
    const second = await dial(backend, port, { ...only(version), session: await first.session });
    expect(second.socket.isSessionReused()).toBe(true);
    expect(await ask(second.socket)).toEqual({ status: 200, body: { deviceId: device.deviceId } });
  });

  it.each(versions)('does not outlive the certificate, nor its revocation, over %s', async (version) => {
    const backend = await createLiveBackend();
    const port = await listen(application(backend));
    const [expiring, revoked] = [await enroll(backend), await enroll(backend)];
    const sessions = [];
    for (const device of [expiring, revoked]) {
      const { socket, session } = await dial(backend, port, { ...only(version), ...device });
      expect(await ask(socket)).toMatchObject({ status: 200 });
      sessions.push(await session);
    }
    const resume = async (session: Buffer | undefined) => {
      const { socket } = await dial(backend, port, { ...only(version), session });
      expect(socket.isSessionReused()).toBe(true);
      return ask(socket);
    };
    await backend.revoke({ deviceId: revoked.deviceId });
    expect(await resume(sessions[1])).toMatchObject(ended('device_suspended', 'stop'));
    expect(await resume(sessions[0])).toMatchObject({ status: 200 });
    backend.clock.advance(15 * 24 * 3600);
    expect(await resume(sessions[0])).toMatchObject(ended('certificate_expired', 'renew'));
  });

  it.each(versions)(
    'that replicas share by their ticket keys is judged by each, over %s',
    async (version) => {
      const backend = await createLiveBackend();
      const shared = { ...optionsOf(backend), ticketKeys: randomBytes(48) };
      const [here, there] = [
        await listen(application(backend, shared)),
        await listen(application(backend, shared)),
      ];
      const device = await enroll(backend);
      const { socket, session } = await dial(backend, here, { ...only(version), ...device });
      expect(await ask(socket)).toMatchObject({ status: 200 });
      const resume = async () => {
        const again = await dial(backend, there, { ...only(version), session: await session });
        expect(again.socket.isSessionReused()).toBe(true);
        return ask(again.socket);
      };
      expect(await resume()).toMatchObject({ status: 200, body: { deviceId: device.deviceId } });
      await backend.revoke({ deviceId: device.deviceId });
      expect(await resume()).toMatchObject(ended('device_suspended', 'stop'));
    },
  );

  it.each(versions)('of a server with other CAs, or none, is begun anew, over %s', async (version) => {
    const backend = await createLiveBackend();
    const ticketKeys = randomBytes(48);
    const port = await listen(application(backend, { ...optionsOf(backend), ticketKeys }));
    const { certificate: cert, privateKey: key } = backend.pki.server;
    const careless = createServer({ cert, key, ticketKeys }, (_request, response) => response.end('{}'));
    const { session } = await dial(backend, await listen(careless), only(version)).then(async (dialled) => {
      await ask(dialled.socket);
      return dialled;
    });
    const { socket } = await dial(backend, port, { ...only(version), session: await session }).catch(() => ({
      socket: null,
    }));
    // OpenSSL begins anew, or ends the connection (TLS 1.2): in no case is the session taken over.
    expect(socket?.isSessionReused() ?? false).toBe(false);
    if (socket) expect(await ask(socket)).toMatchObject(ended('client_certificate_required', 'reenroll'));
  });
});

describe('renegotiation in TLS 1.2', () => {
  it('is refused, so that no other certificate takes the place of the first', async () => {
    const backend = await createLiveBackend();
    const port = await listen(application(backend));
    const device = await enroll(backend);
    const { socket } = await dial(backend, port, { ...only('TLSv1.2'), ...device });
    expect(await ask(socket)).toMatchObject({ status: 200 });
    const outcome = await new Promise<string>((resolve) => {
      socket.once('error', () => {
        resolve('ended');
      });
      socket.once('close', () => {
        resolve('ended');
      });
      socket.renegotiate({}, (error) => {
        resolve(error ? 'refused' : 'renegotiated');
      });
    });
    expect(outcome).not.toBe('renegotiated');
  });
});

describe('a client certificate', () => {
  const year = () => ({
    notBefore: new Date(Date.now() - 3600_000),
    notAfter: new Date(Date.now() + 30 * 24 * 3600_000),
  });
  const signedBy = (ca: { certificate: string; privateKey: string }) => ({
    certificate: ca.certificate,
    privateKey: { pem: ca.privateKey },
  });
  const made = (certificate: Uint8Array, key: KeyObject): Identity => ({
    cert: encodePem('CERTIFICATE', certificate),
    key: pem(key),
  });
  const spki = (key: KeyObject) => createPublicKey(key).export({ format: 'der', type: 'spki' });

  const strangers: [string, string, (backend: Backend) => Promise<Identity>][] = [
    ['none', 'client_certificate_required', async () => ({})],
    [
      'the bootstrap certificate',
      'device_certificate_required',
      async ({ pki }) => ({ cert: pki.bootstrap.certificate, key: pki.bootstrap.privateKey }),
    ],
    [
      'one of another PKI with the same names',
      'certificate_untrusted',
      async () => enroll(await createLiveBackend()),
    ],
    [
      'one of another trust domain under the same root',
      'certificate_untrusted',
      async ({ pki }) => {
        const [caKey, key] = [newKey(), newKey()];
        const ca = await issueIntermediateCertificate({
          issuer: signedBy(pki.root),
          subject: { commonName: 'another domain' },
          publicKey: spki(caKey),
          ...year(),
          notBefore: new Date(Date.now() - 2 * 3600_000),
          notAfter: new Date(Date.now() + 60 * 24 * 3600_000),
        });
        const leaf = await issueBootstrapCertificate({
          issuer: { certificate: ca, privateKey: caKey },
          release: 'x',
          publicKey: spki(key),
          ...year(),
        });
        return { cert: encodePem('CERTIFICATE', leaf) + encodePem('CERTIFICATE', ca), key: pem(key) };
      },
    ],
    [
      'that of the device CA itself',
      'certificate_untrusted',
      async ({ pki }) => ({ cert: pki.deviceCa.certificate, key: pki.deviceCa.privateKey }),
    ],
    [
      'that of the root',
      'certificate_untrusted',
      async ({ pki }) => ({ cert: pki.root.certificate, key: pki.root.privateKey }),
    ],
    [
      'one of our CA that is for servers only',
      'certificate_untrusted',
      async ({ pki }) => {
        const key = newKey();
        const options = { subject: { commonName: 'localhost' }, publicKey: spki(key), ...year() };
        const names = [{ type: 'dns', value: 'localhost' }] as const;
        return made(await issueServerCertificate({ issuer: signedBy(pki.deviceCa), names, ...options }), key);
      },
    ],
    [
      'one of our CA that names no device',
      'certificate_untrusted',
      async ({ pki }) => {
        const key = newKey();
        const issuer = signedBy(pki.deviceCa);
        return made(
          await issueBootstrapCertificate({ issuer, release: 'x', publicKey: spki(key), ...year() }),
          key,
        );
      },
    ],
  ];

  it.each(strangers)('that is %s opens no application route: %s', async (_what, code, identify) => {
    const backend = await createLiveBackend();
    const identity = await identify(backend);
    const port = await listen(application(backend));
    for (const version of versions) {
      const { socket } = await dial(backend, port, { ...only(version), ...identity });
      expect(await ask(socket)).toMatchObject({ status: 403, body: { code } });
    }
  });

  it.each(strangers.filter(([, code]) => code !== 'device_certificate_required'))(
    'that is %s does not get as far as a request where the server insists',
    async (_what, _code, identify) => {
      const backend = await createLiveBackend();
      const identity = await identify(backend);
      const port = await listen(application(backend, optionsOf(backend), true));
      const asking = dial(backend, port, identity).then(({ socket }) => ask(socket));
      expect(await rejectionOf(asking)).toBeInstanceOf(Error);
    },
  );
});

describe('a server that is reloaded', () => {
  const reload = async (backend: Backend) => {
    const server = application(backend, optionsOf(backend), true);
    return { server, port: await listen(server) };
  };

  it('shows its new certificate to new connections, and keeps the open ones', async () => {
    const backend = await createLiveBackend();
    const { server, port } = await reload(backend);
    const device = await enroll(backend);
    const before = await dial(backend, port, device);
    expect(await ask(before.socket)).toMatchObject({ status: 200 });
    const key = newKey();
    const certificate = await issueServerCertificate({
      issuer: { certificate: backend.pki.root.certificate, privateKey: { pem: backend.pki.root.privateKey } },
      subject: { commonName: 'renewed' },
      names: [{ type: 'dns', value: 'localhost' }],
      publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }),
      notBefore: new Date(Date.now() - 3600_000),
      notAfter: new Date(Date.now() + 24 * 3600_000),
    });
    reloadMutualTlsServer(server, {
      ...optionsOf(backend),
      certificate: encodePem('CERTIFICATE', certificate),
      privateKey: pem(key),
      authenticator: backend.trust.authenticator,
    });
    expect(await ask(before.socket)).toMatchObject({ status: 200 });
    const after = await dial(backend, port, device);
    expect(after.socket.getPeerCertificate().subject.CN).toBe('renewed');
    expect(await ask(after.socket)).toMatchObject({ status: 200 });
  });

  it('judges open connections by its new CAs, and lets the old devices in no more', async () => {
    const backend = await createLiveBackend();
    const { server, port } = await reload(backend);
    const device = await enroll(backend);
    const kept = await dial(backend, port, device);
    expect(await ask(kept.socket)).toMatchObject({ status: 200 });
    const other = await createLiveBackend();
    const { authenticator } = backend.trust;
    reloadMutualTlsServer(server, {
      ...optionsOf(backend),
      deviceIssuers: [other.pki.deviceCa.certificate],
      authenticator,
    });
    expect(await ask(kept.socket)).toMatchObject(ended('certificate_untrusted', 'reenroll'));
    expect(await rejectionOf(dial(backend, port, device).then(({ socket }) => ask(socket)))).toBeInstanceOf(
      Error,
    );
    // And back again, with both: a CA is added before it signs.
    const deviceIssuers = [backend.pki.deviceCa.certificate, other.pki.deviceCa.certificate];
    reloadMutualTlsServer(server, { ...optionsOf(backend), deviceIssuers, authenticator });
    expect(await ask(kept.socket)).toMatchObject({ status: 200 });
    expect(await ask((await dial(backend, port, device)).socket)).toMatchObject({ status: 200 });
  });

  it.each<[string, (backend: Backend) => Partial<TlsServerOptions>]>([
    ['a key that does not fit', ({ pki }) => ({ privateKey: pki.root.privateKey })],
    ['no CA of devices', () => ({ deviceIssuers: [] })],
    ['a CA of both kinds', ({ pki }) => ({ bootstrapIssuers: [pki.deviceCa.certificate] })],
  ])('with %s stays as it is', async (_what, change) => {
    const backend = await createLiveBackend();
    const { server, port } = await reload(backend);
    const device = await enroll(backend);
    const options = { ...optionsOf(backend), ...change(backend), authenticator: backend.trust.authenticator };
    expect(
      thrownBy(() => {
        reloadMutualTlsServer(server, options);
      }),
    ).toBeInstanceOf(ConfigurationError);
    expect(await ask((await dial(backend, port, device)).socket)).toMatchObject({ status: 200 });
  });
});

describe('options that would undo the guard', () => {
  it.each<[string, Record<string, unknown>]>([
    ['requestCert', { requestCert: false }],
    ['rejectUnauthorized', { rejectUnauthorized: true }],
    ['ca', { ca: [] }],
    ['minVersion', { minVersion: 'TLSv1' }],
    ['secureProtocol', { secureProtocol: 'TLSv1_method' }],
    ['secureOptions', { secureOptions: 0 }],
    ['secureContext', { secureContext: {} }],
    ['pskCallback', { pskCallback: () => null }],
    ['SNICallback', { SNICallback: () => undefined }],
    ['ticketKeys', { ticketKeys: Buffer.alloc(48) }],
    ['sessionIdContext', { sessionIdContext: 'x' }],
    ['sessionTimeout', { sessionTimeout: 1e9 }],
    ['pfx', { pfx: Buffer.alloc(1) }],
  ])('%s is refused', async (name, server) => {
    const backend = await createLiveBackend();
    const error = thrownBy(() => createTlsServerOptions({ ...optionsOf(backend), server }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: `server.${name}` });
  });

  it.each<[string, string, (backend: Backend) => object]>([
    ['an old version', 'minimumVersion', () => ({ minimumVersion: 'TLSv1.1' })],
    ['sessions of more than a day', 'sessionTimeoutSeconds', () => ({ sessionTimeoutSeconds: 86_401 })],
    ['ticket keys of another length', 'ticketKeys', () => ({ ticketKeys: randomBytes(32) })],
    [
      'the key of a CA as that of the server',
      'privateKey',
      ({ pki }) => ({ certificate: pki.deviceCa.certificate, privateKey: pki.deviceCa.privateKey }),
    ],
    [
      'a bundle in place of a CA',
      'deviceIssuers, bootstrapIssuers',
      ({ pki }) => ({ deviceIssuers: [pki.deviceCa.certificate + pki.root.certificate] }),
    ],
  ])('%s is refused', async (_what, option, change) => {
    const backend = await createLiveBackend();
    const options = { ...optionsOf(backend), ...change(backend) };
    const error = thrownBy(() => createTlsServerOptions(options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });

  it('others are taken over', async () => {
    const backend = await createLiveBackend();
    const server = { ALPNProtocols: ['http/1.1'], requestTimeout: 10_000 };
    expect(createTlsServerOptions({ ...optionsOf(backend), server })).toMatchObject({
      ...server,
      requestCert: true,
      minVersion: 'TLSv1.2',
    });
  });
});
