// authentication: imports core, contracts, x509.

import type { Socket } from 'node:net';
import type { ProxyTrust } from './proxy-trust.js';

/**
 * Trusts every connection over a Unix domain socket, for a server that listens on one (`server.listen('/run/app.sock')`): who may
 * connect is a matter of the permissions of the file, so let the proxy's group alone write to it.
 *
 * That the socket has no remote address is not enough: a TCP connection that the client has just reset has none either.
 * So the server that accepted the connection is asked, and must listen on a path; one that was handed a file descriptor, by
 * systemd say, does not know its path and is refused. So is an abstract socket of Linux, which has no permissions.
 */
export function proxyUnixSocket(): ProxyTrust {
  return {
    headers: [],
    findFault({ socket }) {
      if (socket !== null && isUnixSocket(socket)) return null;
      return 'the connection is not over a Unix domain socket';
    },
  };
}

/** What Node.js puts on a socket that a server has accepted, besides what its types tell. */
type AcceptedSocket = Socket & { readonly server?: { address?(): unknown } };

function isUnixSocket(socket: object): boolean {
  const { remoteAddress, server }: Partial<AcceptedSocket> = socket;
  const path = server?.address?.();
  return remoteAddress === undefined && typeof path === 'string' && !path.startsWith('\0');
}
