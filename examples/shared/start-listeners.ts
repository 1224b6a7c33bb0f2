// Opens the mTLS listener of an example server, says so, and closes everything on SIGTERM or SIGINT.

import type { Server } from 'node:https';
import { listen } from './listen.js';
import type { Service } from './service.js';

/** Prints one line when both listeners are ready. */
export async function startListeners(service: Service, mtls: Server): Promise<void> {
  const { settings, status } = service;
  const port = await listen(mtls, settings.port, settings.host);
  process.stdout.write(`ready mtls=https://${settings.host}:${port} status=${status.url}\n`);

  const stop = () => {
    for (const server of [mtls, status.server]) {
      server.close();
      server.closeAllConnections();
    }
    service.close().catch((error: unknown) => {
      process.stderr.write(`the store did not close: ${String(error)}\n`);
    });
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
