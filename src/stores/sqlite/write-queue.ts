// stores/sqlite: imports core, contracts and this folder only.

import type { SqliteConnection } from './sqlite-connection.js';
import { describeFailure } from './store-failure.js';

/**
 * Most writes in one transaction. Enough to share the cost of a commit among many, few enough that other processes get
 * their turn and the event loop is not held for long.
 */
const MAX_GROUP = 64;

/** Runs writes, each of them all or nothing and, with FULL, on the disk before its promise resolves. */
export interface WriteQueue {
  /**
   * Runs `work`, synchronous statements on the connection, inside a transaction that already holds the write lock. It may
   * be run a second time after a roll-back, so it must do nothing but talk to the database.
   */
  write<T>(work: () => T): Promise<T>;
}

/** A write that waits; `attempt` does the work and returns what tells the caller, to be called after the commit. */
interface PendingWrite {
  readonly attempt: () => () => void;
  readonly fail: (cause: unknown) => void;
}

/**
 * Commits together what arrives together. With `synchronous=FULL` the cost of a write is the wait for the disk at the
 * commit; writes that are asked for in the same turn of the event loop share one. With NORMAL nobody waits for the disk: a
 * power cut loses the last commits, the end of a process none. Two queues may use one connection, because a group is written
 * without a pause, and each sets first what it needs.
 *
 * If one of a group fails, the group is rolled back and each write is tried alone, so that only the one at
 * fault fails.
 */
export function createWriteQueue(connection: SqliteConnection, synchronous: 'FULL' | 'NORMAL'): WriteQueue {
  const begin = connection.prepare('BEGIN IMMEDIATE');
  const commit = connection.prepare('COMMIT');
  const rollBack = connection.prepare('ROLLBACK');
  const waiting: PendingWrite[] = [];

  function flush(): void {
    commitGroup(waiting.splice(0, MAX_GROUP));
    if (waiting.length > 0) setImmediate(flush);
  }

  function commitGroup(group: readonly PendingWrite[]): void {
    try {
      connection.exec(`PRAGMA synchronous = ${synchronous}`);
      begin.run();
    } catch (cause) {
      failAll(group, cause);
      return;
    }
    let tellCallers: readonly (() => void)[];
    try {
      tellCallers = group.map((write) => write.attempt());
    } catch (cause) {
      endTransaction();
      if (group.length === 1) failAll(group, cause);
      else for (const write of group) commitGroup([write]);
      return;
    }
    try {
      commit.run();
    } catch (cause) {
      endTransaction();
      failAll(group, cause);
      return;
    }
    for (const tellCaller of tellCallers) tellCaller();
  }

  /** After some failures, a full disk among them, SQLite has rolled back by itself, and there is nothing left to end. */
  function endTransaction(): void {
    try {
      rollBack.run();
    } catch {
      return;
    }
  }

  return {
    write: (work) =>
      new Promise((resolve, reject) => {
        waiting.push({
          attempt: () => {
            const result = work();
            return () => {
              resolve(result);
            };
          },
          fail: (cause) => {
            reject(describeFailure(cause));
          },
        });
        if (waiting.length === 1) setImmediate(flush);
      }),
  };
}

function failAll(group: readonly PendingWrite[], cause: unknown): void {
  for (const write of group) write.fail(cause);
}
