import { once } from 'node:events';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import { createSimulatedDevice, createTlsClient, type SimulatedDevice } from '../../src/testing.js';
import { createBackend } from '../backend.js';
import { services, type ServiceName } from './services.js';

export const OPEN_API = 'openapi: 3.1.0\n';

/** A service over real mutual TLS; it ends with the test. OpenSSL judges dates by the clock of the machine, so ours begins with it. */
export async function startService(name: ServiceName) {
  const backend = await createBackend({ openApi: OPEN_API }, new Date());
  const { pki, trust, play, tokens } = backend;
  const server = await services[name](trust, {
    certificate: pki.server.certificate,
    privateKey: pki.server.privateKey,
    deviceIssuers: [pki.deviceCa.certificate],
    bootstrapIssuers: [pki.bootstrapCa.certificate],
    authenticator: trust.authenticator,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const connection = { serverUrl: `https://127.0.0.1:${port}`, serverCa: pki.root.certificate };
  const authorization = { authorization: `Bearer ${await tokens.createToken({ subject: 'alice' })}` };

  /** An install whose evidence shows this much. */
  async function enrolledDevice(labels?: readonly string[]): Promise<SimulatedDevice> {
    const device = createSimulatedDevice({
      ...connection,
      bootstrap: pki.bootstrap,
      evidence: ({ binding }) => ({
        provider: 'play-integrity',
        token: play.createToken({ binding, ...(labels ? { labels } : {}) }),
      }),
    });
    onTestFinished(() => {
      device.close();
    });
    const answer = await device.enroll();
    if (answer.status !== 201) throw new Error(`not enrolled: ${answer.status} ${answer.code ?? ''}`);
    return device;
  }

  /** A client of its own with the certificate of the device, whose connections can be counted. */
  function clientOf(device: SimulatedDevice) {
    const issued = device.certificate();
    const client = createTlsClient({
      ...connection,
      certificate: [issued?.certificate, ...(issued?.chain ?? [])].join(''),
      privateKey: device.key().export({ format: 'pem', type: 'pkcs8' }).toString(),
    });
    onTestFinished(() => {
      client.close();
    });
    return client;
  }

  const bootstrap = createTlsClient({ ...connection, ...pki.bootstrap });
  onTestFinished(() => {
    bootstrap.close();
  });

  /** A request over the bootstrap certificate whose body is still to be written. */
  function openRequest(path: string, options: RequestOptions): ClientRequest {
    const request = httpsRequest(new URL(path, connection.serverUrl), {
      method: 'POST',
      ca: connection.serverCa,
      servername: 'localhost',
      cert: pki.bootstrap.certificate,
      key: pki.bootstrap.privateKey,
      agent: false,
      ...options,
    });
    onTestFinished(() => {
      request.destroy();
    });
    return request;
  }

  return { backend, server, authorization, bootstrap, enrolledDevice, clientOf, openRequest };
}

/** Reads an answer though its request goes on; resolves when the server has ended the connection as well. */
export async function readAnswer(request: ClientRequest) {
  // Whatever is written after the server has ended the connection fails.
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const closed = once(response.socket, 'close');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  await closed;
  return {
    status: response.statusCode,
    headers: response.headers,
    body: JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>,
  };
}
