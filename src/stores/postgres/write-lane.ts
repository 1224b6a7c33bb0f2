// stores/postgres: imports core, contracts and this folder only.

import { describeFailure, isFailureOfMember } from './store-failure.js';

/** Most writes in one statement. Enough to share the cost of a commit among many, few enough that none waits for long. */
const MAX_BATCH = 64;

/** Sends writes of one kind; each is durable before its promise resolves. */
export type WriteLane<Item, Result> = (item: Item) => Promise<Result>;

interface PendingWrite<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Groups without waiting. A write goes out at once if none of its kind is under way; what arrives meanwhile goes out
 * together, as one statement with one commit, when the answer is there. So one caller alone never waits for others, and
 * the more there are, the more share a commit.
 *
 * If a batch fails on account of one of its members, each is tried alone, so that only the one at fault fails. If it
 * failed for another reason (the connection broke), nobody knows what was done, and all are told so.
 *
 * @param send writes a batch, all or none, and resolves to the results in the order of the items, `null` where one
 *   is missing
 */
export function createWriteLane<Item, Result>(
  send: (items: readonly Item[]) => Promise<readonly (Result | null)[]>,
): WriteLane<Item, Result> {
  const waiting: PendingWrite<Item, Result>[] = [];
  let busy = false;

  async function drain(): Promise<void> {
    busy = true;
    while (waiting.length > 0) await sendBatch(waiting.splice(0, MAX_BATCH));
    busy = false;
  }

  async function sendBatch(batch: readonly PendingWrite<Item, Result>[]): Promise<void> {
    let results: readonly (Result | null)[];
    try {
      results = await send(batch.map(({ item }) => item));
    } catch (error) {
      if (batch.length > 1 && isFailureOfMember(error)) {
        for (const write of batch) await sendBatch([write]);
      } else {
        for (const { reject } of batch) reject(describeFailure(error));
      }
      return;
    }
    for (const [index, { resolve, reject }] of batch.entries()) {
      const result = results[index] ?? null;
      if (result === null) reject(describeFailure(new TypeError('the answer to a write is missing')));
      else resolve(result);
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!busy) void drain();
    });
}
