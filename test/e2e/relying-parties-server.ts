import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runToolMeanwhile } from '../run-tool.js';
import type { Device, Fleet } from './relying-parties-fleet.js';

/** A TLS server that no one here wrote. It listens on a socket in its folder: no port that something else may have taken. */
export interface TlsServer {
  /** What curl gets to see with the certificate of a device. */
  ask(device: Device): Promise<string>;
  stop(): Promise<void>;
}

/** What a server is started with. Its arguments and files name its folder as `@DIR@`. */
interface ServerOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly files: Readonly<Record<string, string>>;
}

/** nginx; `revocation` are the directives by which it learns of revocations. */
export function startNginx(fleet: Fleet, revocation: string, crls = ''): Promise<TlsServer> {
  const configuration = `
    daemon off; master_process off; pid @DIR@/nginx.pid; error_log stderr info;
    events {}
    http {
      access_log off;
      client_body_temp_path @DIR@/body; proxy_temp_path @DIR@/proxy; fastcgi_temp_path @DIR@/fastcgi;
      uwsgi_temp_path @DIR@/uwsgi; scgi_temp_path @DIR@/scgi;
      server {
        listen unix:@DIR@/socket ssl;
        ssl_certificate @DIR@/server.pem; ssl_certificate_key @DIR@/server.pem;
        ssl_client_certificate @DIR@/cas.pem; ssl_verify_client on; ssl_verify_depth 2;
        ${revocation}
        location / { return 200 $ssl_client_verify; }
        error_page 495 =403 @refused;
        location @refused { return 403 $ssl_client_verify; }
      }
    }`;
  return startServer(fleet, {
    program: 'nginx',
    args: ['-p', '@DIR@', '-e', 'stderr', '-c', '@DIR@/nginx.conf'],
    files: { 'nginx.conf': configuration, 'crls.pem': crls },
  });
}

/**
 * HAProxy, with CRLs. Errors are left to a rule instead of ending the handshake: of a TLS 1.3 handshake that ends early, a client
 * that is already sending may not hear the reason.
 */
export function startHaproxy(fleet: Fleet, crls: string): Promise<TlsServer> {
  const configuration = `
defaults
    mode http
    timeout connect 10s
    timeout client 10s
    timeout server 10s
frontend mtls
    bind unix@@DIR@/socket ssl crt @DIR@/server.pem ca-file @DIR@/cas.pem verify required crl-file @DIR@/crls.pem ca-ignore-err all crt-ignore-err all
    http-request return status 403 content-type text/plain lf-string "FAILED:%[ssl_c_verify]" unless { ssl_c_verify 0 }
    http-request return status 200 content-type text/plain string SUCCESS
`;
  return startServer(fleet, {
    program: 'haproxy',
    args: ['-db', '-f', '@DIR@/haproxy.cfg'],
    files: { 'haproxy.cfg': configuration, 'crls.pem': crls },
  });
}

async function startServer(fleet: Fleet, { program, args, files }: ServerOptions): Promise<TlsServer> {
  const directory = mkdtempSync(join(tmpdir(), 'device-trust-test-'));
  const inDirectory = (text: string) => text.replaceAll('@DIR@', directory);
  const everything = {
    'server.pem': fleet.server.certificate + fleet.server.privateKey,
    'cas.pem': fleet.root + fleet.deviceCa,
    ...files,
  };
  for (const [name, content] of Object.entries(everything)) {
    writeFileSync(join(directory, name), inDirectory(content));
  }
  const child = spawn(program, args.map(inDirectory), { stdio: ['ignore', 'ignore', 'pipe'] });
  const log: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(text));
  const state = { isRunning: true };
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      state.isRunning = false;
      resolve();
    };
    // It may also not be there at all.
    child.once('error', end).once('close', end);
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

  const socket = join(directory, 'socket');
  for (let tries = 0; !(await listens(socket)); tries += 1) {
    if (!state.isRunning || tries === 400) {
      await stop();
      throw new Error(`${program} did not start: ${log.join('')}`);
    }
    await sleep(25);
  }
  return {
    stop,
    async ask({ certificate, privateKey }) {
      const options = ['-sS', '--max-time', '20', '--unix-socket', socket, '--cacert', '@root'];
      const { output } = await runToolMeanwhile(
        'curl',
        [...options, '--cert', '@device', '--key', '@key', 'https://localhost/'],
        { root: fleet.root, device: certificate, key: privateKey },
      );
      return output;
    },
  };
}

async function listens(socket: string): Promise<boolean> {
  const connection = connect(socket);
  try {
    await once(connection, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    connection.destroy();
  }
}
