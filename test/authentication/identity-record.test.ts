import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceIdentity } from '../../src/authentication/device-identity.js';
import { decodeIdentityRecord, encodeIdentityRecord } from '../../src/authentication/identity-record.js';

const shared = {
  tiers: Array.from({ length: 40 }, (_, index) => `tier-${index}`),
  issuerIds: Array.from({ length: 1000 }, (_, index) => `ca-${index}`),
};
const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
/** Every time that a certificate can hold: years 0 to 9999 (RFC 5280 section 4.1.2.5). */
const time = fc.date({
  min: new Date('0000-01-01T00:00:00Z'),
  max: new Date('9999-12-31T23:59:59Z'),
  noInvalidDate: true,
});

const identities: fc.Arbitrary<DeviceIdentity> = fc.record({
  kind: fc.constant('device' as const),
  deviceId: fc.uuid(),
  tier: fc.constantFrom(...shared.tiers),
  issuerId: fc.constantFrom(...shared.issuerIds),
  serialNumber: fc.stringMatching(/^[0-9a-f]{2,40}$/),
  publicKeySha256: hex(64),
  notBefore: time,
  notAfter: time,
});

describe('an identity as one text', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(identities, (identity) => {
        expect(decodeIdentityRecord(encodeIdentityRecord(identity, shared), shared)).toEqual(identity);
      }),
    );
  });

  it.each([
    ['0000-01-01T00:00:00.000Z', '9999-12-31T23:59:59.000Z', 'tier-0', 'ca-0'],
    ['1969-12-31T23:59:59.000Z', '1970-01-01T00:00:00.000Z', 'tier-35', 'ca-35'],
    ['2026-01-01T00:00:00.000Z', '2026-01-15T00:00:00.000Z', 'tier-36', 'ca-999'],
  ])('holds %s to %s of %s and %s', (notBefore, notAfter, tier, issuerId) => {
    const identity: DeviceIdentity = {
      kind: 'device',
      deviceId: '0b1c2d3e-4f50-4162-8738-495a6b7c8d9e',
      tier,
      issuerId,
      serialNumber: '01',
      publicKeySha256: 'ab'.repeat(32),
      notBefore: new Date(notBefore),
      notAfter: new Date(notAfter),
    };
    const record = encodeIdentityRecord(identity, shared);
    expect(record).toHaveLength(36 + 64 + 10 + 10 + 2 + 2 + 2);
    expect(decodeIdentityRecord(record, shared)).toEqual(identity);
  });
});
