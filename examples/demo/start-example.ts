// Makes a fresh DATA_DIR with the command of the library and starts an example server on it.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { env, execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { FakeHuawei, FakePlay, FakeTokenIssuer } from 'device-trust/testing';

const inProject = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** A running example server. */
export interface RunningExample {
  readonly mtlsUrl: string;
  readonly statusUrl: string;
  readonly adminToken: string;
  readonly dataDir: string;
  /** Reads a file that `device-trust init` made. */
  readFile(name: string): string;
  /** Sends SIGTERM. Resolves to the exit code; `null` if the signal itself ended the process. */
  stop(): Promise<number | null>;
}

/** Whose evidence and tokens the server believes. */
export interface Believed {
  readonly play: FakePlay;
  readonly huawei: FakeHuawei;
  readonly tokens: FakeTokenIssuer;
}

/** How to start it. */
export interface StartOptions {
  readonly framework: 'express' | 'fastify' | 'hono';
  readonly believed: Believed;
  /** Further environment, or other than usual; `file` writes a file into DATA_DIR and gives its path. Default: none. */
  readonly settings?: (file: (name: string, content: string) => string) => Readonly<Record<string, string>>;
  /** `STORE_URL`. Default: a SQLite file in the fresh DATA_DIR. */
  readonly storeUrl?: string;
  /** Another replica, whose certificates, secrets and status URL this one shares. Default: a DATA_DIR of its own. */
  readonly beside?: RunningExample;
}

/** Starts it, and resolves when it is ready. */
export async function startExample(options: StartOptions): Promise<RunningExample> {
  const { framework, believed, storeUrl, beside, settings } = options;
  const { play, huawei, tokens } = believed;
  const dataDir = beside?.dataDir ?? makeDataDir(believed);
  const adminToken = 'only-administrators-know-this-token';

  const child = spawn(execPath, ['--import', 'tsx', inProject(`examples/${framework}/server.ts`)], {
    cwd: inProject('.'),
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...env,
      DATA_DIR: dataDir,
      PORT: '0',
      STATUS_PORT: '0',
      STATUS_URL: beside?.statusUrl ?? '',
      STORE_URL: storeUrl ?? '',
      ADMIN_TOKEN: adminToken,
      CHALLENGE_SECRET: 'a secret that all replicas of this demo share',
      PLAY_PACKAGE_NAME: play.packageName,
      PLAY_CERT_SHA256: play.certificateSha256,
      PLAY_DECRYPTION_KEY: play.decryptionKey,
      PLAY_VERIFICATION_KEY: play.verificationKey,
      HUAWEI_PACKAGE_NAME: huawei.packageName,
      HUAWEI_CERT_SHA256: huawei.certificateSha256,
      HUAWEI_APP_ID: huawei.appId,
      HUAWEI_ROOT_CA: join(dataDir, 'huawei-root.pem'),
      ACCESS_TOKEN_ISSUER: tokens.issuer,
      ACCESS_TOKEN_AUDIENCE: tokens.audience,
      ACCESS_TOKEN_JWKS: join(dataDir, 'jwks.json'),
      ...settings?.((name, content) => {
        writeFileSync(join(dataDir, name), content);
        return join(dataDir, name);
      }),
    },
  });
  const { mtlsUrl, statusUrl } = await readReadyLine(child);
  return {
    mtlsUrl,
    statusUrl,
    adminToken,
    dataDir,
    readFile: (name) => readFileSync(join(dataDir, name), 'utf8'),
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.kill('SIGTERM')) await ended;
      if (beside === undefined) rmSync(dataDir, { recursive: true, force: true });
      return child.exitCode;
    },
  };
}

/** Certificates, made with the command of the library, and the keys of those who are believed. */
function makeDataDir({ huawei, tokens }: Believed): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'device-trust-'));
  execFileSync(execPath, [inProject('dist/cli.js'), 'init', '--dir', dataDir], { stdio: 'pipe' });
  writeFileSync(join(dataDir, 'jwks.json'), JSON.stringify(tokens.jwks));
  writeFileSync(join(dataDir, 'huawei-root.pem'), Object.values(huawei.roots).flat().join(''));
  return dataDir;
}

async function readReadyLine(child: ChildProcess): Promise<{ mtlsUrl: string; statusUrl: string }> {
  if (!child.stdout) throw new Error('the server has no standard output');
  const deadline = setTimeout(() => child.kill('SIGKILL'), 30_000);
  for await (const line of createInterface({ input: child.stdout })) {
    const ready = /^ready mtls=(\S+) status=(\S+)$/.exec(line);
    if (!ready?.[1] || !ready[2]) continue;
    clearTimeout(deadline);
    child.stdout.resume();
    return { mtlsUrl: ready[1], statusUrl: ready[2] };
  }
  clearTimeout(deadline);
  throw new Error('the server ended before it was ready');
}
