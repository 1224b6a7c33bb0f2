import { generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  createFakeAndroidKeystore,
  createFakeClock,
  type ChangeKeyDescription,
  type FakeAttestationRequest,
  type FakeAuthorizationList,
} from 'device-trust/testing';
import {
  parseAttestationRoots,
  verifyAttestationChain,
  type VerifyAttestationChainRequest,
} from 'device-trust/android-key-attestation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceTrustError } from '../../../src/core/errors.js';
import { createLinkMemory } from '../../../src/integrity/android/link-memory.js';
import { encodeKeyDescription } from '../../../src/testing/encode-key-description.js';
import { encodeNames } from '../../../src/testing/fake-android-pki.js';
import { parseCertificate } from '../../../src/x509/certificate.js';
import { encodeExtension } from '../../../src/x509/encode-extensions.js';
import { parsePublicKey } from '../../../src/x509/public-key.js';
import { malformed, refusalOf, rejectedFor } from '../refusal-of.js';

const DAY = 24 * 60 * 60 * 1000;
const clock = createFakeClock(new Date('2026-03-20T12:00:00Z'));
const keystore = createFakeAndroidKeystore({ clock });
const anchors = parseAttestationRoots(keystore.roots);
const [rsaAnchor, p384Anchor] = anchors;
const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const challenge = randomBytes(32);
const inDays = (days: number) => new Date(clock.now().getTime() + days * DAY);

const certificatesOf = (request: Partial<FakeAttestationRequest> = {}) =>
  keystore
    .attest({ publicKey, challenge, ...request })
    .chain.map((text) => parseCertificate(Buffer.from(text, 'base64')));

const verify = (
  request: Partial<FakeAttestationRequest> = {},
  options: Partial<VerifyAttestationChainRequest> = {},
) => verifyAttestationChain({ certificates: certificatesOf(request), anchors, now: clock.now(), ...options });

const hardware =
  (part: FakeAuthorizationList): ChangeKeyDescription =>
  (honest) => ({ ...honest, hardwareEnforced: { ...honest.hardwareEnforced, ...part } });
const honest: ChangeKeyDescription = (description) => description;

/** As the bytes of a certificate, with one octet changed. */
const flipped = (der: Uint8Array, at: number) => {
  const copy = Uint8Array.from(der);
  copy[at] = (copy[at] ?? 0) ^ 0x01;
  return copy;
};

describe('a genuine chain', () => {
  it.each([
    ['remotely-provisioned', 'P-384', 5],
    ['remotely-provisioned', 'RSA', 5],
    ['factory', 'RSA', 4],
    ['factory', 'P-384', 4],
    ['direct', 'RSA', 3],
  ] as const)('of shape %s below a root of %s', (shape, root, length) => {
    for (const withoutRoot of [false, true]) {
      const certificates = certificatesOf({ shape, withoutRoot, issuers: { root } });
      expect(certificates).toHaveLength(withoutRoot ? length - 1 : length);
      const attestation = verifyAttestationChain({ certificates, anchors, now: clock.now() });
      expect(attestation).toMatchObject({ shape, hasAttestKey: false });
      expect(attestation.keyDescription.attestationChallenge).toBe(challenge.toString('hex'));
      expect(attestation.leaf.publicKey.spki).toEqual(publicKey.export({ format: 'der', type: 'spki' }));
    }
  });

  it.each<[string, Partial<FakeAttestationRequest>]>([
    ['whose issuer is no CA', { issuers: { isNoCa: true } }],
    ['whose issuer has an RSA key', { issuers: { key: 'RSA' } }],
    [
      'whose issuer has name constraints that no one keeps',
      {
        // permittedSubtrees: dNSName "invalid"
        issuers: {
          extensions: [
            encodeExtension(
              '2.5.29.30',
              true,
              Buffer.from('300da00b300982 07696e76616c6964'.replace(' ', ''), 'hex'),
            ),
          ],
        },
      },
    ],
    [
      'whose issuer has a critical extension that no one knows',
      { issuers: { extensions: [encodeExtension('1.2.3.4', true, Uint8Array.of(5, 0))] } },
    ],
    ['whose leaf has ended', { leafNotAfter: inDays(-1) }],
    ['whose leaf has not begun', { leafNotBefore: inDays(1) }],
    ['from the factory, whose issuer has ended', { shape: 'factory', issuers: { notAfter: inDays(-1) } }],
    ['from the factory, whose CA has ended', { shape: 'factory', issuers: { caNotAfter: inDays(-1) } }],
  ])('%s', (_what, request) => {
    expect(verify(request).leaf.serialNumber).toBe('01');
  });

  it('whose root has ended', () => {
    const certificates = certificatesOf({ shape: 'factory' });
    const now = new Date((certificates.at(-1)?.notAfter.getTime() ?? NaN) + DAY);
    expect(verifyAttestationChain({ certificates, anchors, now }).shape).toBe('factory');
  });

  it('from a factory whose CA has another kind of name', () => {
    const name = encodeNames(['2.5.4.3', 'Attestation CA']);
    const certificates = certificatesOf({ shape: 'factory', issuers: { notAfter: inDays(-1) } }).map(
      (certificate, index) => ({
        ...certificate,
        ...(index === 1 && { issuer: name }),
        ...(index === 2 && { subject: name }),
      }),
    );
    expect(verifyAttestationChain({ certificates, anchors, now: clock.now() }).shape).toBe('factory');
  });

  it('whose tags are out of order', () => {
    const { keyDescription } = verify({ change: hardware({ tagsInOrder: false }) });
    expect(keyDescription.hardwareEnforced.tagsInOrder).toBe(false);
    expect(keyDescription.softwareEnforced.tagsInOrder).toBe(true);
  });
});

describe('a chain is refused', () => {
  it.each<[string, Partial<FakeAttestationRequest>, readonly string[]]>([
    ['below a foreign root of the same name', { issuers: { foreignRoot: true } }, ['no_trust_anchor']],
    [
      'below a foreign root that is left out',
      { issuers: { foreignRoot: true }, withoutRoot: true },
      ['signature_invalid'],
    ],
    ['below the root of an emulator', { shape: 'software' }, ['attestation_software_root']],
    [
      'below the root of an emulator that is left out',
      { shape: 'software', withoutRoot: true },
      ['no_trust_anchor'],
    ],
    ['with a leaf of someone else', { leafSignedByOther: true }, ['signature_invalid']],
    ['without an attestation', { extension: null }, ['attestation_missing']],
    [
      'whose attestation key is attested',
      {
        issuers: {
          extensions: [encodeExtension('1.3.6.1.4.1.11129.2.1.17', false, Uint8Array.of(0x30, 0))],
        },
      },
      ['attestation_repeated'],
    ],
    ['not begun', { issuers: { notBefore: inDays(1) } }, ['certificate_not_yet_valid']],
    ['ended', { issuers: { notAfter: inDays(-1) } }, ['certificate_expired']],
    ['ended at its CA', { issuers: { caNotAfter: inDays(-1) } }, ['certificate_expired']],
    [
      'of the direct shape, ended',
      { shape: 'direct', issuers: { notAfter: inDays(-1) } },
      ['certificate_expired'],
    ],
    [
      'from the factory, not begun',
      { shape: 'factory', issuers: { notBefore: inDays(1) } },
      ['certificate_not_yet_valid'],
    ],
    [
      'for two things at once',
      { extension: null, issuers: { notAfter: inDays(-1) } },
      ['attestation_missing', 'certificate_expired'],
    ],
    [
      'without its issuer',
      { changeCertificates: ([leaf = new Uint8Array(), , ...rest]) => [leaf, ...rest] },
      ['chain_length_refused', 'issuer_name_mismatch'],
    ],
    ['turned around', { changeCertificates: (all) => all.toReversed() }, ['no_trust_anchor']],
    [
      'with two exchanged',
      { changeCertificates: ([a, b, c, ...rest]) => [a, c, b, ...rest].flatMap((der) => der ?? []) },
      ['issuer_name_mismatch'],
    ],
    ['of one certificate', { changeCertificates: (all) => all.slice(0, 1) }, ['chain_length_refused']],
    ['of none', { changeCertificates: () => [] }, ['chain_length_refused']],
    [
      'of eight',
      { changeCertificates: ([leaf = new Uint8Array(), ...rest]) => [leaf, leaf, leaf, leaf, ...rest] },
      ['chain_length_refused'],
    ],
    [
      'of leaf and root',
      { changeCertificates: (all) => all.filter((_, index) => index === 0 || index === 4) },
      ['chain_length_refused', 'issuer_name_mismatch'],
    ],
    [
      'with its leaf twice',
      { changeCertificates: ([leaf = new Uint8Array(), ...rest]) => [leaf, leaf, ...rest] },
      ['issuer_name_mismatch', 'attestation_repeated'],
    ],
  ])('%s', async (_what, request, reasons) => {
    expect(await refusalOf(() => verify(request))).toEqual(rejectedFor(...reasons));
  });

  it.each([0, 1, 2, 3, 4])('with a signature changed, at %i', async (index) => {
    const changeCertificates = (all: readonly Uint8Array[]) =>
      all.map((der, at) => (at === index ? flipped(der, der.length - 1) : der));
    expect(await refusalOf(() => verify({ changeCertificates }))).toEqual(rejectedFor('signature_invalid'));
  });

  it('with the key of a leaf changed', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const [own, foreign] = [publicKey, other].map((key) => key.export({ format: 'der', type: 'spki' }));
    const changeCertificates = ([leaf = new Uint8Array(), ...rest]: readonly Uint8Array[]) => {
      const hex = Buffer.from(leaf).toString('hex');
      return [
        Buffer.from(hex.replace(own?.toString('hex') ?? '', foreign?.toString('hex') ?? ''), 'hex'),
        ...rest,
      ];
    };
    expect(await refusalOf(() => verify({ changeCertificates }))).toEqual(rejectedFor('signature_invalid'));
  });

  it.each([0, 1, 2, 3, 4])('with an algorithm that is not on the list, at %i', async (index) => {
    const certificates = certificatesOf().map((certificate, at) =>
      at === index ? { ...certificate, signatureAlgorithm: null } : certificate,
    );
    const call = () => verifyAttestationChain({ certificates, anchors, now: clock.now() });
    expect(await refusalOf(call)).toEqual(rejectedFor('algorithm_refused'));
  });

  it.each([1, 2, 3])('with a key of a kind that may not sign certificates, at %i', async (index) => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const weak = parsePublicKey(short.export({ format: 'der', type: 'spki' }));
    const certificates = certificatesOf().map((certificate, at) =>
      at === index ? { ...certificate, publicKey: weak } : certificate,
    );
    const call = () => verifyAttestationChain({ certificates, anchors, now: clock.now() });
    expect(await refusalOf(call)).toEqual(rejectedFor('key_refused'));
  });

  it('with names that are empty', async () => {
    const name = encodeNames();
    const certificates = certificatesOf().map((certificate, index) => ({
      ...certificate,
      ...(index === 0 && { issuer: name }),
      ...(index === 1 && { subject: name }),
    }));
    const call = () => verifyAttestationChain({ certificates, anchors, now: clock.now() });
    expect(await refusalOf(call)).toEqual(rejectedFor('issuer_name_mismatch'));
  });

  it('whose attestation key is attested as one of an app', async () => {
    const { keyDescription } = verify({ change: hardware({ purpose: [7] }) });
    const extension = encodeExtension(
      '1.3.6.1.4.1.11129.2.1.17',
      false,
      encodeKeyDescription(keyDescription),
    );
    const call = () => verify({ issuers: { extensions: [extension] } }, { attestKeys: 'accept' });
    expect(await refusalOf(call)).toEqual(rejectedFor('attestation_repeated'));
  });

  it('at a time that is no time', async () => {
    expect(await refusalOf(() => verify({}, { now: new Date(NaN) }))).toEqual(
      rejectedFor('certificate_not_yet_valid', 'certificate_expired'),
    );
  });

  it('where only the other root is an anchor', async () => {
    const only = (anchor: typeof rsaAnchor) => ({ anchors: anchor === undefined ? [] : [anchor] });
    expect(await refusalOf(() => verify({ shape: 'factory' }, only(p384Anchor)))).toEqual(
      rejectedFor('no_trust_anchor'),
    );
    expect(verify({ shape: 'factory' }, only(rsaAnchor)).shape).toBe('factory');
  });

  it('below a software root even where that is an anchor', async () => {
    const certificates = certificatesOf({ shape: 'software' });
    const root = certificates.at(-1);
    const all = root === undefined ? anchors : [...anchors, root];
    const call = () => verifyAttestationChain({ certificates, anchors: all, now: clock.now() });
    expect(await refusalOf(call)).toEqual(rejectedFor('attestation_software_root'));
  });

  it('if its attestation is no KeyDescription', async () => {
    expect(await refusalOf(() => verify({ extension: Uint8Array.of(0x30, 0) }))).toEqual(malformed);
  });
});

describe('a chain that an app has extended', () => {
  const refusal = (request: Partial<FakeAttestationRequest>, attestKeys: 'refuse' | 'accept') =>
    refusalOf(() => verify(request, { attestKeys }));
  const shapes = ['remotely-provisioned', 'factory', 'direct'] as const;

  it.each(shapes)('by a forged attestation is refused: %s', async (shape) => {
    for (const withoutRoot of [false, true]) {
      for (const attestKeys of ['refuse', 'accept'] as const) {
        const found = await refusal({ shape, withoutRoot, forge: honest }, attestKeys);
        expect(found).toEqual(rejectedFor('attestation_repeated'));
      }
    }
  });

  it.each(shapes)('by a certificate without attestation is refused: %s', async (shape) => {
    const found = await refusal({ shape, forge: null }, 'accept');
    // A direct chain with one more certificate looks as long as one from the factory.
    const length = shape === 'direct' ? [] : ['chain_length_refused'];
    expect(found).toEqual(rejectedFor('attestation_missing', 'attestation_repeated', ...length));
  });

  it.each<[string, FakeAuthorizationList]>([
    ['sign', { purpose: [2] }],
    ['sign and attest', { purpose: [2, 7] }],
    ['nothing', { purpose: [] }],
    ['what is not said', { purpose: null }],
    ['attest, but was imported', { purpose: [7], origin: 2 }],
    ['attest, but comes from somewhere', { purpose: [7], origin: null }],
  ])('by a key that may %s is refused', async (_what, part) => {
    expect(await refusal({ forge: honest, change: hardware(part) }, 'accept')).toEqual(
      rejectedFor('attestation_repeated'),
    );
  });

  it('by a key that the system says may attest is refused', async () => {
    const change: ChangeKeyDescription = (description) => ({
      ...hardware({ purpose: null })(description),
      softwareEnforced: { ...description.softwareEnforced, purpose: [7] },
    });
    expect(await refusal({ forge: honest, change }, 'accept')).toEqual(rejectedFor('attestation_repeated'));
  });

  it('by a key that the system says may sign is refused', async () => {
    const change: ChangeKeyDescription = (description) => ({
      ...hardware({ purpose: [7] })(description),
      softwareEnforced: { ...description.softwareEnforced, purpose: [2] },
    });
    expect(await refusal({ forge: honest, change }, 'accept')).toEqual(rejectedFor('attestation_repeated'));
  });

  it('by a key in software is refused', async () => {
    const change: ChangeKeyDescription = (description) => ({
      ...hardware({ purpose: [7] })(description),
      attestationSecurityLevel: 'software',
      keyMintSecurityLevel: 'software',
    });
    expect(await refusal({ forge: honest, change }, 'accept')).toEqual(rejectedFor('attestation_repeated'));
  });

  it('twice is refused', async () => {
    const [leaf = new Uint8Array()] = certificatesOf({ forge: honest }).map(({ der }) => der);
    const changeCertificates = (all: readonly Uint8Array[]) => [leaf, ...all];
    expect(await refusal({ attestKey: honest, changeCertificates }, 'accept')).toEqual(
      rejectedFor('attestation_repeated', 'chain_length_refused'),
    );
  });
});

describe('an attestation key of the app', () => {
  const attestKeys = 'accept';

  it.each(['remotely-provisioned', 'factory'] as const)('may be accepted: %s', (shape) => {
    for (const withoutRoot of [false, true]) {
      const request = { shape, withoutRoot, attestKey: honest };
      expect(verify(request, { attestKeys })).toMatchObject({ shape, hasAttestKey: true });
    }
  });

  it('is below the certificate that says how the phone was provisioned', () => {
    const { provisioning } = verify({ attestKey: honest }, { attestKeys });
    expect(provisioning?.certificatesIssued).toBe(8);
  });

  it('may have any dates', () => {
    for (const dates of [{ notAfter: inDays(-1) }, { notBefore: inDays(1) }]) {
      const certificates = certificatesOf({ attestKey: honest }).map((certificate, index) =>
        index === 1 ? { ...certificate, ...dates } : certificate,
      );
      const attestation = verifyAttestationChain({ certificates, anchors, now: clock.now(), attestKeys });
      expect(attestation.hasAttestKey).toBe(true);
    }
  });

  it('is refused otherwise', async () => {
    expect(await refusalOf(() => verify({ attestKey: honest }))).toEqual(
      rejectedFor('attestation_key_refused'),
    );
  });

  it.each<[string, ChangeKeyDescription]>([
    ['boot', hardware({ rootOfTrust: null })],
    ['system', hardware({ osVersion: 150_000 })],
    ['patches', hardware({ osPatchLevel: 202_601 })],
    ['patches of the vendor', hardware({ vendorPatchLevel: 20_260_101 })],
    ['patches of the bootloader', hardware({ bootPatchLevel: null })],
    [
      'level',
      (description) => ({
        ...description,
        attestationSecurityLevel: 'strongbox',
        keyMintSecurityLevel: 'strongbox',
      }),
    ],
  ])('is refused if the leaf tells of another %s', async (_what, change) => {
    expect(await refusalOf(() => verify({ attestKey: honest, change }, { attestKeys }))).toEqual(
      rejectedFor('attestation_key_refused'),
    );
  });

  it('is refused if its attestation cannot be read', async () => {
    const certificates = certificatesOf({ attestKey: honest });
    const spoiled = certificates.map((certificate, index) =>
      index === 1
        ? {
            ...certificate,
            extensions: { ...certificate.extensions, all: spoil(certificate.extensions.all) },
          }
        : certificate,
    );
    const call = () =>
      verifyAttestationChain({ certificates: spoiled, anchors, now: clock.now(), attestKeys });
    expect(await refusalOf(call)).toEqual(rejectedFor('attestation_repeated'));
  });

  const spoil = <T extends { readonly type: string; readonly value: Uint8Array }>(all: readonly T[]) =>
    all.map((extension) => ({ ...extension, value: extension.value.subarray(0, 20) }));

  it('is refused below another one', async () => {
    const below = (all: readonly Uint8Array[]) =>
      all.flatMap((der, index) => (index === 1 ? [der, der] : [der]));
    const call = () => verify({ attestKey: honest, changeCertificates: below }, { attestKeys });
    expect(await refusalOf(call)).toEqual(
      rejectedFor('attestation_repeated', 'chain_length_refused', 'issuer_name_mismatch'),
    );
  });
});

describe('links between CAs', () => {
  it('are remembered only when the whole chain is good, and by all bytes', async () => {
    const links = createLinkMemory();
    const certificates = certificatesOf();
    const [, , ca3, ca2, root] = certificates;
    if (!ca3 || !ca2 || !root) throw new Error('the chain is too short');
    const [leaf, ...rest] = certificates;
    const bad = leaf && parseCertificate(flipped(leaf.der, leaf.der.length - 1));
    const call = () =>
      verifyAttestationChain({ certificates: bad ? [bad, ...rest] : [], anchors, now: clock.now(), links });
    expect(await refusalOf(call)).toEqual(rejectedFor('signature_invalid'));
    expect(links.has(ca3, ca2.publicKey)).toBe(false);

    verifyAttestationChain({ certificates, anchors, now: clock.now(), links });
    expect([
      links.has(ca3, ca2.publicKey),
      links.has(ca2, root.publicKey),
      links.has(root, root.publicKey),
    ]).toEqual([true, true, true]);
    expect(links.has(ca3, root.publicKey)).toBe(false);
    const [, attestation] = certificates;
    if (!leaf || !attestation) throw new Error('the chain is too short');
    expect([links.has(leaf, attestation.publicKey), links.has(attestation, ca3.publicKey)]).toEqual([
      false,
      false,
    ]);
    const changed = parseCertificate(flipped(ca3.der, ca3.der.length - 1));
    expect(links.has(changed, ca2.publicKey)).toBe(false);
  });

  it('do not stand for dates', async () => {
    const links = createLinkMemory();
    const certificates = certificatesOf({ issuers: { notAfter: inDays(200) } });
    verifyAttestationChain({ certificates, anchors, now: clock.now(), links });
    const call = () => verifyAttestationChain({ certificates, anchors, now: inDays(100), links });
    expect(await refusalOf(call)).toEqual(rejectedFor('certificate_expired'));
  });

  it('do not make a forged leaf good', async () => {
    const links = createLinkMemory();
    const good = certificatesOf();
    verifyAttestationChain({ certificates: good, anchors, now: clock.now(), links });
    const [forged] = certificatesOf({ leafSignedByOther: true });
    const [leaf, ...above] = good;
    const certificates = forged && leaf ? [{ ...forged, issuer: leaf.issuer }, ...above] : [];
    const call = () => verifyAttestationChain({ certificates, anchors, now: clock.now(), links });
    expect(await refusalOf(call)).toEqual(rejectedFor('signature_invalid'));
  });
});

it('refuses with typed errors whatever octet of a chain is changed', () => {
  const chain = certificatesOf().map(({ der }) => der);
  const links = createLinkMemory();
  fc.assert(
    fc.property(fc.nat(4), fc.nat(2000), fc.integer({ min: 1, max: 255 }), (index, at, mask) => {
      const certificates = chain.map((der, position) => {
        if (position !== index) return der;
        const copy = Uint8Array.from(der);
        copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ mask;
        return copy;
      });
      try {
        verifyAttestationChain({
          certificates: certificates.map(parseCertificate),
          anchors,
          now: clock.now(),
          links,
        });
      } catch (error) {
        expect(error).toBeInstanceOf(DeviceTrustError);
        return;
      }
      throw new Error(`a chain with octet ${at} of certificate ${index} changed was accepted`);
    }),
    { numRuns: 300 },
  );
});

it('reads no name but that of the certificate above', async () => {
  // The same attributes in another order are another name.
  const name = encodeNames(['2.5.4.10', 'Google LLC'], ['2.5.4.3', 'Droid CA2']);
  const certificates = certificatesOf().map((certificate, index) =>
    index === 3 ? { ...certificate, subject: name } : certificate,
  );
  const call = () => verifyAttestationChain({ certificates, anchors, now: clock.now() });
  expect(await refusalOf(call)).toEqual(rejectedFor('issuer_name_mismatch'));
});

it('writes attestations that it reads', () => {
  const { keyDescription } = verify();
  expect(encodeKeyDescription(keyDescription)).toEqual(
    Uint8Array.from(
      certificatesOf()[0]?.extensions.all.find(({ type }) => type === '1.3.6.1.4.1.11129.2.1.17')?.value ??
        [],
    ),
  );
});
