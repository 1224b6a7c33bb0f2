import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createSqliteStores, type SqliteStores } from '../../../src/sqlite.js';
import { auditChain } from '../../../src/testing/contracts/sample-audit.js';
import { sampleUse, useHash } from '../../../src/testing/contracts/sample-attested-key.js';
import { sampleCrl } from '../../../src/testing/contracts/sample-crl.js';
import { assertRecord, days, recordOf, sampleIntent } from '../../../src/testing/contracts/sample-intent.js';
import { certificate, NAME, revocation } from '../../../src/testing/contracts/sample-revocation.js';
import { sampleUsage } from '../../../src/testing/contracts/sample-usage.js';
import { createFolder, drivers, firstValue, type Driver } from './drivers.js';

const SCRIPT = fileURLToPath(new URL('racing-process.ts', import.meta.url));

for (const driver of drivers) {
  describe.skipIf(!driver.available)(`processes that share a SQLite file over ${driver.name}`, () => {
    let folder: ReturnType<typeof createFolder>;
    let path: string;
    const children: ChildProcess[] = [];

    beforeEach(() => {
      folder = createFolder();
      path = join(folder.path, 'stores.db');
    });
    afterEach(async () => {
      for (const child of children.splice(0)) await kill(child);
      folder.dispose();
    });

    const start = (holder: string): Promise<Racer> => startRacer(driver, path, holder, children);

    it('may all create the tables at once, and each id is consumed by exactly one', async () => {
      const [left, right] = await Promise.all([start('left'), start('right')]);
      const [wonLeft, wonRight] = await Promise.all([left.ask('consume'), right.ask('consume')]);
      const ids = Array.from({ length: 10_000 }, (_, index) => `challenge:${index}`);
      expect([...wonLeft, ...wonRight].sort()).toEqual(ids.sort());

      const connection = driver.open(path);
      const { replays } = createSqliteStores({ connection });
      for (const [holder, won] of [
        ['left', wonLeft],
        ['right', wonRight],
      ] as const) {
        for (const id of won.slice(0, 20)) {
          const again = await replays.consume({
            id: String(id),
            holder: 'late',
            expiresAt: days(1),
            now: days(0),
          });
          expect(again).toEqual({ outcome: 'already_consumed', holder });
        }
      }
      connection.close();
    });

    it('record each request exactly once', async () => {
      const [left, right] = await Promise.all([start('left'), start('right')]);
      const [wonLeft, wonRight] = await Promise.all([left.ask('intent'), right.ask('intent')]);
      expect([...wonLeft, ...wonRight].map(Number).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 100 }, (_, index) => index),
      );

      const connection = driver.open(path);
      const { certificates } = createSqliteStores({ connection });
      const { records } = await certificates.list({ limit: 1000 });
      expect(records).toHaveLength(100);
      connection.close();
    });

    it('use each counter of an attested key for one thing, and each use has a total of its own', async () => {
      const [left, right] = await Promise.all([start('left'), start('right')]);
      const [wonLeft, wonRight] = await Promise.all([left.ask('use'), right.ask('use')]);
      // One that is far ahead leaves the counters below to nobody.
      const won = [...wonLeft, ...wonRight].map(Number);
      expect(new Set(won).size).toBe(won.length);
      expect(Math.max(...won)).toBe(200);

      const [countedLeft, countedRight] = await Promise.all([left.ask('count'), right.ask('count')]);
      expect([...countedLeft, ...countedRight].map(Number).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 300 }, (_, index) => index + 1),
      );
    });

    it('lose no use of an attested key that they told of when they are killed', async () => {
      const told = await killWhile(await start('left'), 'useAlone');
      await reopened(async ({ attestedKeys }) => {
        const key = await attestedKeys.findAttestedKey(sampleUse());
        expect(key?.counter).toBeGreaterThanOrEqual(told);
        expect(key?.lastUse).toBe(useHash(key?.counter ?? 0));
        const replayed = sampleUse({ counter: told, use: useHash(0) });
        expect(await attestedKeys.useAttestedKey(replayed)).toEqual({ outcome: 'counter_not_higher' });
      });
    });

    it('forget no use that they counted when they are killed', async () => {
      const told = await killWhile(await start('left'), 'countAlone');
      await reopened(async ({ usageCounters }) => {
        const { total } = await usageCounters.countUsage(sampleUsage({ limit: 100_000 }));
        expect(total).toBeGreaterThan(told);
      });
    });

    it('leave one chain when they are killed while they append to the audit trail', async () => {
      const told = await killWhile(await start('left'), 'audit');
      await reopened(async ({ audit }) => {
        const trail = await audit.listAudit({ afterSequence: 0, limit: 1000 });
        expect(trail.length % 3).toBe(0);
        expect(trail.length).toBeGreaterThanOrEqual(told);
        const bodies = trail.map(({ body }) => body);
        expect(trail).toEqual(auditChain(null, bodies));
        expect(await audit.appendAudit(auditChain(trail.at(-1) ?? null, ['next']))).toBe(true);
      });
    });

    it('leave a whole list when they are killed while they publish', async () => {
      const told = await killWhile(await start('left'), 'publish');
      await reopened(async ({ crls }) => {
        const stored = await crls.findCrl(sampleCrl(1n));
        if (stored === null || stored === 'unchanged') throw new Error('there is no list');
        const { number } = stored;
        expect(Number(number)).toBeGreaterThanOrEqual(told);
        expect(stored.crl).toEqual(new Uint8Array(50_000).fill(Number(number) % 251));
        expect(await crls.publishCrl(sampleCrl(number + 1n), { expectedNumber: number })).toBe(true);
      });
    });

    it('lose no revocation that they told of when they are killed, in the log and on the lists', async () => {
      const told = await killWhile(await start('left'), 'revoke');
      await reopened(async ({ revocations }) => {
        const log = await revocations.list({ afterSequence: 0, limit: 10_000 });
        expect(log.map(({ subject }) => subject)).toEqual(log.map((_, index) => certificate(index + 1)));
        expect(log.length).toBeGreaterThanOrEqual(told);
        const revoked = await revocations.listRevoked({
          issuerId: NAME.issuerId,
          crlShard: null,
          notAfterFrom: days(0),
          afterSequence: 0,
          limit: 10_000,
        });
        expect(revoked.map(({ sequence }) => sequence)).toEqual(log.map(({ sequence }) => sequence));
        const { revocation: next } = await revocations.revoke(revocation(certificate(0)));
        expect(next?.sequence).toBe(log.length + 1);
      });
    });

    /** Opens the file anew after a crash. */
    async function reopened(check: (stores: SqliteStores) => Promise<void>): Promise<void> {
      const connection = driver.open(path);
      expect(firstValue(connection.prepare('PRAGMA integrity_check').get())).toBe('ok');
      await check(createSqliteStores({ connection }));
      connection.close();
    }

    it('leave the intent readable when they are killed before the certificate is recorded', async () => {
      const child = await start('left');
      await child.ask('crash');
      await child.kill();

      const connection = driver.open(path);
      const { certificates } = createSqliteStores({ connection });
      expect(firstValue(connection.prepare('PRAGMA integrity_check').get())).toBe('ok');
      assertRecord(await certificates.find({ by: 'name', ...sampleIntent(1) }), recordOf(sampleIntent(1)));
      const issued = { certificate: Uint8Array.of(1, 2, 3), issuedAt: days(0) };
      assertRecord(
        await certificates.recordIssued(sampleIntent(1), issued),
        recordOf(sampleIntent(1), issued),
      );
      connection.close();
    });
  });
}

/** A process that has opened the stores. */
interface Racer {
  ask(task: string): Promise<readonly unknown[]>;
  /** Begins a task that tells how far it has got; resolves when it is further than a number. */
  begin(task: string, further: number): Promise<void>;
  /** What was told last. */
  told(): number;
  kill(): Promise<void>;
}

/** Kills a process at work, at a moment that it does not know; resolves to how far it told to have got. */
async function killWhile(racer: Racer, task: string): Promise<number> {
  await racer.begin(task, 30);
  await racer.kill();
  return racer.told();
}

async function startRacer(
  driver: Driver,
  path: string,
  holder: string,
  children: ChildProcess[],
): Promise<Racer> {
  const child = fork(SCRIPT, [driver.name, path, holder], { execArgv: ['--import', 'tsx'] });
  children.push(child);
  await answerOf(child);
  let told = 0;
  return {
    begin: async (task, further) => {
      child.on('message', (message: { readonly result: unknown }) => {
        told = Number(message.result);
      });
      child.send(task);
      while (told <= further) await answerOf(child);
    },
    told: () => told,
    ask: async (task) => {
      const answer = answerOf(child);
      child.send(task);
      const result = await answer;
      return Array.isArray(result) ? (result as readonly unknown[]) : [];
    },
    kill: () => kill(child),
  };
}

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
