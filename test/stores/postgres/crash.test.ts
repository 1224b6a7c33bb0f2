import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createPostgresStores } from '../../../src/postgres.js';
import { days } from '../../../src/testing/contracts/sample-intent.js';
import { certificate, revocation } from '../../../src/testing/contracts/sample-revocation.js';
import { rejectionOf } from '../../thrown-by.js';
import { createOwnServer, hasOwnServer, type OwnServer } from './own-server.js';

describe.skipIf(!hasOwnServer)('a PostgreSQL server that goes away', { timeout: 60_000 }, () => {
  let server: OwnServer;
  let pool: pg.Pool;

  beforeAll(() => {
    server = createOwnServer();
    server.start();
    pool = server.openPool();
  }, 60_000);
  afterAll(async () => {
    await pool.end();
    server.remove();
  });

  it('loses nothing that was answered when it crashes in the middle of writes, and is used again', async () => {
    const { replays, revocations, changes } = await createPostgresStores({ pool });
    const consume = (index: number) =>
      replays.consume({ id: `challenge:${index}`, holder: 'h', expiresAt: days(1), now: days(0) });
    let wakeUps = 0;
    const end = await changes.subscribe(() => {
      wakeUps += 1;
    });

    const consumed: number[] = [];
    const revoked: number[] = [];
    const failures: unknown[] = [];
    for (let round = 0; round < 3; round += 1) {
      const writing = Array.from({ length: 32 }, async (_, caller) => {
        for (let turn = 0; turn < 500; turn += 1) {
          const index = (round * 32 + caller) * 500 + turn;
          try {
            await consume(index);
            consumed.push(index);
            if (turn % 10 !== 0) continue;
            await revocations.revoke(revocation(certificate(index)));
            revoked.push(index);
          } catch (error) {
            failures.push(error);
            return;
          }
        }
      });
      const enough = consumed.length + 200;
      for (let attempt = 0; consumed.length < enough && attempt < 1000; attempt += 1) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      server.stop('immediate');
      await Promise.all(writing);
      expect(await rejectionOf(consume(-1))).toMatchObject({ code: 'store_unavailable' });
      server.start();
    }

    expect(failures.length).toBeGreaterThan(0);
    for (const error of failures) expect(error).toMatchObject({ code: 'store_unavailable' });
    const again = await Promise.all(consumed.map(consume));
    expect(again.filter(({ outcome }) => outcome === 'consumed')).toEqual([]);
    const log = await revocations.list({ afterSequence: 0, limit: 10_000 });
    const known = new Set(log.map(({ subject }) => JSON.stringify(subject)));
    expect(revoked.filter((index) => !known.has(JSON.stringify(certificate(index))))).toEqual([]);
    expect(new Set(log.map(({ sequence }) => sequence)).size).toBe(log.length);

    const before = wakeUps;
    for (let attempt = 0; wakeUps === before && attempt < 1000; attempt += 1) {
      await revocations.revoke(revocation({ kind: 'key', publicKeySha256: `after ${attempt}` }));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(wakeUps).toBeGreaterThan(before);
    await end();
  });

  it('is refused when it runs without fsync', async () => {
    server.stop('fast');
    server.start('fsync=off');
    const fresh = server.openPool();
    expect(await rejectionOf(createPostgresStores({ pool: fresh }))).toMatchObject({
      code: 'configuration_invalid',
      message: expect.stringMatching(/fsync is off/) as unknown,
    });
    await fresh.end();
  });
});
