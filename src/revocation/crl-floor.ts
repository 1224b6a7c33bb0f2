// revocation: imports core, contracts, x509.

import { UnavailableError } from '../core/errors.js';
import type { HighWaterMark } from '../contracts/high-water-mark.js';

/** The highest number of each list that was ever served: none below it may follow. */
export interface CrlFloor {
  /**
   * @param number of the list in the store; `null` if there is none
   * @throws UnavailableError `store_rolled_back`, `store_unavailable`
   */
  assertNotBelow(name: string, number: bigint | null): Promise<void>;
  raise(name: string, number: bigint): Promise<void>;
}

export function createCrlFloor(highWaterMark: HighWaterMark | undefined): CrlFloor {
  const floors = new Map<string, bigint>();

  async function read(name: string): Promise<bigint | null> {
    const floor = floors.get(name);
    if (floor !== undefined) return floor;
    return (await highWaterMark?.read(`crl/${name}`)) ?? null;
  }

  return {
    async assertNotBelow(name, number) {
      const floor = await read(name);
      if (floor !== null && (number === null || number < floor)) {
        throw new UnavailableError('store_rolled_back', {
          message: 'the store has an older CRL than was served before',
          retryAfterSeconds: 60,
        });
      }
    },
    async raise(name, number) {
      if (number <= (floors.get(name) ?? -1n)) return;
      await highWaterMark?.raise(`crl/${name}`, number);
      floors.set(name, number);
    },
  };
}
