// authentication: imports core, contracts, x509.

import type { DeviceIdentity } from './device-identity.js';

/** What an identity shares with many others, by its place in a list. */
export interface SharedNames {
  /** Names of the tiers. */
  readonly tiers: readonly string[];
  /** Ids of the issuing CAs. */
  readonly issuerIds: readonly string[];
}

/** Where each part of a record begins; the serial number is the rest. */
const AT = { publicKeySha256: 36, notBefore: 100, notAfter: 110, tier: 120, issuer: 122, serialNumber: 124 };
const TIME_DIGITS = AT.notAfter - AT.notBefore;
const PLACE_DIGITS = AT.issuer - AT.tier;
const RADIX = 36;
const DIGIT_0 = 0x30;
const LETTER_A = 0x61;
/** So that no time of a certificate (RFC 5280 section 4.1.2.5: years 0 to 9999) is negative. */
const TIME_OFFSET = 70_000_000_000_000;

/**
 * Writes an identity as one text. A hundred thousand of them are remembered: as an object with its texts and dates each would
 * take three times the memory, and give the garbage collector ten times the work.
 */
export function encodeIdentityRecord(identity: DeviceIdentity, shared: SharedNames): string {
  // Joined, not added up: sums of texts keep their parts alive.
  return [
    identity.deviceId,
    identity.publicKeySha256,
    encodeNumber(identity.notBefore.getTime() + TIME_OFFSET, TIME_DIGITS),
    encodeNumber(identity.notAfter.getTime() + TIME_OFFSET, TIME_DIGITS),
    encodeNumber(shared.tiers.indexOf(identity.tier), PLACE_DIGITS),
    encodeNumber(shared.issuerIds.indexOf(identity.issuerId), PLACE_DIGITS),
    identity.serialNumber,
  ].join('');
}

/** Reads what {@link encodeIdentityRecord} wrote with the same names; each time a new identity, with dates of its own. */
export function decodeIdentityRecord(record: string, shared: SharedNames): DeviceIdentity {
  return {
    kind: 'device',
    deviceId: record.slice(0, AT.publicKeySha256),
    tier: shared.tiers[decodeNumber(record, AT.tier, PLACE_DIGITS)] ?? '',
    issuerId: shared.issuerIds[decodeNumber(record, AT.issuer, PLACE_DIGITS)] ?? '',
    serialNumber: record.slice(AT.serialNumber),
    publicKeySha256: record.slice(AT.publicKeySha256, AT.notBefore),
    notBefore: new Date(decodeNumber(record, AT.notBefore, TIME_DIGITS) - TIME_OFFSET),
    notAfter: new Date(decodeNumber(record, AT.notAfter, TIME_DIGITS) - TIME_OFFSET),
  };
}

function encodeNumber(value: number, digits: number): string {
  return value.toString(RADIX).padStart(digits, '0');
}

/** By hand: on each request, and `parseInt` of a slice takes three times as long. */
function decodeNumber(record: string, start: number, digits: number): number {
  let value = 0;
  for (let at = start; at < start + digits; at += 1) {
    const code = record.charCodeAt(at);
    value = value * RADIX + (code < LETTER_A ? code - DIGIT_0 : code - LETTER_A + 10);
  }
  return value;
}
