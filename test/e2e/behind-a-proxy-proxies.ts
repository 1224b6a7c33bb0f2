import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { presetOf, type Header, type PresetName } from '../authentication/forwarded/presets.js';
import { peerOf } from '../backend.js';
import type { ClientCertificate } from './behind-a-proxy-client.js';
import { fill } from './behind-a-proxy-guide.js';
import { startServer, type ForegroundServer, type ServerOptions } from './foreground-server.js';

/** A proxy that listens on a port of 127.0.0.1. */
export interface Proxy extends ForegroundServer {
  readonly port: number;
}

/** What is as in the guide but for names and places. */
export interface ProxyOptions {
  /** A configuration of the guide. */
  readonly guide: string;
  /** What it says -> what to put there. */
  readonly places: Readonly<Record<string, string>>;
  /** By the names that they have in the guide, under /etc/tls. */
  readonly files: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** How one program is started. */
interface Kind {
  /** The section of the guide, and the language of its configuration. */
  readonly section: string;
  readonly language: string;
  /** How its headers are written. */
  readonly preset: PresetName;
  readonly args: readonly string[];
  /** What the guide says of the port -> what to put there. */
  listen(port: number): Readonly<Record<string, string>>;
  /** What is around what the guide has, in any configuration of that program. */
  wrap(guide: string, port: number): string;
  readonly server?: Partial<ServerOptions>;
}

const apacheModules = ['mpm_event', 'authz_core', 'ssl', 'headers', 'proxy', 'proxy_http'];

export const kinds = {
  nginx: {
    section: 'nginx',
    language: 'nginx',
    preset: 'nginx',
    args: ['-p', '@DIR@', '-e', 'stderr', '-c', '@DIR@/configuration'],
    listen: (port) => ({
      'listen 443 ssl;': `listen 127.0.0.1:${port} ssl;`,
      'api.example.com': 'localhost',
    }),
    wrap: (guide) => `
      daemon off; master_process off; pid @DIR@/nginx.pid; error_log stderr info;
      events {}
      http {
        access_log off;
        client_body_temp_path @DIR@/body; proxy_temp_path @DIR@/proxy; fastcgi_temp_path @DIR@/fastcgi;
        uwsgi_temp_path @DIR@/uwsgi; scgi_temp_path @DIR@/scgi;
        ${guide}
      }`,
  },
  haproxy: {
    section: 'HAProxy',
    language: 'haproxy',
    preset: 'haproxy with usedHeader',
    args: ['-db', '-f', '@DIR@/configuration'],
    listen: (port) => ({ 'bind :443': `bind 127.0.0.1:${port}` }),
    wrap: (guide) => guide,
  },
  apache2: {
    section: 'Apache httpd',
    language: 'apache',
    preset: 'apache',
    args: ['-X', '-f', '@DIR@/configuration'],
    listen: (port) => ({ '<VirtualHost *:443>': `<VirtualHost *:${port}>`, 'api.example.com': 'localhost' }),
    wrap: (guide, port) => `
      ServerRoot @DIR@
      ServerName localhost
      DefaultRuntimeDir @DIR@
      PidFile @DIR@/apache.pid
      ErrorLog @DIR@/error.log
      User "#65534"
      Group "#65534"
      ${apacheModules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
      Listen 127.0.0.1:${port}
      ${guide}`,
    server: { logFile: 'error.log' },
  },
  caddy: {
    section: 'Caddy',
    language: 'caddyfile',
    preset: 'caddy',
    args: ['run', '--adapter', 'caddyfile', '--config', '@DIR@/configuration'],
    listen: (port) => ({ 'api.example.com {': `localhost:${port} {\n  bind 127.0.0.1` }),
    wrap: (guide) => `{
        admin off
        skip_install_trust
        auto_https disable_redirects
        servers {
          protocols h1 h2
        }
      }
      ${guide}`,
    server: { environment: { HOME: '@DIR@', XDG_DATA_HOME: '@DIR@', XDG_CONFIG_HOME: '@DIR@' } },
  },
} as const satisfies Record<string, Kind>;

export type Program = keyof typeof kinds;
export const programs = Object.keys(kinds) as Program[];

/** The headers that this proxy sends with a client that it has verified. */
export function headersOf(program: Program, { certificate }: ClientCertificate): readonly Header[] {
  const preset = presetOf(kinds[program].preset);
  const der = peerOf(certificate).certificate;
  return [[preset.certificateHeader, preset.encode(der)], ...preset.others(der)];
}

/** Starts a proxy with a configuration of the guide. */
export async function startProxy(program: Program, options: ProxyOptions): Promise<Proxy> {
  const kind: Kind = kinds[program];
  for (let tries = 1; ; tries += 1) {
    const port = await findPort();
    const guide = fill(options.guide, {
      ...options.places,
      ...kind.listen(port),
      '/etc/tls/': '@DIR@/',
    });
    try {
      const server = await startServer({
        program,
        args: kind.args,
        listensOn: port,
        ...kind.server,
        files: { ...options.files, configuration: kind.wrap(guide, port) },
        environment: { ...kind.server?.environment, ...options.environment },
      });
      return { ...server, port };
    } catch (error) {
      // Somebody else may have taken the port meanwhile.
      if (tries === 3) throw error;
    }
  }
}

/** A free port, below those that systems hand out by themselves. */
async function findPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
      return port;
    } catch {
      // Taken: another one.
    }
  }
}
