// enrolment: imports nothing of ours.

import { isIP, SocketAddress } from 'node:net';

/**
 * Names the network that counts as one client, the same for every spelling of an address: an IPv4 address itself, also where it
 * is mapped into IPv6 (RFC 4291 section 2.5.5.2), and of an IPv6 address the first 64 bits, because whoever has one has all of
 * its network (RFC 6177). A zone is left out. What is no address is its own name.
 */
export function nameClientNetwork(address: string): string {
  const version = isIP(address);
  if (version === 0) return address;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  // In the spelling of RFC 5952, but for `::ffff:192.0.2.7` and the like.
  const canonical = new SocketAddress({ address, family }).address;
  if (version === 4) return canonical;
  const mapped = /^::ffff:([0-9.]+)$/.exec(canonical)?.[1];
  return mapped ?? `${firstGroups(canonical).join(':')}::/64`;
}

/** The first four groups of sixteen bits; `::` stands for as many zeros as are missing. */
function firstGroups(canonical: string): readonly string[] {
  const [before = '', after] = canonical.split('::');
  const head = before.split(':').filter((group) => group !== '');
  if (after === undefined) return head.slice(0, 4);
  // An IPv4 address at the end takes the place of two groups.
  const tail = after.split(':').flatMap((group) => (group.includes('.') ? [group, group] : [group]));
  const missing = 8 - head.length - (after === '' ? 0 : tail.length);
  return [...head, ...Array.from({ length: missing }, () => '0'), ...tail].slice(0, 4);
}
