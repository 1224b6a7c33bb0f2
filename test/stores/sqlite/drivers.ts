import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import Database from 'better-sqlite3';

import type { SqliteConnection } from '../../../src/sqlite.js';

/** A connection that a test closes. */
export interface OpenConnection extends SqliteConnection {
  close(): unknown;
}

export interface Driver {
  readonly name: string;
  /** False where the runtime does not have it: Node has had `node:sqlite` without a flag since 22.13. */
  readonly available: boolean;
  open(path: string): OpenConnection;
}

/** The first value of a row, such as that of a PRAGMA. */
export function firstValue(row: unknown): unknown {
  return typeof row === 'object' && row !== null ? Object.values(row)[0] : undefined;
}

type DatabaseSync = new (path: string) => OpenConnection;

/** The driver is compiled for one line of Node.js; under another it does not load. */
function opens(open: () => OpenConnection): boolean {
  try {
    open().close();
    return true;
  } catch {
    return false;
  }
}

export const betterSqlite: Driver = {
  name: 'better-sqlite3',
  available: opens(() => new Database(':memory:')),
  open: (path) => new Database(path),
};

const nodeSqlite = process.getBuiltinModule('node:sqlite') as { DatabaseSync: DatabaseSync } | undefined;

export const drivers: readonly Driver[] = [
  betterSqlite,
  {
    name: 'node:sqlite',
    available: nodeSqlite !== undefined,
    open: (path) => {
      if (!nodeSqlite) throw new Error('this runtime has no node:sqlite');
      return new nodeSqlite.DatabaseSync(path);
    },
  },
];

/** A folder of its own for the files of one test. */
export function createFolder(): { readonly path: string; readonly dispose: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'device-trust-sqlite-'));
  return {
    path,
    dispose: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
