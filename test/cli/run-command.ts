import { spawnSync } from 'node:child_process';

/** What the command said, and how it ended. */
export interface CommandAnswer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the `device-trust` command from its source. */
export function runCommand(args: readonly string[], input: string | Uint8Array = ''): CommandAnswer {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'src/cli/main.ts', ...args],
    { encoding: 'utf8', input },
  );
  return { status, stdout, stderr };
}
