// Opens the mTLS listener of an example server, says so, and ends everything in good order on SIGTERM or SIGINT.

import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { createGracefulShutdown } from 'device-trust';
import { listen } from './listen.js';
import type { Service } from './service.js';

/**
 * Prints one line when both listeners are ready. The first signal ends the process with 0 when what is in flight has been answered,
 * or cut after ten seconds; a second one ends it at once.
 *
 * @param closeFramework for what the framework has to close besides its server
 */
export async function startListeners(
  service: Service,
  mtls: HttpsServer,
  closeFramework: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { settings, status } = service;
  const servers = [mtls, status.server];
  for (const server of servers) boundTimes(server);
  const shutdowns = servers.map((server) => createGracefulShutdown(server, { timeoutSeconds: 10 }));
  const port = await listen(mtls, settings.port, settings.host);
  process.stdout.write(`ready mtls=https://${settings.host}:${port} status=${status.url}\n`);

  async function stop(): Promise<void> {
    await Promise.all(shutdowns.map((shutdown) => shutdown.close()));
    await closeFramework();
    await service.close();
  }

  function onSignal(): void {
    // Without a listener, the next signal does what signals do.
    process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
    stop().catch((error: unknown) => {
      process.stderr.write(`the service did not close: ${String(error)}\n`);
      process.exitCode = 1;
    });
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
}

/**
 * How long a client may take. The library bounds how much it reads of a body, and leaves to Node.js how slowly that comes. Node.js
 * looks every 30 seconds (`connectionsCheckingInterval`, an option of `createServer`), so each may be as much late.
 */
function boundTimes(server: HttpServer | HttpsServer): void {
  // From the first byte of a request: its headers, and all of it.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  // Longer than a load balancer keeps its connections idle, which is 60 seconds for most: who closes first loses no request.
  server.keepAliveTimeout = 65_000;
  // Headers above this number are dropped without a word, and with them a second Authorization that we would refuse. What bounds
  // them all is `maxHeaderSize`, 16 KiB.
  server.maxHeadersCount = 0;
}
