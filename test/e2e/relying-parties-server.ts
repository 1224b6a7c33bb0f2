import { join } from 'node:path';
import { runToolMeanwhile } from '../run-tool.js';
import { startServer, type ServerOptions } from './foreground-server.js';
import type { Device, Fleet } from './relying-parties-fleet.js';

/** A TLS server that no one here wrote. It listens on a socket in its folder: no port that something else may have taken. */
export interface TlsServer {
  /** What curl gets to see with the certificate of a device. */
  ask(device: Device): Promise<string>;
  stop(): Promise<void>;
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
  return startTlsServer(fleet, {
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
  return startTlsServer(fleet, {
    program: 'haproxy',
    args: ['-db', '-f', '@DIR@/haproxy.cfg'],
    files: { 'haproxy.cfg': configuration, 'crls.pem': crls },
  });
}

async function startTlsServer(
  fleet: Fleet,
  { files, ...options }: Pick<ServerOptions, 'program' | 'args' | 'files'>,
): Promise<TlsServer> {
  const server = await startServer({
    ...options,
    files: {
      'server.pem': fleet.server.certificate + fleet.server.privateKey,
      'cas.pem': fleet.root + fleet.deviceCa,
      ...files,
    },
    listensOn: '@DIR@/socket',
  });
  return {
    stop: server.stop,
    async ask({ certificate, privateKey }) {
      const socket = join(server.directory, 'socket');
      const curl = ['-sS', '--max-time', '20', '--unix-socket', socket, '--cacert', '@root'];
      const { output } = await runToolMeanwhile(
        'curl',
        [...curl, '--cert', '@device', '--key', '@key', 'https://localhost/'],
        { root: fleet.root, device: certificate, key: privateKey },
      );
      return output;
    },
  };
}
