import { createServer } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNodeListener, type HttpHandler, type HttpResponse } from '../../src/index.js';
import { createBackend } from '../backend.js';

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
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const address = server.address();
    const socket = connect(typeof address === 'object' && address ? address.port : 0, '127.0.0.1');
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
});
