import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGracefulShutdown } from '../../src/index.js';
import { createTestAuthority } from '../../src/testing.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';

const pki = await createTestAuthority();
const { certificate: cert, privateKey: key } = pki.server;

const protocols = {
  HTTP: {
    create: (listener: RequestListener) => createHttpServer(listener),
    connect: (port: number): Socket => connectTcp(port, '127.0.0.1'),
    connected: 'connect',
  },
  HTTPS: {
    create: (listener: RequestListener) => createHttpsServer({ cert, key }, listener),
    connect: (port: number): Socket => {
      const options = { ca: pki.root.certificate, servername: 'localhost' };
      return connectTls(port, '127.0.0.1', options);
    },
    connected: 'secureConnect',
  },
};

const GET = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n';

describe.each(['HTTP', 'HTTPS'] as const)('the graceful shutdown of an %s server', (protocol) => {
  const { create, connect, connected } = protocols[protocol];

  async function start(timeoutSeconds = 60) {
    const responses: ServerResponse[] = [];
    const server = create((_request, response) => void responses.push(response));
    // A client must not go by this when it is the shutdown that should close its connection.
    server.keepAliveTimeout = 60_000;
    const shutdown = createGracefulShutdown(server, { timeoutSeconds });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;

    async function open(): Promise<Socket> {
      const socket = connect(port);
      socket.on('error', () => undefined);
      onTestFinished(() => void socket.destroy());
      await once(socket, connected);
      return socket;
    }

    /** Sends it, and resolves when it has arrived: to the response that is still to be given. */
    async function ask(socket: Socket, text = GET): Promise<ServerResponse> {
      const arrived = once(server, 'request') as Promise<[unknown, ServerResponse]>;
      socket.write(text);
      const [, response] = await arrived;
      return response;
    }

    return { server, shutdown, port, open, ask };
  }

  /** Everything that comes until the connection ends. */
  async function readAll(socket: Socket): Promise<string> {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    return Buffer.concat(chunks).toString('latin1');
  }

  it('answers what is in flight, lets nobody in, and ends', async () => {
    const { shutdown, port, open, ask } = await start();
    const socket = await open();
    const answer = readAll(socket);
    const response = await ask(socket);
    const closed = shutdown.close();
    const late = connect(port);
    expect(await rejectionOf(once(late, connected))).toMatchObject({ code: 'ECONNREFUSED' });
    response.end('in time');
    expect(await answer).toMatch(/^HTTP\/1\.1 200 .*connection: close\r\n.*in time/is);
    expect(await closed).toBe(0);
  });

  it('closes idle connections, used before or not', async () => {
    const { server, shutdown, open, ask } = await start();
    const used = await open();
    const answer = once(used, 'data');
    (await ask(used)).end('first');
    await answer;
    const arrived = once(server, protocol === 'HTTP' ? 'connection' : 'secureConnection');
    const fresh = await open();
    await arrived;
    const ended = [used, fresh].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    expect(await shutdown.close()).toBe(0);
    await Promise.all(ended);
  });

  it('answers a request that had begun to come in', async () => {
    const { shutdown, open, ask } = await start();
    const socket = await open();
    const first = await ask(socket);
    const accepted = first.socket;
    first.end('first');
    await once(first, 'close');
    const answers = readAll(socket);
    const before = accepted?.bytesRead;
    socket.write(GET.slice(0, 10));
    while (accepted?.bytesRead === before) await new Promise((resolve) => setImmediate(resolve));
    const closed = shutdown.close();
    (await ask(socket, GET.slice(10))).end('second');
    expect(await answers).toMatch(/first.*connection: close\r\n.*second/is);
    expect(await closed).toBe(0);
  });

  it('leaves an answer alone that is handed over and not yet written', async () => {
    const { shutdown, open, ask } = await start();
    const socket = await open();
    const response = await ask(socket);
    socket.pause();
    const body = Buffer.alloc(30_000_000, 'a');
    response.writeHead(200, { 'content-length': body.length });
    response.end(body);
    const closed = shutdown.close();
    const answer = await readAll(socket);
    expect(answer.length - answer.indexOf('\r\n\r\n') - 4).toBe(body.length);
    expect(await closed).toBe(0);
  });

  it('ends a connection after an answer that had begun', async () => {
    const { shutdown, open, ask } = await start();
    const socket = await open();
    const answer = readAll(socket);
    const response = await ask(socket);
    response.write('begun, ');
    const closed = shutdown.close();
    response.end('and done');
    expect(await answer).toContain('and done');
    expect(await closed).toBe(0);
  });

  it('cuts what is left when the time is up', async () => {
    const { shutdown, open, ask } = await start(1);
    const socket = await open();
    const answer = readAll(socket);
    await ask(socket);
    expect(await shutdown.close()).toBe(1);
    expect(await answer).toBe('');
  });

  it('does not wait for a client that never says anything', async () => {
    const { server, shutdown, port } = await start();
    const arrived = once(server, 'connection');
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => undefined);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    await arrived;
    expect(await shutdown.close()).toBe(0);
    await ended;
  });

  it('cuts a client that says too little when the time is up', async () => {
    const { server, shutdown, port } = await start(1);
    const arrived = once(server, 'connection') as Promise<[Socket]>;
    const socket = connectTcp(port, '127.0.0.1');
    socket.on('error', () => undefined);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    const [accepted] = await arrived;
    // The first bytes of a request, or of a ClientHello.
    socket.write(protocol === 'HTTP' ? 'GET ' : Buffer.from([22, 3, 1, 0]));
    while (accepted.bytesRead === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await shutdown.close()).toBe(1);
    await ended;
  });

  it('ends once, however often it is called', async () => {
    const { shutdown } = await start();
    const closed = shutdown.close();
    expect(shutdown.close()).toBe(closed);
    expect(await closed).toBe(0);
    expect(await shutdown.close()).toBe(0);
  });

  it('of a server that does not listen is done at once', async () => {
    const server = create(() => undefined);
    expect(await createGracefulShutdown(server).close()).toBe(0);
  });
});

describe('the time of a graceful shutdown', () => {
  it.each([0, -1, 0.5, 3601, Number.NaN])('can not be %d seconds', (timeoutSeconds) => {
    const server = createHttpServer();
    expect(thrownBy(() => createGracefulShutdown(server, { timeoutSeconds }))).toMatchObject({
      code: 'configuration_invalid',
    });
  });
});
