import { chmodSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createDeviceTrust,
  createNodeListener,
  issueBootstrapCertificate,
  issueIntermediateCertificate,
  problemResponse,
  sendHttpResponse,
  type PeerCertificateSource,
} from '../../src/index.js';
import { encodePem } from '../../src/x509/pem.js';
import { createBackend, newKey } from '../backend.js';
import { spkiOf } from '../ca/pki.js';
import type { ClientCertificate } from './behind-a-proxy-client.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const loopback = { port: 0, host: '127.0.0.1' };

/** A device and its certificate. */
export interface Device extends ClientCertificate {
  readonly deviceId: string;
}

/** A backend, the clients that ask for it, and servers of it behind proxies. */
export async function startFleet() {
  // Proxies look at the clock of the machine: ours is late, so that it may be moved on and still not be ahead.
  const now = Math.floor(Date.now() / 1000) * 1000 - 10 * MINUTE;
  const backend = await createBackend({}, new Date(now - 120 * DAY));
  const expired = await enrol();
  backend.clock.set(new Date(now));
  const { pki } = backend;
  const times = { notBefore: new Date(now - DAY), notAfter: new Date(now + DAY) };
  const closers: (() => Promise<void>)[] = [];

  async function enrol(from = backend): Promise<Device> {
    const key = newKey();
    const { status, body } = await from.enroll({ key });
    if (status !== 201) throw new Error(`not enrolled: ${String(body['code'])}`);
    return {
      deviceId: String(body['deviceId']),
      certificate: String(body['certificate']),
      privateKey: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    };
  }

  /** A client of a CA that is none of ours, though it is below the same root. */
  async function createSibling(): Promise<ClientCertificate> {
    const keys = { ca: newKey(), client: newKey() };
    const ca = await issueIntermediateCertificate({
      issuer: { certificate: pki.root.certificate, privateKey: { pem: pki.root.privateKey } },
      subject: { commonName: 'test sibling CA' },
      publicKey: spkiOf(keys.ca),
      ...times,
    });
    const client = await issueBootstrapCertificate({
      issuer: { certificate: ca, privateKey: keys.ca },
      release: 'of another app',
      publicKey: spkiOf(keys.client),
      ...times,
    });
    return {
      certificate: encodePem('CERTIFICATE', client) + encodePem('CERTIFICATE', ca),
      privateKey: keys.client.export({ format: 'pem', type: 'pkcs8' }).toString(),
    };
  }

  /** The routes of the library, and `/app`, which tells whom it sees. */
  function createListener(peerCertificates: PeerCertificateSource): RequestListener {
    const trust = createDeviceTrust({ ...backend.options, peerCertificates });
    const library = createNodeListener(trust.handler);
    async function serve(message: IncomingMessage, to: ServerResponse): Promise<void> {
      try {
        const { device } = await trust.authenticator.authenticate(message);
        const seen = { deviceId: device.deviceId, address: peerCertificates.readAddress(message) };
        to.setHeader('content-type', 'application/json').end(JSON.stringify(seen));
      } catch (error) {
        sendHttpResponse(problemResponse(error), to);
      }
    }
    return (message, to) => {
      if (message.url === '/app') void serve(message, to);
      else library(message, to);
    };
  }

  async function listen(server: Server, at: string | { readonly port: number; readonly host: string }) {
    if (typeof at === 'string') server.listen(at);
    else server.listen(at);
    await once(server, 'listening');
    closers.push(async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    });
    const address = server.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  }

  return {
    backend,
    root: pki.root.certificate,
    serverCertificate: pki.server,
    enrol,
    clients: {
      good: await enrol(),
      another: await enrol(),
      expired,
      bootstrap: pki.bootstrap,
      'of another root': await enrol(await createBackend({}, new Date(now))),
      'of a sibling CA': await createSibling(),
    },

    /** The files that proxies read, by the names that the guide gives them. */
    files: {
      'server.pem': pki.server.certificate,
      'server.key': pki.server.privateKey,
      'server-and-key.pem': pki.server.certificate + pki.server.privateKey,
      'clients.pem': pki.deviceCa.certificate + pki.bootstrapCa.certificate + pki.root.certificate,
      'device-ca.pem': pki.deviceCa.certificate,
      'bootstrap-ca.pem': pki.bootstrapCa.certificate,
    },

    /** Serves on a Unix socket. Resolves to its path. */
    async listenOnSocket(peerCertificates: PeerCertificateSource): Promise<string> {
      const directory = mkdtempSync(join(tmpdir(), 'device-trust-test-'));
      const path = join(directory, 'app.sock');
      await listen(createServer(createListener(peerCertificates)), path);
      closers.push(() => rm(directory, { recursive: true, force: true }));
      // Apache, started by root, is somebody else by the time it connects.
      chmodSync(directory, 0o711);
      chmodSync(path, 0o666);
      return path;
    },

    /** Serves on 127.0.0.1. Resolves to the port. */
    async listenOnPort(peerCertificates: PeerCertificateSource): Promise<number> {
      return listen(createServer(createListener(peerCertificates)), loopback);
    },

    /** Serves HTTPS on 127.0.0.1, and asks for a certificate, of whatever CA. Resolves to the port. */
    async listenOnTlsPort(peerCertificates: PeerCertificateSource): Promise<number> {
      const { certificate: cert, privateKey: key } = pki.server;
      const options = { cert, key, requestCert: true, rejectUnauthorized: false };
      return listen(createTlsServer(options, createListener(peerCertificates)), loopback);
    },

    bearer: async () =>
      ['Authorization', `Bearer ${await backend.tokens.createToken({ subject: 'alice' })}`] as const,

    /** By the device, or by the serial number of its certificate alone. */
    async revoke(what: Readonly<Record<string, string>>): Promise<void> {
      const answer = await backend.revoke(what);
      if (answer.status >= 300) throw new Error(`not revoked: ${String(answer.body['code'])}`);
      // Servers ask the store for news every few seconds.
      backend.clock.advance(10);
    },

    async close(): Promise<void> {
      for (const close of closers) await close();
    },
  };
}

export type Fleet = Awaited<ReturnType<typeof startFleet>>;
export type ClientName = keyof Fleet['clients'];
