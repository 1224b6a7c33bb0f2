// Started by processes.test.ts as a process of its own: opens the stores, waits for a message, does what it says.

import { createRedisReplayStore } from '../../../src/redis.js';
import { days } from '../../../src/testing/contracts/sample-intent.js';
import { connect } from './server.js';

const [port = '', keyPrefix = '', holder = ''] = process.argv.slice(2);
const client = await connect(Number(port));
const replays = await createRedisReplayStore({ client, keyPrefix });

/** Consumes as many ids as it is told, 50 at a time; answers with those that this process won. */
process.on('message', (count: number) => {
  void race(count).then((result) => process.send?.({ result }));
});
process.send?.({ result: [] });

async function race(count: number): Promise<readonly number[]> {
  const won: number[] = [];
  for (let from = 0; from < count; from += 50) {
    const ids = Array.from({ length: 50 }, (_, index) => from + index);
    await Promise.all(
      ids.map(async (id) => {
        const request = { id: `challenge:${id}`, holder, expiresAt: days(1), now: days(0) };
        if ((await replays.consume(request)).outcome === 'consumed') won.push(id);
      }),
    );
  }
  return won;
}
