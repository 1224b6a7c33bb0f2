// authentication: imports core, contracts, x509.

import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { createBoundedCache } from '../../core/bounded-cache.js';
import { ConfigurationError } from '../../core/errors.js';
import type { ProxyTrust } from './proxy-trust.js';

const IPV4_MAPPED = '::ffff:';

/**
 * Trusts connections from these addresses. An address proves little in a network that others share: let nobody but the proxy
 * reach the port (firewall, security group, network policy), or ask for a secret or certificate as well.
 *
 * @param addresses single addresses and CIDR blocks, such as `10.0.3.7`, `10.0.3.0/24`, `2001:db8::/64`. IPv4 stands for
 *   IPv4-mapped IPv6 too, which is how a server that listens on `::` sees it.
 * @throws ConfigurationError if there is none, one is not in form, IPv4-mapped or with a zone, or a block is the whole internet
 */
export function proxyAddresses(addresses: readonly string[]): ProxyTrust {
  if (addresses.length === 0)
    throw new ConfigurationError('addresses', { message: 'at least one is needed' });
  // One list for each family: in a common one, an IPv6 block such as ::/8 would hold every IPv4 address, by its mapped form.
  const trusted = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const [index, entry] of addresses.entries()) {
    const { address, family, prefix } = parseEntry(entry, `addresses[${index}]`);
    if (prefix === null) trusted[family].addAddress(address, family);
    else trusted[family].addSubnet(address, prefix, family);
  }
  // The list answers the same for ever, and takes longer than all the rest of a request.
  const answers = createBoundedCache<boolean>(1024);

  function isTrusted(address: string): boolean {
    const known = answers.get(address);
    if (known !== undefined) return known;
    const family = familyOf(address);
    const answer = trusted[family].check(address, family);
    answers.set(address, answer);
    return answer;
  }

  return {
    headers: [],
    findFault({ socket }) {
      const address = socket === null ? null : remoteAddressOf(socket);
      if (address === null) return 'the connection has no remote address';
      return isTrusted(address) ? null : `${address} is not the address of the proxy`;
    },
  };
}

interface Entry {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  /** `null` for a single address. */
  readonly prefix: number | null;
}

function parseEntry(entry: string, option: string): Entry {
  const [address = '', prefix, ...rest] = entry.split('/');
  const family = familyOf(address);
  const bits = family === 'ipv4' ? 32 : 128;
  if ((!isIPv4(address) && !isIPv6(address)) || address.includes('%') || rest.length > 0) {
    throw new ConfigurationError(option, { message: 'is no IP address or CIDR block' });
  }
  if (family === 'ipv6' && new SocketAddress({ address, family }).address.startsWith(IPV4_MAPPED)) {
    throw new ConfigurationError(option, { message: 'is IPv4-mapped: write it as IPv4' });
  }
  if (prefix === undefined) return { address, family, prefix: null };
  if (!/^(0|[1-9][0-9]{0,2})$/.test(prefix) || Number(prefix) > bits) {
    throw new ConfigurationError(option, { message: `must have a prefix length from 1 to ${bits}` });
  }
  if (prefix === '0') throw new ConfigurationError(option, { message: 'is every address that there is' });
  return { address, family, prefix: Number(prefix) };
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

/** The address as Node.js writes it, an IPv4-mapped one as IPv4, and without the zone of a link-local one. */
function remoteAddressOf(socket: object): string | null {
  if (!('remoteAddress' in socket) || typeof socket.remoteAddress !== 'string') return null;
  const [address = ''] = socket.remoteAddress.split('%', 1);
  const mapped = address.startsWith(IPV4_MAPPED) ? address.slice(IPV4_MAPPED.length) : '';
  return isIPv4(mapped) ? mapped : address;
}
