import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createRedisReplayStore } from '../../../src/redis.js';
import { days } from '../../../src/testing/contracts/sample-intent.js';
import { newPrefix } from './contract-options.js';
import { connect, hasServer, startServer, type RedisServer } from './server.js';

const SCRIPT = fileURLToPath(new URL('racing-process.ts', import.meta.url));
const IDS = 10_000;

describe.skipIf(!hasServer)('processes that share a Redis server', () => {
  let server: RedisServer;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    for (const child of children) await kill(child);
    await server.dispose();
  });

  it('race for 10,000 ids, and each is consumed by exactly one', async () => {
    const keyPrefix = newPrefix();
    const [left, right] = await Promise.all([start('left', keyPrefix), start('right', keyPrefix)]);
    const [wonLeft, wonRight] = await Promise.all([ask(left, IDS), ask(right, IDS)]);
    expect([...wonLeft, ...wonRight].sort((a, b) => a - b)).toEqual(
      Array.from({ length: IDS }, (_, index) => index),
    );

    const client = await connect(server.port);
    const replays = await createRedisReplayStore({ client, keyPrefix });
    for (const [holder, won] of [
      ['left', wonLeft],
      ['right', wonRight],
    ] as const) {
      for (const id of won.slice(0, 20)) {
        const late = { id: `challenge:${id}`, holder: 'late', expiresAt: days(1), now: days(0) };
        expect(await replays.consume(late)).toEqual({ outcome: 'already_consumed', holder });
      }
    }
    client.destroy();
  });

  async function start(holder: string, keyPrefix: string): Promise<ChildProcess> {
    const args = [String(server.port), keyPrefix, holder];
    const child = fork(SCRIPT, args, { execArgv: ['--import', 'tsx'] });
    children.push(child);
    await answerOf(child);
    return child;
  }
});

async function ask(child: ChildProcess, count: number): Promise<readonly number[]> {
  const answer = answerOf(child);
  child.send(count);
  return answer;
}

/** The next message of the process; if it ends instead, that fails the test. */
async function answerOf(child: ChildProcess): Promise<readonly number[]> {
  const ended = new AbortController();
  const answer = once(child, 'message', { signal: ended.signal });
  const stop = (): void => {
    ended.abort(new Error('the process ended without an answer'));
  };
  child.once('exit', stop);
  const [message] = (await answer) as [{ readonly result: readonly number[] }];
  child.off('exit', stop);
  return message.result;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
