// authentication: imports core, contracts, x509.

import type { PeerRequest } from '../../contracts/peer-certificate.js';

/**
 * How a request shows that it came through our proxy. Create one by {@link proxyAddresses}, {@link proxyCertificate},
 * {@link proxySecret} or {@link proxyUnixSocket}.
 */
export interface ProxyTrust {
  /** Lower-case names of the headers that it reads. */
  readonly headers: readonly string[];
  /** Looks for a reason not to believe that the request came through the proxy; `null` if there is none. Asked on each request. */
  findFault(request: PeerRequest): string | null;
}
