import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceTrustError, MalformedError, RejectedError } from '../../src/core/errors.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import {
  decodeCertificationRequest,
  parseCertificationRequest,
  verifyCertificationRequest,
} from '../../src/x509/certification-request.js';
import { verifyChain } from '../../src/x509/chain.js';
import { parseCrl } from '../../src/x509/crl.js';
import { findCrlStatus } from '../../src/x509/crl-status.js';
import { der } from '../../src/x509/der-writer.js';
import { describeName, isSameName } from '../../src/x509/distinguished-name.js';
import { oid } from '../../src/x509/oid.js';
import { parsePublicKey } from '../../src/x509/public-key.js';
import { verifyCrl } from '../../src/x509/verify-crl.js';
import {
  attribute,
  basicConstraints,
  crlDistributionPoint,
  crlEntry,
  extendedKeyUsage,
  extension,
  forgeCertificate,
  forgeCrl,
  forgeRequest,
  ia5,
  keyUsage,
  name,
  nameOf,
  newKeyPair,
  NOW,
  spkiOf,
  subjectAltName,
} from './forge.js';

const caKeys = newKeyPair();
const keys = newKeyPair();
const caBytes = forgeCertificate({
  keys: caKeys,
  subject: name('CA'),
  extensions: [
    basicConstraints(true, 2),
    keyUsage(5, 6),
    extension(
      oid.nameConstraints,
      der.sequence(
        der.constructedContext(0, der.sequence(ia5(6, 'example.com')), der.sequence(ia5(2, 'example.com'))),
      ),
      true,
    ),
  ],
});
const leafBytes = forgeCertificate({
  keys,
  signer: caKeys,
  issuer: name('CA'),
  subject: nameOf(
    [oid.organizationName, der.printableString('Example')],
    [oid.commonName, der.utf8String('device')],
  ),
  extensions: [
    basicConstraints(false),
    keyUsage(0),
    extendedKeyUsage(oid.clientAuth),
    subjectAltName(
      ia5(6, 'spiffe://example.com/a'),
      ia5(2, 'example.com'),
      der.context(7, Buffer.of(1, 2, 3, 4)),
    ),
    extension(oid.certificatePolicies, der.sequence(der.sequence(der.objectIdentifier('1.2.3')))),
    extension(oid.subjectKeyIdentifier, der.octetString(Buffer.alloc(20, 7))),
    extension(oid.authorityKeyIdentifier, der.sequence(der.context(0, Buffer.alloc(20, 9)))),
    crlDistributionPoint('http://crl.example.com/1'),
  ],
});
const crlBytes = forgeCrl({
  signer: caKeys,
  issuer: name('CA'),
  entries: [crlEntry(1n), crlEntry(2n, extension(oid.crlReason, der.enumerated(1)))],
  extensions: [
    extension(oid.crlNumber, der.integer(1n)),
    extension(
      oid.issuingDistributionPoint,
      der.sequence(
        der.constructedContext(0, der.constructedContext(0, ia5(6, 'http://crl.example.com/1'))),
        der.context(1, Buffer.of(0xff)),
      ),
      true,
    ),
  ],
});
const requestBytes = forgeRequest({
  keys,
  attributes: [attribute(oid.extensionRequest, der.sequence(keyUsage(0), subjectAltName(ia5(2, 'a'))))],
});

const CA = parseCertificate(caBytes);
const LEAF = parseCertificate(leafBytes);

interface Mutation {
  readonly kind: 'flip' | 'set' | 'cut' | 'drop' | 'repeat' | 'insert';
  readonly at: number;
  readonly value: number;
  readonly length: number;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'set', 'cut', 'drop', 'repeat', 'insert'),
  at: fc.nat({ max: 100_000 }),
  value: fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0x00, 0x7f, 0x80, 0x81, 0x84, 0xff, 0x30, 0x24)),
  length: fc.nat({ max: 40 }),
});

function mutate(seed: Buffer, mutations: readonly Mutation[]): Buffer {
  let bytes = Buffer.from(seed);
  for (const { kind, at, value, length } of mutations) {
    if (bytes.length === 0) break;
    const index = at % bytes.length;
    const before = bytes.subarray(0, index);
    const rest = bytes.subarray(index);
    if (kind === 'flip') bytes[index] = (bytes[index] ?? 0) ^ (1 << (value & 7));
    else if (kind === 'set') bytes[index] = value;
    else if (kind === 'cut') bytes = Buffer.from(before);
    else if (kind === 'drop') bytes = Buffer.concat([before, rest.subarray(length)]);
    else if (kind === 'repeat') bytes = Buffer.concat([before, rest.subarray(0, length), rest]);
    else bytes = Buffer.concat([before, Buffer.of(value, length), rest]);
  }
  return bytes;
}

/** Lets a call end well, or with an error of the two classes that stand for "no". */
function settles(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(DeviceTrustError);
    expect(error instanceof MalformedError || error instanceof RejectedError).toBe(true);
  }
}

const hostile = (seed: Buffer, use: (bytes: Buffer) => void) => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
      const bytes = mutate(seed, mutations);
      settles(() => {
        use(bytes);
      });
    }),
    { numRuns: 1500 },
  );
};

describe('hostile bytes lead to a typed refusal, or are what they say', () => {
  it('as a certification request', () => {
    hostile(requestBytes, (bytes) => {
      // What is still well formed has lost its signature, unless nothing that counts was changed.
      verifyCertificationRequest(parseCertificationRequest(bytes));
      expect(bytes.equals(requestBytes)).toBe(true);
    });
  });

  it('as a certificate in a chain', () => {
    hostile(leafBytes, (bytes) => {
      const certificate = parseCertificate(bytes);
      describeName(certificate.subject);
      isSameName(certificate.subject, certificate.issuer);
      expect(certificate.sha256).toHaveLength(64);
      verifyChain({ certificates: [certificate], anchors: [CA], now: NOW, extendedKeyUsage: oid.clientAuth });
      expect(bytes.equals(leafBytes)).toBe(true);
    });
  });

  it('as the CA of a chain', () => {
    hostile(caBytes, (bytes) => {
      const certificate = parseCertificate(bytes);
      verifyChain({
        certificates: [LEAF, certificate],
        anchors: [certificate],
        now: NOW,
        extendedKeyUsage: null,
      });
    });
  });

  it('as a CRL', () => {
    hostile(crlBytes, (bytes) => {
      const crl = parseCrl(bytes);
      expect([...crl.entries()]).toHaveLength(crl.entryCount);
      findCrlStatus(verifyCrl({ crl, issuer: CA, now: NOW }), LEAF);
      expect(bytes.equals(crlBytes)).toBe(true);
    });
  });

  it('as a public key', () => {
    hostile(spkiOf(keys), (bytes) => {
      const key = parsePublicKey(bytes);
      key.keyObject();
    });
  });

  it('as text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc
            .base64String()
            .map((text) => `-----BEGIN CERTIFICATE REQUEST-----\n${text}\n-----END CERTIFICATE REQUEST-----`),
        ),
        (text) => {
          settles(() => parseCertificationRequest(decodeCertificationRequest(text)));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('as bytes of no form at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const parse of [parseCertificate, parseCertificationRequest, parseCrl, parsePublicKey]) {
          settles(() => parse(bytes));
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('every single bit of a signed certificate', () => {
  it('counts', () => {
    for (let bit = 0; bit < leafBytes.length * 8; bit += 1) {
      const bytes = Buffer.from(leafBytes);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      let accepted = true;
      try {
        verifyChain({
          certificates: [parseCertificate(bytes)],
          anchors: [CA],
          now: NOW,
          extendedKeyUsage: oid.clientAuth,
        });
      } catch (error) {
        expect(error instanceof MalformedError || error instanceof RejectedError).toBe(true);
        accepted = false;
      }
      expect(accepted).toBe(false);
    }
  });
});
