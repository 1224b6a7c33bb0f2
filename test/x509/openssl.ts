import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The `openssl` program at work in a folder of its own. */
export interface Openssl {
  /** Runs it; answers what it prints. */
  run(...args: readonly string[]): string;
  write(file: string, content: string | Uint8Array): void;
  read(file: string): Buffer;
  /** Removes the folder. */
  end(): void;
}

export function startOpenssl(): Openssl {
  const folder = mkdtempSync(join(tmpdir(), 'x509-'));
  return {
    run: (...args) =>
      execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
    write: (file, content) => {
      writeFileSync(join(folder, file), content);
    },
    read: (file) => readFileSync(join(folder, file)),
    end: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
