import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';

const VERSIONS = '/usr/lib/postgresql';

/** Where the programs of the server are, newest first; `undefined` where they are not installed. */
const programs = existsSync(VERSIONS)
  ? readdirSync(VERSIONS)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(VERSIONS, version, 'bin'))
      .find((folder) => existsSync(join(folder, 'initdb')))
  : undefined;

/** True if a test can run a server of its own: it is installed, and we may become the user that it runs as. */
export const hasOwnServer =
  programs !== undefined &&
  process.getuid?.() === 0 &&
  spawnSync('runuser', ['-u', 'postgres', '--', 'true']).status === 0;

/** A server that a test starts and stops. It listens on a socket in its folder, on no port. */
export interface OwnServer {
  start(...settings: readonly string[]): void;
  /** `immediate` is what a crash is like: nothing is finished, and the next start recovers from the log. */
  stop(mode: 'fast' | 'immediate'): void;
  openPool(): pg.Pool;
  remove(): void;
}

export function createOwnServer(): OwnServer {
  const folder = mkdtempSync(join(tmpdir(), 'device-trust-postgres-'));
  chmodSync(folder, 0o777);
  const data = join(folder, 'data');
  run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale']);
  let running = false;
  return {
    start(...settings) {
      const options = [`-c listen_addresses=`, `-k ${folder}`, ...settings.map((one) => `-c ${one}`)];
      run('pg_ctl', ['-D', data, '-w', '-l', join(folder, 'log'), '-o', options.join(' '), 'start']);
      running = true;
    },
    stop(mode) {
      run('pg_ctl', ['-D', data, '-w', '-m', mode, 'stop']);
      running = false;
    },
    openPool() {
      const pool = new pg.Pool({ host: folder, user: 'postgres', database: 'postgres', max: 4 });
      pool.on('error', () => undefined);
      return pool;
    },
    remove() {
      if (running) this.stop('immediate');
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}

function run(program: string, parameters: readonly string[]): void {
  const command = ['-u', 'postgres', '--', join(programs ?? '', program), ...parameters];
  execFileSync('runuser', command, { stdio: 'ignore' });
}
