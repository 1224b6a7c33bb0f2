// x509: imports core and x509 only.

import type { KnownReasonCode } from '../core/reason-code.js';
import type { Certificate } from './certificate.js';
import { findNameText, isEmptyName, isNameWithin } from './distinguished-name.js';
import type { GeneralNames } from './general-name.js';
import type { NameConstraints } from './name-constraints.js';
import { oid } from './oid.js';

/** More comparisons than this for one chain are an attack on our time. */
const MAX_COMPARISONS = 20_000;

/** Whether a name is within a subtree; `null` if that cannot be told. */
type IsWithin<T> = (name: T, subtree: T) => boolean | null;

/**
 * Applies the name constraints of every CA of a path to every certificate below it (RFC 5280 section 6.1.3 (b) and (c)),
 * to the leaf in any case, to other certificates unless a CA issued them to itself.
 *
 * @param path leaf first, anchor last
 * @returns `name_not_permitted`; or `constraint_not_supported` for a constraint or name of a kind or form that we do not
 *   process; `null` if everything is permitted
 */
export function findNameConstraintFault(path: readonly Certificate[]): KnownReasonCode | null {
  // A leaf that constrains names is no leaf (RFC 5280 section 4.2.1.10).
  const leaf = path[0]?.extensions;
  if (leaf && leaf.nameConstraints !== null && leaf.basicConstraints?.ca !== true)
    return 'constraint_not_supported';
  const budget = { left: MAX_COMPARISONS };
  for (const [index, issuer] of path.entries()) {
    const constraints = issuer.extensions.nameConstraints;
    if (constraints === null) continue;
    for (const [position, certificate] of path.slice(0, index).entries()) {
      if (position > 0 && certificate.isSelfIssued) continue;
      const fault = findFault(namesOf(certificate), constraints, budget);
      if (fault !== null) return fault;
    }
  }
  return null;
}

/** Everything that a certificate names: its subject, its subjectAltName, and the mail addresses of an old subject. */
function namesOf(certificate: Certificate): GeneralNames {
  const { subject } = certificate;
  const names = certificate.extensions.subjectAltNames;
  const subjects = isEmptyName(subject) ? [] : [subject];
  return {
    uris: names?.uris ?? [],
    dnsNames: names?.dnsNames ?? [],
    emailAddresses: names?.emailAddresses.length
      ? names.emailAddresses
      : findNameText(subject, oid.emailAddress),
    ipAddresses: names?.ipAddresses ?? [],
    directoryNames: [...subjects, ...(names?.directoryNames ?? [])],
    otherKinds: names?.otherKinds ?? [],
  };
}

function findFault(
  names: GeneralNames,
  { permitted, excluded }: NameConstraints,
  budget: { left: number },
): KnownReasonCode | null {
  const constrainedKinds = new Set([...permitted.otherKinds, ...excluded.otherKinds]);
  if (names.otherKinds.some((kind) => constrainedKinds.has(kind))) return 'constraint_not_supported';
  const check = <T>(
    kind: (of: GeneralNames) => readonly T[],
    isWithin: IsWithin<T>,
  ): KnownReasonCode | null => {
    const allow = kind(permitted);
    const deny = kind(excluded);
    for (const name of kind(names)) {
      budget.left -= allow.length + deny.length;
      if (budget.left < 0) return 'constraint_not_supported';
      const allowed = allow.map((subtree) => isWithin(name, subtree));
      const denied = deny.map((subtree) => isWithin(name, subtree));
      if (allowed.includes(null) || denied.includes(null)) return 'constraint_not_supported';
      if (denied.includes(true) || (allow.length > 0 && !allowed.includes(true))) return 'name_not_permitted';
    }
    return null;
  };
  return (
    check((of) => of.directoryNames, isNameWithin) ??
    check((of) => of.emailAddresses, isMailboxWithin) ??
    check((of) => of.dnsNames, isDnsNameWithin) ??
    check((of) => of.uris, isUriWithin) ??
    check((of) => of.ipAddresses, isAddressWithin)
  );
}

const HOST = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;

/** `host` is that host; `.domain` is every host below the domain (RFC 5280: for mail addresses and URIs). */
function isHostWithin(host: string, subtree: string): boolean | null {
  const name = host.toLowerCase();
  const base = subtree.toLowerCase();
  if (!HOST.test(name) || !HOST.test(base.startsWith('.') ? base.slice(1) : base)) return null;
  return base.startsWith('.') ? name.endsWith(base) : name === base;
}

/** `user@host` is that mailbox; otherwise the part after the `@` counts. Only the host is blind to case. */
function isMailboxWithin(mailbox: string, subtree: string): boolean | null {
  const [user, host, ...more] = mailbox.split('@');
  if (user === undefined || user === '' || host === undefined || more.length > 0) return null;
  const [baseUser, baseHost, ...baseMore] = subtree.split('@');
  if (baseHost === undefined) return isHostWithin(host, subtree);
  if (baseUser === '' || baseHost.startsWith('.') || baseMore.length > 0) return null;
  const sameHost = isHostWithin(host, baseHost);
  return sameHost === null ? null : sameHost && user === baseUser;
}

/** The name itself, and every name with labels added on its left; the empty subtree is every name. */
function isDnsNameWithin(dnsName: string, subtree: string): boolean | null {
  const name = dnsName.toLowerCase();
  const base = subtree.toLowerCase();
  // A wildcard stands for names that may be within while others are not.
  if (!HOST.test(name) || (base !== '' && !HOST.test(base))) return null;
  return base === '' || name === base || name.endsWith(`.${base}`);
}

/** The host of the URI counts; a URI without a host, or with an address for one, cannot be told (RFC 5280). */
function isUriWithin(uri: string, subtree: string): boolean | null {
  const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/.exec(uri)?.[1];
  const host = authority?.replace(/^[^@]*@/, '').replace(/:[0-9]*$/, '');
  if (host === undefined || /^[0-9.]*$/.test(host)) return null;
  return isHostWithin(host, subtree);
}

/** The subtree is an address and a mask of the same length; an address of the other family is outside. */
function isAddressWithin(address: Uint8Array, subtree: Uint8Array): boolean | null {
  if (subtree.length !== 8 && subtree.length !== 32) return null;
  const half = subtree.length / 2;
  const mask = subtree.subarray(half);
  const bits = [...mask].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  if (!/^1*0*$/.test(bits)) return null;
  return (
    address.length === half &&
    address.every(
      (octet, index) => (octet & (mask[index] ?? 0)) === ((subtree[index] ?? 0) & (mask[index] ?? 0)),
    )
  );
}
