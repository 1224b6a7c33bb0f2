// A store for one run of the demo, and what becomes of it afterwards.

import { randomBytes } from 'node:crypto';
import { env } from 'node:process';
import pg from 'pg';

/** Where the servers of the demo keep what they know. */
export interface DemoStore {
  readonly settings: { readonly storeUrl?: string };
  drop(): Promise<void>;
}

/** `sqlite` (a file in the fresh DATA_DIR) or `postgres` (a database of its own at `POSTGRES_URL`, default this machine). */
export async function openDemoStore(kind: string): Promise<DemoStore> {
  if (kind === 'sqlite') return { settings: {}, drop: async () => undefined };
  if (kind !== 'postgres') throw new Error('--store must be sqlite or postgres');
  const server = new URL(env['POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres');
  const database = `device_trust_demo_${randomBytes(6).toString('hex')}`;
  await execute(server, `CREATE DATABASE ${database}`);
  const url = new URL(server);
  url.pathname = `/${database}`;
  return {
    settings: { storeUrl: url.href },
    drop: () => execute(server, `DROP DATABASE ${database} WITH (FORCE)`),
  };
}

async function execute(server: URL, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
