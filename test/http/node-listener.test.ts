import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodeListener, type HttpHandler, type HttpResponse } from '../../src/index.js';
import { createBackend } from '../backend.js';

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

describe('a Node.js listener', () => {
  it('leaves a body that comes too slowly to the limits of Node.js, and is not left waiting for it', async () => {
    const { trust } = await createBackend();
    const answers: Promise<HttpResponse | null>[] = [];
    const handler: HttpHandler = {
      handle(request) {
        const answer = trust.statusHandler.handle(request);
        answers.push(answer);
        return answer;
      },
    };
    const limits = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 50 };
    const server = createServer(limits, createNodeListener(handler));
    const socket = connect(Number(new URL(await listen(server)).port), '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const lines = ['POST /ocsp HTTP/1.1', 'host: localhost', 'content-type: application/ocsp-request'];
    socket.write(`${lines.join('\r\n')}\r\ncontent-length: 100\r\n\r\nslow`);
    await closed;
    expect(Buffer.concat(chunks).toString()).toMatch(/^HTTP\/1\.1 408 /);
    expect(answers).toHaveLength(1);
    expect((await answers[0])?.status).toBe(400);
  });

  it('blames nobody but the server for a body that was read before', async () => {
    const { trust } = await createBackend();
    const answered = createNodeListener(trust.statusHandler);
    const server = createServer((message, response) => {
      message.resume().once('end', () => {
        answered(message, response);
      });
    });
    const url = await listen(server);
    const headers = { 'content-type': 'application/ocsp-request' };
    const answer = await fetch(new URL('/ocsp', url), { method: 'POST', headers, body: 'read' });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ code: 'configuration_invalid' });
  });
});
