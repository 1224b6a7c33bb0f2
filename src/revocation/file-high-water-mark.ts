// revocation: imports core, contracts, x509.

import { open, readFile, rename } from 'node:fs/promises';
import { DeviceTrustError, UnavailableError } from '../core/errors.js';
import type { HighWaterMark } from '../contracts/high-water-mark.js';

/**
 * Makes a high-water mark in a file of this machine, which must not be on the same disk image, volume or backup as the store. One
 * process writes it at a time. Each value is on the disk before `raise` resolves; the file is replaced as a whole, so a crash
 * leaves the former one.
 *
 * After a restore that you have made up for (see the operations guide), remove the file.
 *
 * @throws UnavailableError `store_unavailable` if the file cannot be read, written, or is not what was written
 */
export function createFileHighWaterMark(options: { readonly path: string }): HighWaterMark {
  const { path } = options;
  let values: Map<string, bigint> | null = null;
  let writing: Promise<void> = Promise.resolve();

  async function load(): Promise<Map<string, bigint>> {
    values ??= await readValues(path);
    return values;
  }

  async function write(name: string, value: bigint): Promise<void> {
    const known = await load();
    if (value <= (known.get(name) ?? -1n)) return;
    const next = new Map(known).set(name, value);
    await replaceFile(
      path,
      JSON.stringify(Object.fromEntries([...next].map(([key, v]) => [key, String(v)]))),
    );
    values = next;
  }

  return {
    read: (name) => withFailures(async () => (await load()).get(name) ?? null),
    raise(name, value) {
      const turn = writing.then(() => withFailures(() => write(name, value)));
      writing = turn.catch(() => undefined);
      return turn;
    },
  };
}

async function readValues(path: string): Promise<Map<string, bigint>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return new Map();
    throw error;
  }
  const document: unknown = JSON.parse(text);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw notAMark();
  }
  return new Map(
    Object.entries(document).map(([name, value]) => {
      if (typeof value !== 'string') throw notAMark();
      return [name, BigInt(value)];
    }),
  );
}

async function replaceFile(path: string, text: string): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

async function withFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof DeviceTrustError) throw cause;
    throw new UnavailableError('store_unavailable', { message: 'the high-water mark cannot be used', cause });
  }
}

function notAMark(): UnavailableError {
  return new UnavailableError('store_unavailable', { message: 'the file does not hold a high-water mark' });
}
