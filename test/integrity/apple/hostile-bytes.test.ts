import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyAppAssertion, verifyAppAttestation } from '../../../src/app-attest.js';
import type { CborValue } from '../../../src/cbor/cbor-value.js';
import { MalformedError, RejectedError } from '../../../src/core/errors.js';
import {
  parseAttestedAuthenticatorData,
  parseAuthenticatorData,
} from '../../../src/integrity/apple/parse-authenticator-data.js';
import { parseCoseKey } from '../../../src/integrity/apple/parse-cose-key.js';
import { createFakeAppAttest } from '../../../src/testing.js';
import { encodeCbor } from '../../../src/testing/encode-cbor.js';

const now = new Date('2026-03-01T12:00:00Z');
const apple = createFakeAppAttest({ clock: { now: () => now }, osVersion: '27.0' });
const key = apple.createKey();
const clientDataHash = randomBytes(32);
const attestation = Buffer.from(key.attest(clientDataHash));
const assertion = Buffer.from(key.assert(clientDataHash));
const appIds = [apple.appId];

const verifyAttestation = (bytes: Uint8Array) =>
  verifyAppAttestation({
    attestation: bytes,
    keyId: Buffer.from(key.keyId, 'base64'),
    clientDataHash,
    appIds,
    roots: apple.roots,
    now,
  });
const verifyAssertion = (bytes: Uint8Array) =>
  verifyAppAssertion({ assertion: bytes, publicKey: key.publicKey, clientDataHash, appIds, lastCounter: 0 });

/** Lets a call end well, or with an error of the two classes that stand for "no". */
function settles<T>(call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    expect(error instanceof MalformedError || error instanceof RejectedError).toBe(true);
    return null;
  }
}

const mutated = (seed: Buffer) =>
  fc
    .tuple(fc.nat({ max: seed.length - 1 }), fc.nat({ max: 255 }), fc.nat({ max: 40 }), fc.nat({ max: 4 }))
    .map(([at, octet, length, kind]) => {
      const before = seed.subarray(0, at);
      if (kind === 0) return before;
      if (kind === 1) return Buffer.concat([before, seed.subarray(at + length)]);
      if (kind === 2) return Buffer.concat([before, Buffer.of(octet), seed.subarray(at)]);
      if (kind === 3) return Buffer.concat([before, seed.subarray(at, at + length), seed.subarray(at)]);
      return Buffer.concat([before, Buffer.of(octet), seed.subarray(at + 1)]);
    });

const anyBytes = fc.uint8Array({ maxLength: 300 });
const scalar = fc.oneof(
  fc.constantFrom<CborValue>(true, false, null, 1, 2, 3, -1, -7, 'fmt', 'apple-appattest'),
  fc.uint8Array({ maxLength: 40 }),
  fc.constant<CborValue>(new Uint8Array(32)),
);
const keyOf = fc.constantFrom<number | string>(
  1,
  3,
  -1,
  -2,
  -3,
  'fmt',
  'attStmt',
  'authData',
  'x5c',
  'receipt',
  'signature',
  'authenticatorData',
);
const map = fc
  .array(fc.tuple(keyOf, fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }))), { maxLength: 6 })
  .map((entries) => new Map<number | string, CborValue>(entries));
const runs = { numRuns: 1000 };

describe('hostile bytes lead to a typed refusal, or are what they say', () => {
  it('as an attestation', () => {
    const bytes = fc.oneof(mutated(attestation), anyBytes, map.map(encodeCbor));
    fc.assert(
      fc.property(bytes, (input) => {
        const verified = settles(() => verifyAttestation(input));
        // What still verifies says what it said: only the receipt is not covered.
        if (verified !== null) expect(verified).toMatchObject({ appId: apple.appId, bundleVersion: '1' });
      }),
      runs,
    );
  });

  it('as an assertion', () => {
    const bytes = fc.oneof(mutated(assertion), anyBytes, map.map(encodeCbor));
    fc.assert(
      fc.property(bytes, (input) => {
        const verified = settles(() => verifyAssertion(input));
        if (verified !== null) expect(verified).toMatchObject({ appId: apple.appId, counter: 1 });
      }),
      runs,
    );
  });

  it('as authenticator data', () => {
    const data = attestation.subarray(attestation.indexOf('authData') + 'authData'.length + 2);
    expect(parseAttestedAuthenticatorData(data).extensions.validationCategory).toBe(4);
    fc.assert(
      fc.property(fc.oneof(mutated(data), anyBytes), (input) => {
        const attested = settles(() => parseAttestedAuthenticatorData(input));
        if (attested !== null) expect(attested.point).toHaveLength(65);
        const parsed = settles(() => parseAuthenticatorData(input));
        if (parsed !== null) expect(parsed.rpIdHash).toHaveLength(32);
      }),
      runs,
    );
  });

  it('as a COSE_Key', () => {
    fc.assert(
      fc.property(fc.oneof(map, scalar), (input) => {
        const point = settles(() => parseCoseKey(input));
        if (point !== null) expect(point).toHaveLength(65);
      }),
      runs,
    );
  });
});

describe('every single octet that is covered', () => {
  it('counts in an assertion', () => {
    for (const [at, octet] of assertion.entries()) {
      const changed = Buffer.from(assertion);
      changed[at] = octet ^ 0x01;
      expect(settles(() => verifyAssertion(changed))).toBeNull();
    }
  });

  it('counts in the authenticator data of an attestation', () => {
    const dataAt = attestation.indexOf('authData');
    for (const [index, octet] of attestation.subarray(dataAt).entries()) {
      const changed = Buffer.from(attestation);
      changed[dataAt + index] = octet ^ 0x01;
      expect(settles(() => verifyAttestation(changed))).toBeNull();
    }
  });
});
