import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasTool } from '../run-tool.js';

/** A program that no one here wrote. Its arguments and files name its folder as `@DIR@`. */
export interface ServerOptions {
  readonly program: string;
  /** Such that it neither forks nor leaves the foreground. */
  readonly args: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  /** What it listens on: the path of a socket, or a port of 127.0.0.1. */
  readonly listensOn: string | number;
  /** Where it writes its log, unless to stderr. */
  readonly logFile?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A child of this process. */
export interface ForegroundServer {
  readonly directory: string;
  readonly stop: () => Promise<void>;
}

/** Where CI runs every tool must be there: then tests fail instead of being skipped. */
export const isMissing = (tool: string) => !hasTool(tool) && process.env['CI'] !== 'true';

/** Starts a server, and waits until it listens. Nothing of it is left once it is stopped. */
export async function startServer(options: ServerOptions): Promise<ForegroundServer> {
  const { program, args, files, listensOn, logFile, environment = {} } = options;
  const directory = mkdtempSync(join(tmpdir(), 'device-trust-test-'));
  // Some give up the rights of root before they look at it again.
  chmodSync(directory, 0o711);
  const inDirectory = (text: string) => text.replaceAll('@DIR@', directory);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(directory, name), inDirectory(content));
  }
  const env = { ...process.env };
  for (const [name, value] of Object.entries(environment)) env[name] = inDirectory(value);
  const child = spawn(program, args.map(inDirectory), { stdio: ['ignore', 'ignore', 'pipe'], env });
  const output: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const state = { isRunning: true };
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      state.isRunning = false;
      resolve();
    };
    child.once('close', end);
    // It may also not be there at all.
    child.once('error', ({ message }) => {
      output.push(message);
      end();
    });
  });
  // Nobody else ends it if the tests are ended before they are done.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);

  async function stop(): Promise<void> {
    child.kill('SIGTERM');
    await ended;
    process.off('exit', kill);
    rmSync(directory, { recursive: true, force: true });
  }

  function log(): string {
    const path = logFile === undefined ? '' : join(directory, logFile);
    return output.join('') + (existsSync(path) ? readFileSync(path, 'utf8') : '');
  }

  const address = typeof listensOn === 'number' ? listensOn : inDirectory(listensOn);
  for (let tries = 0; !(await listens(address)); tries += 1) {
    if (!state.isRunning || tries === 400) {
      const said = log();
      await stop();
      throw new Error(`${program} did not start: ${said}`);
    }
    await sleep(25);
  }
  return { directory, stop };
}

async function listens(address: string | number): Promise<boolean> {
  const connection = typeof address === 'number' ? connect(address, '127.0.0.1') : connect(address);
  try {
    await once(connection, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}
