import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, test } from 'vitest';

import { createPostgresStores } from '../../../src/postgres.js';
import {
  storesContract,
  type StoresContractOptions,
} from '../../../src/testing/contracts/stores-contract.js';
import { createTestDatabase, hasServer, type TestDatabase } from './server.js';

describe.skipIf(!hasServer)('PostgreSQL stores', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await database.drop();
  });

  for (const check of storesContract(contractOptions())) test(check.name, check.run);

  /** Each check has a schema of its own in the database of this file. */
  async function createSchema(): Promise<string> {
    const schema = `check_${randomBytes(8).toString('hex')}`;
    const pool = database.openPool({ max: 1 });
    await pool.query(`CREATE SCHEMA ${schema}`);
    await pool.end();
    return schema;
  }

  function contractOptions(): StoresContractOptions {
    const open = async (schema: string) => {
      const pool = database.openPool({ options: `-c search_path=${schema}` });
      return { pool, store: await createPostgresStores({ pool }) };
    };
    return {
      clock: 'server',
      wakesOtherProcesses: true,
      create: async () => {
        const { pool, store } = await open(await createSchema());
        return { store, dispose: () => pool.end() };
      },
      createPair: async () => {
        const schema = await createSchema();
        const [first, second] = await Promise.all([open(schema), open(schema)]);
        return {
          stores: [first.store, second.store],
          dispose: async () => {
            await Promise.all([first.pool.end(), second.pool.end()]);
          },
        };
      },
      createUnreachable: async () => {
        const { pool, store } = await open(await createSchema());
        await pool.end();
        return { store, dispose: () => undefined };
      },
    };
  }
});
