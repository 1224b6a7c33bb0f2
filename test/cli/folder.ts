import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of its own for a test. */
export interface Folder {
  readonly path: string;
  /** Path of something in it. */
  at(name: string): string;
  /** Names and contents of the files in it. */
  snapshot(): Readonly<Record<string, string>>;
  /** Removes it. */
  end(): void;
}

export function makeFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'device-trust-cli-'));
  return {
    path,
    at: (name) => join(path, name),
    snapshot: () =>
      Object.fromEntries(readdirSync(path).map((name) => [name, readFileSync(join(path, name), 'base64')])),
    end: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}
