import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../src/x509/certificate.js';
import { verifyChain } from '../../src/x509/chain.js';
import { findNameConstraintFault } from '../../src/x509/permitted-name.js';
import { der } from '../../src/x509/der-writer.js';
import { oid } from '../../src/x509/oid.js';
import { thrownBy } from '../thrown-by.js';
import {
  basicConstraints,
  type CertificateParts,
  extension,
  forgeCertificate,
  ia5,
  name,
  nameOf,
  newKeyPair,
  NOW,
  subjectAltName,
} from './forge.js';

const rootKeys = newKeyPair();
const caKeys = newKeyPair();
const leafKeys = newKeyPair();

const printable = (text: string) => der.printableString(text);
const org = (organization: string, ...rest: string[]) =>
  nameOf(
    [oid.organizationName, printable(organization)],
    ...rest.map((text) => [oid.commonName, der.utf8String(text)] as const),
  );

const mail = (text: string) => ia5(1, text);
const dns = (text: string) => ia5(2, text);
const uri = (text: string) => ia5(6, text);
const directory = (dn: Uint8Array) => der.constructedContext(4, dn);
const ip = (...octets: number[]) => der.context(7, Buffer.from(octets));
const otherName = der.constructedContext(
  0,
  der.objectIdentifier('1.2.3'),
  der.constructedContext(0, der.null()),
);

interface Constraints {
  readonly permitted?: readonly Uint8Array[];
  readonly excluded?: readonly Uint8Array[];
}

const subtrees = (tag: number, names: readonly Uint8Array[] = []) =>
  names.length === 0
    ? new Uint8Array()
    : der.constructedContext(tag, ...names.map((one) => der.sequence(one)));
const nameConstraints = ({ permitted, excluded }: Constraints, critical = true) =>
  extension(oid.nameConstraints, der.sequence(subtrees(0, permitted), subtrees(1, excluded)), critical);

const forge = (parts: CertificateParts) => parseCertificate(forgeCertificate(parts));
const root = forge({ keys: rootKeys, subject: name('Root'), extensions: [basicConstraints(true)] });
const ca = (constraints: Constraints, parts: Partial<CertificateParts> = {}) =>
  forge({
    keys: caKeys,
    signer: rootKeys,
    issuer: name('Root'),
    subject: name('CA'),
    extensions: [basicConstraints(true), nameConstraints(constraints)],
    ...parts,
  });
const leaf = (
  subject: Uint8Array,
  names: readonly Uint8Array[] = [],
  parts: Partial<CertificateParts> = {},
) =>
  forge({
    keys: leafKeys,
    signer: caKeys,
    issuer: name('CA'),
    subject,
    extensions: names.length === 0 ? null : [subjectAltName(...names)],
    ...parts,
  });

type Outcome =
  'permitted' | 'name_not_permitted' | 'constraint_not_supported' | 'signature_invalid' | 'no_trust_anchor';

function judge(certificates: readonly ReturnType<typeof forge>[], anchors = [root]): Outcome {
  const call = () =>
    verifyChain({ certificates, anchors, now: NOW, extendedKeyUsage: null, maxCertificates: 5 });
  try {
    call();
    return 'permitted';
  } catch {
    const error = thrownBy(call);
    if (
      error instanceof Error &&
      'reasons' in error &&
      Array.isArray(error.reasons) &&
      error.reasons.length === 1
    ) {
      return error.reasons[0] as Outcome;
    }
    throw error;
  }
}

const NOBODY = name('device');

describe('name constraints of a CA', () => {
  it.each<[Outcome, string, Constraints, Uint8Array, readonly Uint8Array[]]>([
    [
      'permitted',
      'a subject below a permitted name',
      { permitted: [directory(org('A'))] },
      org('A', 'x'),
      [],
    ],
    [
      'permitted',
      'nothing of the kinds that are constrained',
      { permitted: [mail('a.example'), dns('a.example'), uri('a.example'), ip(10, 0, 0, 0, 255, 0, 0, 0)] },
      NOBODY,
      [],
    ],
    [
      'permitted',
      'nothing at all, not even a subject',
      { permitted: [directory(org('A')), dns('a.example')] },
      der.sequence(),
      [],
    ],
    [
      'constraint_not_supported',
      'a mailbox without a user',
      { permitted: [mail('a.example')] },
      NOBODY,
      [mail('@a.example')],
    ],
    [
      'constraint_not_supported',
      'a mailbox without a host',
      { permitted: [mail('a.example')] },
      NOBODY,
      [mail('user')],
    ],
    [
      'constraint_not_supported',
      'a mailbox with two hosts',
      { permitted: [mail('a.example')] },
      NOBODY,
      [mail('user@a.example@a.example')],
    ],
    [
      'constraint_not_supported',
      'a user at every host below',
      { permitted: [mail('user@.example')] },
      NOBODY,
      [mail('user@a.example')],
    ],
    [
      'constraint_not_supported',
      'a subtree of two hosts',
      { permitted: [mail('user@a.example@b')] },
      NOBODY,
      [mail('user@a.example')],
    ],
    [
      'constraint_not_supported',
      'a subtree of no user',
      { permitted: [mail('@a.example')] },
      NOBODY,
      [mail('user@a.example')],
    ],
    [
      'constraint_not_supported',
      'a subtree of a user at no host',
      { permitted: [mail('user@')] },
      NOBODY,
      [mail('user@a.example')],
    ],
    [
      'constraint_not_supported',
      'a URI whose scheme begins with a digit',
      { permitted: [uri('a.example')] },
      NOBODY,
      [uri('1http://a.example/')],
    ],
    [
      'permitted',
      'a URI with user, port and path',
      { permitted: [uri('a.example')] },
      NOBODY,
      [uri('a+b-1.c://user:p@a.example:8443/x@y')],
    ],
    [
      'permitted',
      'a URI with a query at once',
      { permitted: [uri('a.example')] },
      NOBODY,
      [uri('https://a.example?x=b.example')],
    ],
    [
      'permitted',
      'a URI with a fragment at once',
      { permitted: [uri('a.example')] },
      NOBODY,
      [uri('https://a.example#b.example')],
    ],
    [
      'constraint_not_supported',
      'a URI with two ports',
      { permitted: [uri('a.example')] },
      NOBODY,
      [uri('https://a.example:1:2/')],
    ],
    [
      'constraint_not_supported',
      'a URI with two users',
      { permitted: [uri('a.example')] },
      NOBODY,
      [uri('https://a@b@a.example/')],
    ],
    [
      'permitted',
      'an IPv6 address',
      { permitted: [ip(...Array<number>(16).fill(0), ...Array<number>(16).fill(0))] },
      NOBODY,
      [ip(...Array<number>(16).fill(1))],
    ],
    [
      'constraint_not_supported',
      'a mask with a gap in front',
      { permitted: [ip(10, 0, 0, 0, 15, 0, 0, 0)] },
      NOBODY,
      [ip(10, 0, 0, 1)],
    ],
    [
      'constraint_not_supported',
      'a subtree of six octets',
      { permitted: [ip(10, 0, 0, 255, 0, 0)] },
      NOBODY,
      [ip(10, 0, 0, 1)],
    ],
    ['permitted', 'a subject that differs in case', { permitted: [directory(org('A'))] }, org('a', 'x'), []],
    ['name_not_permitted', 'a subject elsewhere', { permitted: [directory(org('A'))] }, org('B', 'x'), []],
    ['name_not_permitted', 'a subject above', { permitted: [directory(org('A', 'x'))] }, org('A'), []],
    [
      'name_not_permitted',
      'a subject below an excluded name',
      { excluded: [directory(org('A'))] },
      org('A', 'x'),
      [],
    ],
    [
      'permitted',
      'a subject beside an excluded name',
      { excluded: [directory(org('A'))] },
      org('B', 'x'),
      [],
    ],
    [
      'name_not_permitted',
      'a subject excluded and permitted',
      { permitted: [directory(org('A'))], excluded: [directory(org('A', 'x'))] },
      org('A', 'x'),
      [],
    ],
    [
      'permitted',
      'a subject below one of two permitted names',
      { permitted: [directory(org('A')), directory(org('B'))] },
      org('B', 'x'),
      [],
    ],
    [
      'name_not_permitted',
      'a directory name in the alternative names',
      { permitted: [directory(org('A'))] },
      org('A'),
      [directory(org('B'))],
    ],
    ['permitted', 'no name at all', { permitted: [directory(org('A'))] }, der.sequence(), []],

    ['permitted', 'a host', { permitted: [dns('example.com')] }, NOBODY, [dns('example.com')]],
    ['permitted', 'a host below', { permitted: [dns('example.com')] }, NOBODY, [dns('a.b.EXAMPLE.com')]],
    [
      'name_not_permitted',
      'a host that ends alike',
      { permitted: [dns('example.com')] },
      NOBODY,
      [dns('badexample.com')],
    ],
    [
      'name_not_permitted',
      'one host too many',
      { permitted: [dns('example.com')] },
      NOBODY,
      [dns('example.com'), dns('example.org')],
    ],
    [
      'name_not_permitted',
      'an excluded host',
      { excluded: [dns('example.com')] },
      NOBODY,
      [dns('a.example.com')],
    ],
    [
      'name_not_permitted',
      'any host if all are excluded',
      { excluded: [dns('')] },
      NOBODY,
      [dns('a.example.com')],
    ],
    [
      'constraint_not_supported',
      'a wildcard',
      { excluded: [dns('a.example.com')] },
      NOBODY,
      [dns('*.example.com')],
    ],
    [
      'constraint_not_supported',
      'a host constraint with a leading dot',
      { permitted: [dns('.example.com')] },
      NOBODY,
      [dns('a.example.com')],
    ],
    [
      'constraint_not_supported',
      'a host with a space',
      { permitted: [dns('example.com')] },
      NOBODY,
      [dns('a b.example.com')],
    ],
    [
      'permitted',
      'names of kinds that are not constrained',
      { permitted: [dns('example.com')] },
      NOBODY,
      [uri('urn:x'), mail('a@b'), ip(1, 2, 3, 4), otherName],
    ],

    [
      'permitted',
      'a mailbox at a host',
      { permitted: [mail('example.com')] },
      NOBODY,
      [mail('a@EXAMPLE.com')],
    ],
    [
      'name_not_permitted',
      'a mailbox below the host',
      { permitted: [mail('example.com')] },
      NOBODY,
      [mail('a@b.example.com')],
    ],
    [
      'permitted',
      'a mailbox below the domain',
      { permitted: [mail('.example.com')] },
      NOBODY,
      [mail('a@b.example.com')],
    ],
    [
      'name_not_permitted',
      'a mailbox at the domain itself',
      { permitted: [mail('.example.com')] },
      NOBODY,
      [mail('a@example.com')],
    ],
    ['permitted', 'the one mailbox', { permitted: [mail('a@example.com')] }, NOBODY, [mail('a@Example.com')]],
    [
      'name_not_permitted',
      'another mailbox',
      { permitted: [mail('a@example.com')] },
      NOBODY,
      [mail('A@example.com')],
    ],
    [
      'constraint_not_supported',
      'a mailbox without a host',
      { permitted: [mail('example.com')] },
      NOBODY,
      [mail('example.com')],
    ],
    [
      'constraint_not_supported',
      'a mailbox with two',
      { permitted: [mail('example.com')] },
      NOBODY,
      [mail('a@b@example.com')],
    ],
    [
      'constraint_not_supported',
      'a mailbox constraint of no form',
      { permitted: [mail('@example.com')] },
      NOBODY,
      [mail('a@example.com')],
    ],
    [
      'name_not_permitted',
      'a mail address in the subject',
      { permitted: [mail('example.com')] },
      nameOf([oid.emailAddress, ia5String('a@example.org')]),
      [],
    ],
    [
      'permitted',
      'a permitted mail address in the subject',
      { permitted: [mail('example.com')] },
      nameOf([oid.emailAddress, ia5String('a@example.com')]),
      [],
    ],

    [
      'permitted',
      'a URI at a host',
      { permitted: [uri('example.com')] },
      NOBODY,
      [uri('https://user@EXAMPLE.com:8443/a?b#c')],
    ],
    [
      'name_not_permitted',
      'a URI below the host',
      { permitted: [uri('example.com')] },
      NOBODY,
      [uri('https://a.example.com/')],
    ],
    [
      'permitted',
      'a URI below the domain',
      { permitted: [uri('.example.com')] },
      NOBODY,
      [uri('spiffe://a.example.com/x')],
    ],
    [
      'name_not_permitted',
      'a URI at an excluded host',
      { excluded: [uri('example.com')] },
      NOBODY,
      [uri('https://example.com')],
    ],
    [
      'name_not_permitted',
      'a URI whose user looks like the host',
      { permitted: [uri('example.com')] },
      NOBODY,
      [uri('https://example.com@evil.example/')],
    ],
    [
      'constraint_not_supported',
      'a URI without a host',
      { permitted: [uri('example.com')] },
      NOBODY,
      [uri('urn:uuid:1')],
    ],
    [
      'constraint_not_supported',
      'a URI with an address',
      { permitted: [uri('example.com')] },
      NOBODY,
      [uri('https://192.0.2.1/')],
    ],
    [
      'constraint_not_supported',
      'a URI with an address of version 6',
      { excluded: [uri('example.com')] },
      NOBODY,
      [uri('https://[2001:db8::1]/')],
    ],

    [
      'permitted',
      'an address in a network',
      { permitted: [ip(192, 0, 2, 0, 255, 255, 255, 0)] },
      NOBODY,
      [ip(192, 0, 2, 9)],
    ],
    [
      'name_not_permitted',
      'an address in another network',
      { permitted: [ip(192, 0, 2, 0, 255, 255, 255, 0)] },
      NOBODY,
      [ip(192, 0, 3, 9)],
    ],
    [
      'name_not_permitted',
      'an address in an excluded network',
      { excluded: [ip(192, 0, 2, 0, 255, 255, 255, 0)] },
      NOBODY,
      [ip(192, 0, 2, 9)],
    ],
    [
      'name_not_permitted',
      'an address of the other family',
      { permitted: [ip(0, 0, 0, 0, 0, 0, 0, 0)] },
      NOBODY,
      [ip(...Array<number>(16).fill(1))],
    ],
    [
      'constraint_not_supported',
      'a mask with holes',
      { permitted: [ip(192, 0, 2, 0, 255, 0, 255, 0)] },
      NOBODY,
      [ip(192, 0, 2, 9)],
    ],
    [
      'constraint_not_supported',
      'a network without a mask',
      { excluded: [ip(192, 0, 2, 0)] },
      NOBODY,
      [ip(192, 0, 2, 9)],
    ],

    [
      'constraint_not_supported',
      'a name of a constrained kind that we do not read',
      { excluded: [otherName] },
      NOBODY,
      [otherName],
    ],
    [
      'permitted',
      'constraints on a kind that we do not read, and no such name',
      { excluded: [otherName] },
      NOBODY,
      [dns('a')],
    ],
  ])('%s: %s', (outcome, _, constraints, subject, names) => {
    expect(judge([leaf(subject, names), ca(constraints)])).toBe(outcome);
  });

  it('count even if they are not critical', () => {
    const extensions = [basicConstraints(true), nameConstraints({ permitted: [dns('example.com')] }, false)];
    expect(judge([leaf(NOBODY, [dns('example.org')]), ca({}, { extensions })])).toBe('name_not_permitted');
  });

  it('count if they are those of the root', () => {
    const constrained = forge({
      keys: rootKeys,
      subject: name('Root'),
      extensions: [basicConstraints(true), nameConstraints({ excluded: [dns('example.com')] })],
    });
    expect(
      judge(
        [
          leaf(NOBODY, [dns('example.com')]),
          forge({
            keys: caKeys,
            signer: rootKeys,
            issuer: name('Root'),
            subject: name('CA'),
            extensions: [basicConstraints(true)],
          }),
        ],
        [constrained],
      ),
    ).toBe('name_not_permitted');
  });

  it('count for the CAs below too, but not for one that certified itself', () => {
    const newKeys = newKeyPair();
    const above = ca({ permitted: [directory(org('A'))] });
    const outside = forge({
      keys: newKeys,
      signer: caKeys,
      issuer: name('CA'),
      subject: org('B'),
      extensions: [basicConstraints(true)],
    });
    expect(judge([leaf(org('A', 'x'), [], { signer: newKeys, issuer: org('B') }), outside, above])).toBe(
      'name_not_permitted',
    );
    const itself = forge({
      keys: newKeys,
      signer: caKeys,
      issuer: name('CA'),
      subject: name('CA'),
      extensions: [basicConstraints(true)],
    });
    expect(judge([leaf(org('A', 'x'), [], { signer: newKeys }), itself, above])).toBe('permitted');
    const leafOfSameName = leaf(name('CA'), [], { signer: caKeys });
    expect(judge([leafOfSameName, above])).toBe('name_not_permitted');
  });

  it('have no place in a leaf', () => {
    expect(
      judge([
        leaf(NOBODY, [], { extensions: [nameConstraints({ permitted: [dns('a')] })] }),
        ca({ permitted: [uri('a')] }),
      ]),
    ).toBe('constraint_not_supported');
  });

  it('cannot be made to take long', () => {
    const hosts = Array.from({ length: 200 }, (_, index) => dns(`h${String(index)}.example`));
    expect(judge([leaf(NOBODY, hosts), ca({ excluded: hosts.map(() => dns('other.example')) })])).toBe(
      'constraint_not_supported',
    );
  });

  it.each([
    [
      'another key signed the leaf',
      [leaf(NOBODY, [dns('a.example')], { signer: rootKeys }), 1],
      'signature_invalid',
    ],
    ['no root of ours signed the CA', [leaf(NOBODY, [dns('a.example')]), 2], 'no_trust_anchor'],
  ] as const)('is not asked where %s', (_, [certificate, index], reason) => {
    const constrained = ca({ excluded: [dns('a.example')] });
    const anchors = [
      root,
      forge({ keys: newKeyPair(), subject: name('Other'), extensions: [basicConstraints(true)] }),
    ];
    expect(judge([certificate, constrained], [anchors[index - 1] ?? root])).toBe(reason);
    expect(judge([leaf(NOBODY, [dns('a.example')]), constrained])).toBe('name_not_permitted');
  });
});

function ia5String(text: string): Uint8Array {
  return Buffer.concat([Buffer.of(0x16, text.length), Buffer.from(text, 'latin1')]);
}

describe('the names of a path', () => {
  it('are all permitted if there is no certificate in it', () => {
    expect(findNameConstraintFault([])).toBeNull();
  });

  it('may be constrained by a CA that stands first in it', () => {
    expect(findNameConstraintFault([ca({ permitted: [dns('a.example')] }), root])).toBeNull();
    const extensions = [nameConstraints({ permitted: [dns('a.example')] })];
    expect(findNameConstraintFault([leaf(NOBODY, [], { extensions })])).toBe('constraint_not_supported');
  });

  it('are compared 20 000 times and no more', () => {
    const hosts = (count: number) => Array.from({ length: count }, (_, index) => dns(`h${index}.example`));
    const path = (names: number) => [
      leaf(NOBODY, hosts(names)),
      ca({
        permitted: hosts(100),
        excluded: [dns('excluded.example'), ...hosts(99).map(() => dns('other.example'))],
      }),
    ];
    expect(findNameConstraintFault(path(100))).toBeNull();
    expect(findNameConstraintFault(path(101))).toBe('constraint_not_supported');
  });
});
