import { join } from 'node:path';

import { describe, test } from 'vitest';

import { createSqliteStores, type SqliteStores } from '../../../src/sqlite.js';
import { certificateStoreContract } from '../../../src/testing/contracts/certificate-store-contract.js';
import { replayStoreContract } from '../../../src/testing/contracts/replay-store-contract.js';
import { revocationStoreContract } from '../../../src/testing/contracts/revocation-store-contract.js';
import type { StoreContractOptions } from '../../../src/testing/contracts/store-contract-options.js';
import { createFolder, drivers, type Driver } from './drivers.js';

for (const driver of drivers) {
  describe.skipIf(!driver.available)(`SQLite stores over ${driver.name}`, () => {
    for (const cachedCertificates of [2000, 0]) {
      describe(`keep the contract of a certificate store with ${cachedCertificates} records in memory`, () => {
        const options = contractOptions(driver, ({ certificates }) => certificates, cachedCertificates);
        for (const check of certificateStoreContract(options)) test(check.name, check.run);
      });
    }
    describe('keep the contract of a revocation store', () => {
      const options = contractOptions(driver, ({ revocations }) => revocations);
      for (const check of revocationStoreContract(options)) test(check.name, check.run);
    });
    describe('keep the contract of a replay store', () => {
      const options = contractOptions(driver, ({ replays }) => replays);
      for (const check of replayStoreContract(options)) test(check.name, check.run);
    });
  });
}

function contractOptions<Store>(
  driver: Driver,
  choose: (stores: SqliteStores) => Store,
  cachedCertificates = 2000,
): StoreContractOptions<Store> {
  const open = (path: string) => {
    const connection = driver.open(path);
    return { connection, store: choose(createSqliteStores({ connection, cachedCertificates })) };
  };
  return {
    create: async () => {
      const folder = createFolder();
      const { connection, store } = open(join(folder.path, 'stores.db'));
      return {
        store,
        dispose: () => {
          connection.close();
          folder.dispose();
        },
      };
    },
    createPair: async () => {
      const folder = createFolder();
      const first = open(join(folder.path, 'stores.db'));
      const second = open(join(folder.path, 'stores.db'));
      return {
        stores: [first.store, second.store],
        dispose: () => {
          first.connection.close();
          second.connection.close();
          folder.dispose();
        },
      };
    },
    createUnreachable: async () => {
      const folder = createFolder();
      const { connection, store } = open(join(folder.path, 'stores.db'));
      connection.close();
      return { store, dispose: folder.dispose };
    },
  };
}
