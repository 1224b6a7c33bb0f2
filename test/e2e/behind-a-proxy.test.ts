import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTlsClient } from '../../src/testing.js';
import { createCsr, newKey } from '../backend.js';
import { cells, resumes } from './behind-a-proxy-cells.js';
import { ask, readAlert, type Ask, type ClientCertificate } from './behind-a-proxy-client.js';
import { startFleet, type Device, type Fleet } from './behind-a-proxy-fleet.js';
import { peerCertificatesOf, readGuide } from './behind-a-proxy-guide.js';
import {
  headersOf,
  kinds,
  programs,
  startProxy,
  type Program,
  type Proxy,
} from './behind-a-proxy-proxies.js';
import { isMissing } from './foreground-server.js';

// The configurations of the guide, in the proxies themselves: what becomes of good requests, and of bad ones?

/** A server, and its proxy in front of it. */
interface Site {
  readonly proxy: Proxy;
  /** The same, as people have it who want TLS sessions to be resumed. */
  readonly resuming: Proxy;
  /** Where the same server can be reached past the proxy. */
  readonly pastProxy: number;
}

/** What the guide says, where nothing is resumed -> what would be there without it. */
const withTickets: Readonly<Partial<Record<Program, Readonly<Record<string, string>>>>> = {
  nginx: { 'ssl_session_tickets off;': 'ssl_session_tickets on;' },
  apache2: { 'SSLSessionTickets off': 'SSLSessionTickets on' },
};

let fleet: Fleet;
const sites = new Map<Program, Site>();
const started: Proxy[] = [];

beforeAll(async () => {
  fleet = await startFleet();
  const starting = programs
    .filter((program) => !isMissing(program))
    .map(async (program) => {
      const { section, language } = kinds[program];
      const peerCertificates = peerCertificatesOf(section);
      const pastProxy = await fleet.listenOnPort(peerCertificates);
      const places = { '/run/app/app.sock': await fleet.listenOnSocket(peerCertificates) };
      const guide = readGuide(section, language);
      const proxy = await startProxy(program, { guide, places, files: fleet.files });
      started.push(proxy);
      const tickets = withTickets[program];
      const resuming =
        tickets === undefined
          ? proxy
          : await startProxy(program, { guide, places: { ...places, ...tickets }, files: fleet.files });
      if (resuming !== proxy) started.push(resuming);
      sites.set(program, { proxy, resuming, pastProxy });
    });
  for (const outcome of await Promise.allSettled(starting)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
});
afterAll(async () => {
  await Promise.all(started.map(({ stop }) => stop()));
  await fleet.close();
});

function siteOf(program: Program): Site {
  const site = sites.get(program);
  if (!site) throw new Error(`${program} was not started`);
  return site;
}

type TlsVersion = 'TLSv1.2' | 'TLSv1.3';
const tlsVersions: readonly TlsVersion[] = ['TLSv1.2', 'TLSv1.3'];

/** What comes of a request, as it is written in the table. */
async function outcomeOf(request: Ask, expected: string | RegExp): Promise<string> {
  const isEnded = expected instanceof RegExp || expected.startsWith('alert ');
  if (isEnded) return `alert ${await readAlert(request)}`;
  const { status, code, body } = await ask(request);
  if (code !== null) return `${status} ${code}`;
  const { deviceId } = Object(body) as { readonly deviceId?: unknown };
  for (const [name, client] of Object.entries(fleet.clients)) {
    if ('deviceId' in client && client.deviceId === deviceId) return `${status} ${name}`;
  }
  return `${status} ${JSON.stringify(body)}`;
}

describe.each(programs)('%s', (program) => {
  const clientOf = ({ certificate, privateKey }: ClientCertificate, tlsVersion: TlsVersion) => {
    const serverUrl = `https://localhost:${siteOf(program).proxy.port}`;
    return createTlsClient({ serverUrl, serverCa: fleet.root, certificate, privateKey, tlsVersion });
  };
  const bearer = async () => ({ headers: Object.fromEntries([await fleet.bearer()]) });

  describe.skipIf(isMissing(program)).each(tlsVersions)('over %s', (tlsVersion) => {
    it.each(cells)('$what', async ({ client, headers, host, answers }) => {
      const expected = answers[program];
      const request: Ask = {
        port: siteOf(program).proxy.port,
        serverCa: fleet.root,
        client: client === null ? null : fleet.clients[client],
        headers: [
          await fleet.bearer(),
          ...(headers?.((name) => headersOf(program, fleet.clients[name])) ?? []),
        ],
        tlsVersion,
        ...(host !== undefined && { host }),
      };
      const outcome = await outcomeOf(request, expected);
      if (typeof expected === 'string') expect(outcome).toBe(expected);
      else expect(outcome).toMatch(expected);
    });

    it('enrols a device, which is let in', async () => {
      const bootstrap = clientOf(fleet.clients.bootstrap, tlsVersion);
      const key = newKey();
      const privateKey = key.export({ format: 'pem', type: 'pkcs8' }).toString();
      const given = await bootstrap.send({
        path: '/device-trust/v1/challenges',
        body: { purpose: 'enroll' },
      });
      expect(given).toMatchObject({ status: 201, code: null });
      const { challenge } = given.body as { readonly challenge: string };
      const enrolled = await bootstrap.send({
        path: '/device-trust/v1/certificates',
        body: { csr: createCsr(key), challenge, evidence: fleet.backend.evidenceFor(challenge, key) },
      });
      bootstrap.close();
      expect(enrolled).toMatchObject({ status: 201, code: null });
      const { deviceId, certificate } = enrolled.body as Device;
      const device = clientOf({ certificate, privateKey }, tlsVersion);
      expect(await device.send({ path: '/app', ...(await bearer()) })).toMatchObject({
        status: 200,
        body: { deviceId },
      });
      expect(await device.send({ path: '/device-trust/v1/device' })).toMatchObject({
        status: 200,
        body: { deviceId },
      });
      device.close();
    });

    it('lets a device in on a connection until it is revoked, and no longer', async () => {
      const device = await fleet.enrol();
      const client = clientOf(device, tlsVersion);
      const request = { path: '/app', ...(await bearer()) };
      expect(await client.send(request)).toMatchObject({
        status: 200,
        body: { deviceId: device.deviceId },
      });
      await fleet.revoke({ deviceId: device.deviceId });
      expect(await client.send(request)).toMatchObject({ status: 403, code: 'device_suspended' });
      expect(client.connections()).toBe(1);
      client.close();
    });

    it('does not let a device in on a new connection once its certificate is revoked', async () => {
      const device = await fleet.enrol();
      const { serialNumber } = new X509Certificate(device.certificate);
      await fleet.revoke({ serialNumber: serialNumber.toLowerCase() });
      const client = clientOf(device, tlsVersion);
      expect(await client.send({ path: '/app', ...(await bearer()) })).toMatchObject({
        status: 403,
        code: 'certificate_revoked',
      });
      client.close();
    });
  });

  describe.skipIf(isMissing(program)).each(tlsVersions)('with a resumed session of %s', (tlsVersion) => {
    /** A session of this client, and a request that resumes it with whatever certificate. */
    async function resume(client: ClientCertificate, at: 'proxy' | 'resuming' = 'resuming') {
      const request = async (): Promise<Ask> => ({
        port: siteOf(program)[at].port,
        serverCa: fleet.root,
        client,
        headers: [await fleet.bearer()],
        tlsVersion,
      });
      const { session } = await ask(await request());
      return async (other: ClientCertificate | null = client) =>
        ask({ ...(await request()), client: other, ...(session && { session }) });
    }

    it(`${resumes[program] ? 'resumes' : 'resumes nothing'} as it is in the guide`, async () => {
      const again = await resume(fleet.clients.good, 'proxy');
      const { deviceId } = fleet.clients.good;
      expect(await again()).toMatchObject({
        status: 200,
        body: { deviceId },
        isResumed: resumes[program],
      });
    });

    it('has the device of the handshake before', async () => {
      const again = await resume(fleet.clients.good);
      const { deviceId } = fleet.clients.good;
      for (const shown of [fleet.clients.good, fleet.clients.another, null]) {
        expect(await again(shown)).toMatchObject({ status: 200, body: { deviceId }, isResumed: true });
      }
    });

    it('has no device that has been revoked meanwhile', async () => {
      const device = await fleet.enrol();
      const again = await resume(device);
      expect(await again()).toMatchObject({ status: 200, isResumed: true });
      await fleet.revoke({ deviceId: device.deviceId });
      expect(await again()).toMatchObject({ status: 403, code: 'device_suspended', isResumed: true });
    });

    it('is still that of the bootstrap certificate, though the client has enrolled', async () => {
      const again = await resume(fleet.clients.bootstrap);
      expect(await again(fleet.clients.good)).toMatchObject({
        status: 403,
        code: 'device_certificate_required',
        isResumed: true,
      });
    });

    it('of a client without certificate is still one without', async () => {
      const { port } = siteOf(program).resuming;
      const request = { port, serverCa: fleet.root, headers: [await fleet.bearer()], tlsVersion };
      const { session } = await ask({ ...request, client: null });
      const again = await ask({ ...request, client: fleet.clients.good, ...(session && { session }) });
      expect(again).toMatchObject({ status: 403, code: 'client_certificate_required', isResumed: true });
    });
  });

  it.skipIf(isMissing(program))('tells the address of the client, whatever the client says', async () => {
    const reply = await ask({
      port: siteOf(program).proxy.port,
      serverCa: fleet.root,
      client: fleet.clients.good,
      headers: [await fleet.bearer(), ['X-Forwarded-For', '192.0.2.7'], ['X-Forwarded-For', '192.0.2.8']],
    });
    expect(reply).toMatchObject({ status: 200, body: { address: '127.0.0.1' } });
  });

  it.skipIf(isMissing(program)).each([true, false])(
    'is not to be passed by (with the headers of a good device: %s)',
    async (isForged) => {
      const headers = [await fleet.bearer(), ...(isForged ? headersOf(program, fleet.clients.good) : [])];
      for (const path of ['/app', '/device-trust/v1/device']) {
        const response = await fetch(`http://127.0.0.1:${siteOf(program).pastProxy}${path}`, {
          headers: headers.map(([name, value]): [string, string] => [name, value]),
        });
        expect(response.status).toBe(403);
        expect(await response.json()).toMatchObject({ code: 'proxy_untrusted' });
      }
    },
  );
});

describe.skipIf(isMissing('nginx'))('nginx, of a certificate that does not verify,', () => {
  it('lets the library tell a client that sends a body', async () => {
    const { certificate, privateKey } = fleet.clients.expired;
    const serverUrl = `https://localhost:${siteOf('nginx').proxy.port}`;
    const client = createTlsClient({ serverUrl, serverCa: fleet.root, certificate, privateKey });
    const answer = await client.send({ path: '/device-trust/v1/challenges', body: { purpose: 'renew' } });
    client.close();
    expect(answer).toMatchObject({
      status: 403,
      code: 'forwarded_certificate_unverified',
      body: { action: 'reenroll' },
    });
  });
});
