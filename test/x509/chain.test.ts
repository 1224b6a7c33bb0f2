import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RejectedError } from '../../src/core/errors.js';
import { type Certificate, parseCertificate } from '../../src/x509/certificate.js';
import { verifyChain, type VerifyChainRequest } from '../../src/x509/chain.js';
import { der } from '../../src/x509/der-writer.js';
import { oid } from '../../src/x509/oid.js';
import { verifyIssuedBy } from '../../src/x509/verify-issued-by.js';
import { thrownBy } from '../thrown-by.js';
import {
  basicConstraints,
  BEGIN,
  type CertificateParts,
  END,
  extendedKeyUsage,
  extension,
  forgeCertificate,
  keyUsage,
  name,
  newKeyPair,
  NOW,
  spkiOf,
} from './forge.js';

const rootKeys = newKeyPair();
const caKeys = newKeyPair();
const leafKeys = newKeyPair();
const strangerKeys = newKeyPair();

const KEY_CERT_SIGN = 5;
const forge = (parts: CertificateParts) => parseCertificate(forgeCertificate(parts));
const root = (parts: Partial<CertificateParts> = {}) =>
  forge({
    keys: rootKeys,
    subject: name('Root'),
    extensions: [basicConstraints(true), keyUsage(KEY_CERT_SIGN)],
    ...parts,
  });
const ca = (parts: Partial<CertificateParts> = {}) =>
  forge({
    keys: caKeys,
    signer: rootKeys,
    issuer: name('Root'),
    subject: name('CA'),
    extensions: [basicConstraints(true), keyUsage(KEY_CERT_SIGN)],
    ...parts,
  });
const leaf = (parts: Partial<CertificateParts> = {}) =>
  forge({
    keys: leafKeys,
    signer: caKeys,
    issuer: name('CA'),
    subject: name('device'),
    extensions: [basicConstraints(false), keyUsage(0), extendedKeyUsage(oid.clientAuth)],
    ...parts,
  });

const ROOT = root();
const CA = ca();
const LEAF = leaf();

const verify = (certificates: readonly Certificate[], request: Partial<VerifyChainRequest> = {}) =>
  verifyChain({
    certificates,
    anchors: [ROOT],
    now: NOW,
    extendedKeyUsage: oid.clientAuth,
    keyUsage: 'digitalSignature',
    ...request,
  });

function expectReasons(reasons: readonly string[], call: () => unknown): void {
  const error = thrownBy(call);
  expect(error).toBeInstanceOf(RejectedError);
  expect(error).toMatchObject({ code: 'certificate_untrusted', reasons });
}

describe('a chain', () => {
  it('up to the certificate that a pinned root issued is verified', () => {
    expect(verify([LEAF, CA])).toEqual({ leaf: LEAF, issuers: [CA], anchor: ROOT });
  });

  it('may end with the pinned root itself', () => {
    const sent = parseCertificate(ROOT.der);
    expect(verify([LEAF, CA, sent])).toEqual({ leaf: LEAF, issuers: [CA], anchor: sent });
  });

  it('may end at a pinned CA that is no root', () => {
    expect(verify([LEAF], { anchors: [CA] })).toEqual({ leaf: LEAF, issuers: [], anchor: CA });
    expect(verify([LEAF, CA], { anchors: [CA] })).toEqual({ leaf: LEAF, issuers: [], anchor: CA });
  });

  it('finds its root among several, of which another has the same name', () => {
    const namesake = root({ keys: strangerKeys, signer: strangerKeys });
    expect(verify([LEAF, CA], { anchors: [namesake, ROOT] }).anchor).toBe(ROOT);
  });

  it('may have as many certificates as is allowed: four, unless the caller says otherwise', () => {
    const upper = ca({ subject: name('Upper CA') });
    const middle = ca({ signer: caKeys, issuer: name('Upper CA'), subject: name('Middle CA') });
    const lower = ca({ signer: caKeys, issuer: name('Middle CA') });
    expect(verify([LEAF, lower, middle, upper]).issuers).toEqual([lower, middle, upper]);
    expectReasons(['chain_too_long'], () => verify([LEAF, lower, middle, upper, ROOT]));
    expect(verify([LEAF, CA], { maxCertificates: 2 }).anchor).toBe(ROOT);
  });

  it('is not asked for a purpose by a caller who names none', () => {
    const purposeful = ca({
      extensions: [basicConstraints(true), keyUsage(KEY_CERT_SIGN), extendedKeyUsage(oid.serverAuth)],
    });
    expect(verify([LEAF, purposeful], { extendedKeyUsage: null }).leaf).toBe(LEAF);
  });

  it('says in its message all that is wrong with it', () => {
    const error = thrownBy(() => verify([leaf({ extensions: null })]));
    expect(error).toMatchObject({
      message:
        'the certificate chain is refused: key_usage_refused, extended_key_usage_refused, no_trust_anchor',
    });
  });

  it('is one that node:crypto verifies too', () => {
    const [a, b, c] = [LEAF, CA, ROOT].map(
      (certificate) => new X509Certificate(Buffer.from(certificate.der)),
    );
    if (!a || !b || !c) throw new Error('too few');
    expect([a.checkIssued(b), a.verify(b.publicKey), b.checkIssued(c), b.verify(c.publicKey)]).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it('may be of RSA and Ed25519', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const algorithm = der.sequence(der.objectIdentifier(oid.sha256WithRsaEncryption), der.null());
    const anchor = root({ keys: rsa, innerAlgorithm: algorithm });
    const ed = generateKeyPairSync('ed25519');
    const certificates = [leaf({ keys: ed, signer: rsa, issuer: name('Root'), innerAlgorithm: algorithm })];
    expect(verify(certificates, { anchors: [anchor] }).anchor).toBe(anchor);
  });

  it('needs no purpose and no key usage if none is asked', () => {
    const plain = leaf({ extensions: null });
    expect(verify([plain, CA], { extendedKeyUsage: null, keyUsage: null }).leaf).toBe(plain);
  });

  it('may begin with a CA if a CA is what is asked for', () => {
    expect(verify([CA], { target: 'ca', extendedKeyUsage: null, keyUsage: 'keyCertSign' }).leaf).toBe(CA);
    expectReasons(['issuer_not_ca'], () => verify([LEAF, CA], { target: 'ca' }));
  });

  it('holds on the first and on the last moment', () => {
    expect(verify([LEAF, CA], { now: BEGIN }).leaf).toBe(LEAF);
    expect(verify([LEAF, CA], { now: END }).leaf).toBe(LEAF);
  });

  it('without certificates is refused', () => {
    expectReasons(['chain_empty'], () => verify([]));
  });

  it('with too many certificates is refused unseen', () => {
    expectReasons(['chain_too_long'], () => verify([LEAF, CA, CA, CA, ROOT]));
    expectReasons(['chain_too_long'], () => verify([LEAF, CA], { maxCertificates: 1 }));
  });

  it('to a root that is not pinned is refused', () => {
    expectReasons(['no_trust_anchor'], () => verify([LEAF, CA], { anchors: [] }));
    const stranger = root({ keys: strangerKeys, subject: name('Stranger') });
    expectReasons(['no_trust_anchor'], () => verify([LEAF, CA], { anchors: [stranger] }));
    expectReasons(['no_trust_anchor'], () => verify([LEAF, CA, ROOT], { anchors: [stranger] }));
  });

  it('to a root that only has the name of the pinned one is refused', () => {
    const impostor = root({ keys: strangerKeys });
    const issued = ca({ signer: strangerKeys });
    expectReasons(['signature_invalid'], () => verify([LEAF, issued]));
    expectReasons(['signature_invalid'], () => verify([LEAF, issued, impostor]));
  });

  it('of a leaf that is pinned, and issued by nobody, is refused', () => {
    const own = leaf({ signer: leafKeys, issuer: name('device') });
    expect(thrownBy(() => verify([own], { anchors: [own] }))).toMatchObject({
      reasons: expect.arrayContaining(['issuer_not_ca']) as unknown,
    });
  });

  it('with a certificate missing is refused', () => {
    expectReasons(['no_trust_anchor'], () => verify([LEAF]));
  });

  it('in another order is refused', () => {
    const error = thrownBy(() => verify([CA, LEAF]));
    expect(error).toMatchObject({
      code: 'certificate_untrusted',
      reasons: expect.arrayContaining(['issuer_name_mismatch']) as unknown,
    });
  });

  it('in which a certificate has the right signature and another issuer is refused', () => {
    expectReasons(['issuer_name_mismatch'], () => verify([leaf({ issuer: name('Another CA') }), CA]));
  });

  it('in which the issuers have no name is refused', () => {
    const nameless = ca({ subject: der.sequence() });
    expectReasons(['issuer_name_mismatch'], () => verify([leaf({ issuer: der.sequence() }), nameless]));
  });

  it('in which a leaf was changed is refused', () => {
    const bytes = Buffer.from(LEAF.der);
    bytes[bytes.indexOf('device')] = 'D'.charCodeAt(0);
    expectReasons(['signature_invalid'], () => verify([parseCertificate(bytes), CA]));
  });

  it('in which a signature is not strict DER is refused', () => {
    const spoil = (signature: Buffer) => Buffer.concat([Buffer.of(0x30, 0x81), signature.subarray(1)]);
    expectReasons(['signature_invalid'], () => verify([leaf({ spoil }), CA]));
  });

  it('in which another key signed is refused', () => {
    expectReasons(['signature_invalid'], () => verify([leaf({ signer: strangerKeys }), CA]));
    expectReasons(['signature_invalid'], () => verify([LEAF, ca({ signer: strangerKeys })]));
  });

  it('is not verified below what is refused', () => {
    const innerAlgorithm = der.sequence(der.objectIdentifier('1.2.840.10045.4.1'));
    const forged = leaf({ innerAlgorithm });
    expectReasons(['signature_invalid'], () => verify([forged, ca({ signer: strangerKeys })]));
    const stranger = root({ keys: strangerKeys, subject: name('Stranger') });
    expectReasons(['no_trust_anchor'], () => verify([forged, CA], { anchors: [stranger] }));
    const foreign = leaf({ issuer: name('Another CA'), innerAlgorithm });
    expectReasons(['issuer_name_mismatch', 'no_trust_anchor'], () =>
      verify([foreign, CA], { anchors: [stranger] }),
    );
  });

  it('with a signature algorithm off the list is refused', () => {
    const innerAlgorithm = der.sequence(der.objectIdentifier('1.2.840.10045.4.1'));
    expectReasons(['algorithm_refused'], () => verify([leaf({ innerAlgorithm }), CA]));
    expectReasons(['algorithm_refused'], () => verify([LEAF, ca({ innerAlgorithm })]));
  });

  it('takes no interest in how the root signed itself', () => {
    const innerAlgorithm = der.sequence(der.objectIdentifier('1.2.840.10045.4.1'));
    const old = root({ innerAlgorithm, signer: strangerKeys });
    expect(verify([LEAF, CA], { anchors: [old] }).anchor).toBe(old);
  });

  it('with a weak key is refused', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const rsaSha256 = der.sequence(der.objectIdentifier(oid.sha256WithRsaEncryption), der.null());
    expectReasons(['key_refused'], () => verify([leaf({ keys: weak }), CA]));
    expectReasons(['key_refused'], () =>
      verify([leaf({ signer: weak, innerAlgorithm: rsaSha256 }), ca({ keys: weak })]),
    );
  });

  it('with a key on another curve is refused', () => {
    const keys = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    expectReasons(['key_refused'], () => verify([leaf({ keys }), CA]));
  });

  it('with an issuer key off its curve is refused', () => {
    const spki = spkiOf(caKeys);
    spki[spki.length - 1] = (spki.at(-1) ?? 0) ^ 1;
    expectReasons(['signature_invalid'], () => verify([LEAF, ca({ spki })]));
  });

  const later = new Date(END.getTime() + 1000);
  it.each([
    ['leaf', () => [leaf({ notAfter: der.time(BEGIN) }), CA], ROOT],
    ['CA', () => [LEAF, ca({ notAfter: der.time(BEGIN) })], ROOT],
    ['root', () => [LEAF, CA], root({ notAfter: der.time(BEGIN) })],
  ] as const)('is refused when its %s has expired', (_, certificates, anchor) => {
    expectReasons(['certificate_expired'], () => verify(certificates(), { anchors: [anchor] }));
  });

  it.each([
    ['leaf', () => [leaf({ notBefore: der.time(END) }), CA], ROOT],
    ['CA', () => [LEAF, ca({ notBefore: der.time(END) })], ROOT],
    ['root', () => [LEAF, CA], root({ notBefore: der.time(END) })],
  ] as const)('is refused when its %s is not valid yet', (_, certificates, anchor) => {
    expectReasons(['certificate_not_yet_valid'], () => verify(certificates(), { anchors: [anchor] }));
  });

  it('lets an expired leaf pass for as long as the caller says, and nobody else', () => {
    const lasting = { notAfter: der.time(new Date('2030-01-01T00:00:00Z')) };
    const anchors = [root(lasting)];
    expect(verify([LEAF, ca(lasting)], { anchors, now: later, leafGraceSeconds: 1 }).leaf).toBe(LEAF);
    expectReasons(['certificate_expired'], () => verify([LEAF, ca(lasting)], { anchors, now: later }));
    const beyond = new Date(later.getTime() + 1);
    expectReasons(['certificate_expired'], () =>
      verify([LEAF, ca(lasting)], { anchors, now: beyond, leafGraceSeconds: 1 }),
    );
    expectReasons(['certificate_expired'], () =>
      verify([LEAF, CA], { anchors, now: later, leafGraceSeconds: 1 }),
    );
  });

  it('is refused at a time that is no time', () => {
    expectReasons(['certificate_not_yet_valid', 'certificate_expired'], () =>
      verify([LEAF, CA], { now: new Date(NaN) }),
    );
    expectReasons(['certificate_expired'], () => verify([LEAF, CA], { leafGraceSeconds: NaN }));
  });

  it('is refused when an issuer is no CA', () => {
    const extensions = [basicConstraints(false), keyUsage(KEY_CERT_SIGN)];
    expectReasons(['issuer_not_ca'], () => verify([LEAF, ca({ extensions })]));
    expectReasons(['issuer_not_ca'], () => verify([LEAF, ca({ extensions: [keyUsage(KEY_CERT_SIGN)] })]));
    expectReasons(['issuer_not_ca'], () => verify([LEAF, CA], { anchors: [root({ extensions })] }));
  });

  it('is refused when a device issued a further certificate', () => {
    const forged = leaf({ keys: strangerKeys, signer: leafKeys, issuer: name('device') });
    expectReasons(['issuer_not_ca', 'issuer_key_usage'], () => verify([forged, LEAF, CA]));
  });

  it('is refused when an issuer may not sign certificates', () => {
    const extensions = [basicConstraints(true), keyUsage(6)];
    expectReasons(['issuer_key_usage'], () => verify([LEAF, ca({ extensions })]));
    expectReasons(['issuer_key_usage'], () => verify([LEAF, CA], { anchors: [root({ extensions })] }));
  });

  it('takes a CA without key usage for one that may sign', () => {
    expect(verify([LEAF, ca({ extensions: [basicConstraints(true)] })]).leaf).toBe(LEAF);
  });

  it('is refused when an issuer is of an old version', () => {
    const version = der.constructedContext(0, der.integer(1n));
    expect(thrownBy(() => verify([LEAF, ca({ version, extensions: null })]))).toMatchObject({
      reasons: ['version_refused', 'issuer_not_ca'],
    });
  });

  const limited = (length: number) => ({
    extensions: [basicConstraints(true, length), keyUsage(KEY_CERT_SIGN)],
  });
  const middleKeys = newKeyPair();
  const middle = (parts: Partial<CertificateParts> = {}) =>
    ca({ keys: middleKeys, subject: name('Middle'), ...parts });
  const below = ca({ signer: middleKeys, issuer: name('Middle') });

  it('is refused when there are more CAs than a path length allows', () => {
    expect(verify([LEAF, below, middle()]).issuers).toHaveLength(2);
    expect(verify([LEAF, below, middle(limited(1))]).issuers).toHaveLength(2);
    expectReasons(['path_length_exceeded'], () => verify([LEAF, below, middle(limited(0))]));
    expectReasons(['path_length_exceeded'], () =>
      verify([LEAF, below, middle()], { anchors: [root(limited(1))] }),
    );
    expect(verify([LEAF, below, middle()], { anchors: [root(limited(2))] }).issuers).toHaveLength(2);
    expect(verify([LEAF, ca(limited(0))]).issuers).toHaveLength(1);
  });

  it('does not count a CA that certified its own new key', () => {
    const newKeys = newKeyPair();
    const renewed = ca({ keys: newKeys, signer: caKeys, issuer: name('CA'), subject: name('CA') });
    const under = leaf({ signer: newKeys });
    expect(verify([under, renewed, ca(limited(0))]).issuers).toHaveLength(2);
  });

  it('is refused when a CA is shown as a device', () => {
    const extensions = [keyUsage(0), extendedKeyUsage(oid.clientAuth)];
    expectReasons(['leaf_is_ca'], () =>
      verify([leaf({ extensions: [basicConstraints(true), ...extensions] }), CA]),
    );
    const signs = [keyUsage(0, KEY_CERT_SIGN), extendedKeyUsage(oid.clientAuth)];
    expectReasons(['leaf_is_ca'], () => verify([leaf({ extensions: signs }), CA]));
  });

  it('is refused without the key usage that is asked', () => {
    expectReasons(['key_usage_refused'], () =>
      verify([leaf({ extensions: [keyUsage(2), extendedKeyUsage(oid.clientAuth)] }), CA]),
    );
    expectReasons(['key_usage_refused'], () =>
      verify([leaf({ extensions: [extendedKeyUsage(oid.clientAuth)] }), CA]),
    );
  });

  it.each([
    ['another purpose', [keyUsage(0), extendedKeyUsage(oid.serverAuth)]],
    ['any purpose', [keyUsage(0), extendedKeyUsage(oid.anyExtendedKeyUsage)]],
    ['no purpose', [keyUsage(0)]],
  ])('is refused when its leaf states %s', (_, extensions) => {
    expectReasons(['extended_key_usage_refused'], () => verify([leaf({ extensions }), CA]));
  });

  it('is refused when a CA states purposes and not this one', () => {
    const states = (...purposes: string[]) => ({
      extensions: [basicConstraints(true), keyUsage(KEY_CERT_SIGN), extendedKeyUsage(...purposes)],
    });
    expect(verify([LEAF, ca(states(oid.serverAuth, oid.clientAuth))]).leaf).toBe(LEAF);
    expectReasons(['extended_key_usage_refused'], () => verify([LEAF, ca(states(oid.serverAuth))]));
    expectReasons(['extended_key_usage_refused'], () => verify([LEAF, ca(states(oid.anyExtendedKeyUsage))]));
    expectReasons(['extended_key_usage_refused'], () =>
      verify([LEAF, CA], { anchors: [root(states(oid.serverAuth))] }),
    );
  });

  it('is refused when a critical extension is not known', () => {
    const odd = extension('1.2.3.4', der.null(), true);
    expectReasons(['unknown_critical_extension'], () =>
      verify([leaf({ extensions: [odd, keyUsage(0), extendedKeyUsage(oid.clientAuth)] }), CA]),
    );
    expectReasons(['unknown_critical_extension'], () =>
      verify([LEAF, ca({ extensions: [odd, basicConstraints(true)] })]),
    );
    expectReasons(['unknown_critical_extension'], () =>
      verify([LEAF, CA], { anchors: [root({ extensions: [odd, basicConstraints(true)] })] }),
    );
  });

  it.each([
    ['policyConstraints', oid.policyConstraints, der.sequence(der.context(0, Buffer.of(0)))],
    ['inhibitAnyPolicy', oid.inhibitAnyPolicy, der.integer(0n)],
    [
      'policyMappings',
      oid.policyMappings,
      der.sequence(der.sequence(der.objectIdentifier('1.2.3'), der.objectIdentifier('1.2.4'))),
    ],
  ])('is refused when a CA has %s, critical or not', (_, type, value) => {
    for (const critical of [true, false]) {
      const extensions = [basicConstraints(true), extension(type, value, critical)];
      expectReasons(['constraint_not_supported'], () => verify([LEAF, ca({ extensions })]));
    }
  });

  it('is refused for every reason there is', () => {
    const bad = leaf({
      signer: strangerKeys,
      notAfter: der.time(BEGIN),
      extensions: [basicConstraints(true)],
    });
    expectReasons(
      [
        'leaf_is_ca',
        'key_usage_refused',
        'extended_key_usage_refused',
        'signature_invalid',
        'certificate_expired',
      ],
      () => verify([bad, CA]),
    );
  });

  it('is refused with words for the log that hold no certificate', () => {
    const error = thrownBy(() => verify([leaf({ signer: strangerKeys }), CA]));
    expect(error).toMatchObject({ message: 'the certificate chain is refused: signature_invalid' });
  });
});

describe('the link between a certificate and its issuer', () => {
  it('is verified by names and signature alone', () => {
    const expired = leaf({ notAfter: der.time(BEGIN), extensions: null });
    expect(verifyIssuedBy(expired, CA)).toBe(expired);
  });

  it.each([
    ['issuer_name_mismatch', LEAF, ROOT],
    ['algorithm_refused', leaf({ innerAlgorithm: der.sequence(der.objectIdentifier('1.2.3')) }), CA],
    ['key_refused', LEAF, ca({ keys: generateKeyPairSync('rsa', { modulusLength: 1024 }) })],
    ['signature_invalid', LEAF, ca({ keys: strangerKeys })],
  ])('is refused: %s', (reason, certificate, issuer) => {
    expectReasons([reason], () => verifyIssuedBy(certificate, issuer));
  });
});
