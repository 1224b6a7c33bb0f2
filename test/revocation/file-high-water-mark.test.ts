import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileHighWaterMark, UnavailableError } from '../../src/index.js';
import { rejectionOf } from '../thrown-by.js';

describe('a high-water mark in a file', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'device-trust-mark-'));
    path = join(folder, 'mark.json');
  });
  afterEach(() => {
    chmodSync(folder, 0o700);
    rmSync(folder, { recursive: true });
  });

  it('remembers the highest value of each name over a restart', async () => {
    const mark = createFileHighWaterMark({ path });
    expect(await mark.read('a')).toBeNull();
    await mark.raise('a', 2n ** 80n);
    await mark.raise('a', 5n);
    await mark.raise('b', 7n);
    const again = createFileHighWaterMark({ path });
    expect(await again.read('a')).toBe(2n ** 80n);
    expect(await again.read('b')).toBe(7n);
  });

  it('keeps all of many values that are raised at once', async () => {
    const mark = createFileHighWaterMark({ path });
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => mark.raise(`crl/${index}`, BigInt(index + 1))),
    );
    const kept = Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object);
    expect(kept).toHaveLength(50);
  });

  it.each(['', '{', '[1]', '{"a":1}', '{"a":"x"}', 'null'])('refuses a file with %j in it', async (text) => {
    writeFileSync(path, text);
    const error = await rejectionOf(createFileHighWaterMark({ path }).read('a'));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ code: 'store_unavailable' });
  });

  it('refuses when it cannot write, and remembers nothing of it', async () => {
    const mark = createFileHighWaterMark({ path: join(folder, 'nowhere', 'mark.json') });
    expect(await rejectionOf(mark.raise('a', 1n))).toMatchObject({ code: 'store_unavailable' });
    expect(await mark.read('a')).toBeNull();
  });
});
