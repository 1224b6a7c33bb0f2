import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeHuawei, createFakePlay, createFakeTokenIssuer } from '../../src/testing.js';
import { startExample, type RunningExample, type StartOptions } from '../../examples/demo/start-example.js';

const BODY = '{"purpose":"enroll"}';

/** A request that the server waits on, because its body is not all there. */
async function sendHalf(example: RunningExample) {
  const agent = new Agent({ keepAlive: true });
  const request = httpsRequest(new URL('/device-trust/v1/challenges', example.mtlsUrl), {
    method: 'POST',
    agent,
    ca: example.readFile('root-ca.pem'),
    servername: 'localhost',
    cert: example.readFile('bootstrap.pem'),
    key: example.readFile('bootstrap.key'),
    // The server says when it has seen the headers.
    headers: { 'content-type': 'application/json', expect: '100-continue' },
  });
  onTestFinished(() => {
    request.destroy();
    agent.destroy();
  });
  request.flushHeaders();
  await once(request, 'continue');
  request.write(BODY.slice(0, 5));
  return request;
}

/** Resolves when nobody listens any more. */
async function untilRefused(url: string): Promise<void> {
  for (;;) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const outcome = await new Promise((resolve) => {
      socket.once('error', resolve);
      socket.once('connect', resolve);
    });
    socket.destroy();
    if (outcome instanceof Error && 'code' in outcome && outcome.code === 'ECONNREFUSED') return;
  }
}

async function start(framework: StartOptions['framework']) {
  const believed = { play: createFakePlay(), huawei: createFakeHuawei(), tokens: createFakeTokenIssuer() };
  const example = await startExample({ framework, believed });
  onTestFinished(async () => {
    await example.stop();
  });
  return example;
}

/** Time for a server to start on a busy machine. */
const TIMEOUT = 60_000;

describe('SIGTERM to an example server', () => {
  it.each(['express', 'fastify', 'hono'] as const)(
    'ends it with 0 when what is in flight has been answered, on %s',
    async (framework) => {
      const example = await start(framework);
      const request = await sendHalf(example);
      const answered = once(request, 'response') as Promise<[IncomingMessage]>;
      const ended = example.stop();
      await untilRefused(example.mtlsUrl);
      await untilRefused(example.statusUrl);
      request.end(BODY.slice(5));
      const [answer] = await answered;
      answer.resume();
      expect(answer.statusCode).toBe(201);
      expect(answer.headers.connection).toBe('close');
      expect(await ended).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'ends it at once when it comes again',
    async () => {
      const example = await start('express');
      const request = await sendHalf(example);
      request.on('error', () => undefined);
      const first = example.stop();
      await untilRefused(example.mtlsUrl);
      expect(await example.stop()).toBeNull();
      await first;
    },
    TIMEOUT,
  );
});
