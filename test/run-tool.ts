import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a program said. */
export interface ToolAnswer {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a program over files that are there for this one call. Arguments name them as `@name`. */
export function runTool(
  program: string,
  args: readonly string[],
  files: Readonly<Record<string, string | Uint8Array>> = {},
): ToolAnswer {
  const directory = mkdtempSync(join(tmpdir(), 'device-trust-test-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const paths = args.map((arg) => (arg.startsWith('@') ? join(directory, arg.slice(1)) : arg));
    const { status, stdout, stderr } = spawnSync(program, paths, {
      encoding: 'utf8',
      cwd: directory,
      maxBuffer: 2 ** 28,
    });
    return { status, output: `${stdout}${stderr}` };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether a program is on this machine; what needs one that is not is skipped. */
export function hasTool(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** As {@link runTool}, for a program that asks a server of this process, which must go on meanwhile. */
export async function runToolMeanwhile(
  program: string,
  args: readonly string[],
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<ToolAnswer> {
  const directory = mkdtempSync(join(tmpdir(), 'device-trust-test-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    const paths = args.map((arg) => (arg.startsWith('@') ? join(directory, arg.slice(1)) : arg));
    const child = spawn(program, paths, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
    }
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    return { status, output: output.join('') };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
