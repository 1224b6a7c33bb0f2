import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { createClient } from 'redis';

const BINARY = findBinary();

/** True if there is a `redis-server` to start. Where CI runs there must be one: then tests fail instead of being skipped. */
export const hasServer = BINARY !== null || process.env['CI'] === 'true';

/** A Redis server of a test's own, in a folder of its own. */
export interface RedisServer {
  readonly port: number;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with its data or without. */
  restart(options?: { readonly empty?: boolean }): Promise<void>;
  dispose(): Promise<void>;
}

/** What the tests use of a client. */
export type Client = Awaited<ReturnType<typeof connect>>;

/** Starts a server that keeps what it has answered; `settings` are further ones, name and value by turns. */
export async function startServer(settings: readonly string[] = []): Promise<RedisServer> {
  if (BINARY === null) throw new Error('there is no redis-server in the PATH');
  const port = await findPort();
  let folder = mkdtempSync(join(tmpdir(), 'device-trust-redis-'));
  const folders = [folder];
  let child = await launch(BINARY, port, folder, settings);
  return {
    port,
    kill: () => kill(child),
    restart: async ({ empty = false } = {}) => {
      await kill(child);
      if (empty) {
        folder = mkdtempSync(join(tmpdir(), 'device-trust-redis-'));
        folders.push(folder);
      }
      child = await launch(BINARY, port, folder, settings);
    },
    dispose: async () => {
      await kill(child);
      // A child that it forked to write a snapshot may write on for a moment.
      for (const each of folders)
        rmSync(each, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}

/** A connected client, which gives up on commands while it is not connected. */
export async function connect(port: number) {
  const client = createClient({
    socket: { host: '127.0.0.1', port, reconnectStrategy: 20 },
    disableOfflineQueue: true,
  });
  // What goes wrong with a connection shows in the commands.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Waits until a client that lost its server has it back. */
export async function waitUntilReady(client: Client): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    try {
      await client.ping();
      return;
    } catch {
      await sleep(20);
    }
  }
  throw new Error('the client did not connect again');
}

async function launch(
  binary: string,
  port: number,
  folder: string,
  settings: readonly string[],
): Promise<ChildProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
  const child = spawn(
    binary,
    [...args, ...durable, ...settings.map((word, index) => (index % 2 === 0 ? `--${word}` : word))],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  // Nobody else ends it if the tests are ended before they are done.
  const end = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (child.exitCode !== null) throw new Error('the redis-server ended at its start');
    if (await answers(port)) return child;
    await sleep(20);
  }
  await kill(child);
  throw new Error('the redis-server did not answer');
}

/** True once the server listens and has read its data. */
async function answers(port: number): Promise<boolean> {
  const probe = createClient({ socket: { host: '127.0.0.1', port, reconnectStrategy: false } });
  probe.on('error', () => undefined);
  try {
    await probe.connect();
    await probe.ping();
    return true;
  } catch {
    return false;
  } finally {
    if (probe.isOpen) probe.destroy();
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** A port that nobody has; the server is told it, since it cannot say which one it got. */
async function findPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('there is no port');
  return address.port;
}

function findBinary(): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'redis-server');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return null;
}
