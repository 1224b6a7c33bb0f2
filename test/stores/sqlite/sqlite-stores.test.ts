import { join } from 'node:path';

import { describe, test } from 'vitest';

import { createSqliteStores } from '../../../src/sqlite.js';
import { certificateStoreContract } from '../../../src/testing/contracts/certificate-store-contract.js';
import type { ContractCase } from '../../../src/testing/contracts/contract-case.js';
import { retentionContract } from '../../../src/testing/contracts/retention-contract.js';
import {
  storesContract,
  type StoresContractOptions,
} from '../../../src/testing/contracts/stores-contract.js';
import { createFolder, drivers, type Driver } from './drivers.js';

for (const driver of drivers) {
  describe.skipIf(!driver.available)(`SQLite stores over ${driver.name}`, () => {
    describe('keep the contracts of stores', () => {
      run(storesContract(contractOptions(driver, 2000)));
    });
    describe('keep the contract of a certificate store without records in memory', () => {
      const { create, createPair } = contractOptions(driver, 0);
      run(
        certificateStoreContract({
          create: async () => {
            const { store, dispose } = await create();
            return { store: store.certificates, ...(dispose && { dispose }) };
          },
        }),
      );
      run(retentionContract({ create, ...(createPair && { createPair }) }));
    });
  });
}

function run(cases: readonly ContractCase[]): void {
  for (const check of cases) test(check.name, check.run);
}

function contractOptions(driver: Driver, cachedCertificates: number): StoresContractOptions {
  const open = (path: string) => {
    const connection = driver.open(path);
    return { connection, store: createSqliteStores({ connection, cachedCertificates }) };
  };
  return {
    clock: 'caller',
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
