import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { chooseRetryDelay } from '../../src/vendor/retry-delay.js';

const delays = { baseSeconds: 0.2, capSeconds: 2 };
const share = (part: number) => () => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, Math.min(Math.round(part * 2 ** 32), 2 ** 32 - 1));
  return bytes;
};

describe('the pause after an attempt', () => {
  it('is anything from nothing to a cap that doubles, and stands at its highest', () => {
    const most = [0, 1, 2, 3, 4, 9].map((attempt) => chooseRetryDelay(delays, attempt, null, share(1)));
    expect(most.map(Math.round)).toEqual([200, 400, 800, 1600, 2000, 2000]);
    expect(chooseRetryDelay(delays, 3, null, share(0))).toBe(0);
    expect(chooseRetryDelay(delays, 3, null, share(0.25))).toBeCloseTo(400, 3);
  });

  it('is never less than the vendor asks for, and never more than that and the cap', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.nat({ max: 9 }),
        fc.option(fc.nat({ max: 100 })),
        (bytes, attempt, retryAfterSeconds) => {
          const pause = chooseRetryDelay(delays, attempt, retryAfterSeconds, () => bytes);
          expect(pause).toBeGreaterThanOrEqual((retryAfterSeconds ?? 0) * 1000);
          expect(pause).toBeLessThanOrEqual(Math.max(2000, (retryAfterSeconds ?? 0) * 1000));
        },
      ),
    );
  });

  it('reads the random octets as they are, also those of a pool', () => {
    const pool = Buffer.from([9, 9, 9, 9, 0x80, 0, 0, 0]);
    expect(chooseRetryDelay(delays, 0, null, () => pool.subarray(4))).toBe(100);
  });
});
