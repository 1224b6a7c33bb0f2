import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createPostgresStores } from '../../../src/postgres.js';
import { days } from '../../../src/testing/contracts/sample-intent.js';
import { createTestDatabase, hasServer, type TestDatabase } from './server.js';

const SCRIPT = fileURLToPath(new URL('racing-process.ts', import.meta.url));

describe.skipIf(!hasServer)('processes that share a PostgreSQL database', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) await kill(child);
    await database.drop();
  });

  it('may all create the tables at once, and each of 10,000 ids is consumed by exactly one', async () => {
    const [left, right] = await Promise.all([start('left'), start('right')]);
    const [wonLeft, wonRight] = await Promise.all([left('consume'), right('consume')]);
    expect([...wonLeft, ...wonRight].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 10_000 }, (_, i) => i),
    );

    const { replays } = await createPostgresStores({ pool: database.openPool() });
    for (const [holder, won] of [
      ['left', wonLeft],
      ['right', wonRight],
    ] as const) {
      for (const index of won.slice(0, 20)) {
        const request = { id: `challenge:${index}`, holder: 'late', expiresAt: days(1), now: days(0) };
        expect(await replays.consume(request)).toEqual({ outcome: 'already_consumed', holder });
      }
    }
  });

  it('record each request and each revocation exactly once', async () => {
    const [left, right] = await Promise.all([start('left'), start('right')]);
    for (const task of ['intent', 'revoke']) {
      const [wonLeft, wonRight] = await Promise.all([left(task), right(task)]);
      expect([...wonLeft, ...wonRight].sort((a, b) => a - b)).toEqual(
        Array.from({ length: 1000 }, (_, i) => i),
      );
    }
    const { certificates, revocations } = await createPostgresStores({ pool: database.openPool() });
    expect(await certificates.count({})).toBe(1000);
    expect(await revocations.list({ afterSequence: 0, limit: 2000 })).toHaveLength(1000);
  });

  it('use each counter of an attested key for one thing, and each use has a total of its own', async () => {
    const [left, right] = await Promise.all([start('left'), start('right')]);
    const [wonLeft, wonRight] = await Promise.all([left('use'), right('use')]);
    expect([...wonLeft, ...wonRight].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    );
    const [countedLeft, countedRight] = await Promise.all([left('count'), right('count')]);
    expect([...countedLeft, ...countedRight].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1500 }, (_, i) => i + 1),
    );
  });

  /** A process that has opened the stores, and answers to a task with the numbers that it won. */
  async function start(holder: string): Promise<(task: string) => Promise<readonly number[]>> {
    const child = fork(SCRIPT, [database.name, holder], { execArgv: ['--import', 'tsx'] });
    children.push(child);
    await answerOf(child);
    return async (task) => {
      const answer = answerOf(child);
      child.send(task);
      const result = await answer;
      return Array.isArray(result) ? result.map(Number) : [];
    };
  }
});

/** The next message of the process; if it ends instead, that fails the test. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const answer = once(child, 'message', { signal: ended.signal });
  const stop = (): void => {
    ended.abort(new Error('the process ended without an answer'));
  };
  child.once('exit', stop);
  const [message] = (await answer) as [{ readonly result: unknown }];
  child.off('exit', stop);
  return message.result;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
