// stores/format: imports core, contracts and this folder only. What more than one store package needs.

import { equalBytes } from '../../core/bytes.js';
import { MalformedError } from '../../core/errors.js';
import type {
  AttestedKey,
  AttestedKeyName,
  UseAttestedKeyOutcome,
  UseAttestedKeyRequest,
} from '../../contracts/attested-key-store.js';
import { assertKeepableText } from './keepable-text.js';

/** What App Attest counts up to: its counter has 32 bits (W3C Web Authentication, section 6.1). */
const MAX_COUNTER = 0xffff_ffff;

const MAX_PUBLIC_KEY_OCTETS = 2048;
const MAX_RECEIPT_OCTETS = 65_536;

/** @throws MalformedError `request_malformed` if a part of the name is out of bounds */
export function assertAttestedKeyName({ provider, keyId }: AttestedKeyName): void {
  assertKeepableText('name of a provider', provider, 1, 100);
  assertKeepableText('id of an attested key', keyId, 1, 200);
}

/** @throws MalformedError `request_malformed` if a member of the key is out of bounds */
export function assertAttestedKey(key: AttestedKey): void {
  assertAttestedKeyName(key);
  assertOctets('public key', key.publicKey, 1, MAX_PUBLIC_KEY_OCTETS);
  if (key.deviceId !== null) assertKeepableText('device id', key.deviceId, 1, 200);
  assertKeepableText('details of an attested key', key.details, 0, 8192);
  if (key.receipt !== null) assertReceipt(key.receipt);
  assertCounter(key.counter, 0);
  assertUse(key.lastUse);
  assertTime(key.attestedAt);
  assertTime(key.lastUsedAt);
}

/** @throws MalformedError `request_malformed` if the request is out of bounds */
export function assertUseOfAttestedKey(request: UseAttestedKeyRequest): void {
  assertAttestedKeyName(request);
  assertCounter(request.counter, 1);
  assertUse(request.use);
  assertTime(request.at);
}

/** @throws MalformedError `request_malformed` if the receipt is empty or too long */
export function assertReceipt(receipt: Uint8Array): void {
  assertOctets('receipt', receipt, 1, MAX_RECEIPT_OCTETS);
}

/** True if registering `key` is the request again by which the one that is kept was registered. */
export function isSameRegistration(
  kept: Pick<AttestedKey, 'publicKey' | 'lastUse' | 'counter'>,
  key: AttestedKey,
): boolean {
  return kept.counter === 0 && kept.lastUse === key.lastUse && equalBytes(kept.publicKey, key.publicKey);
}

/** How a use of the key that is kept ends, and whether it is a new one, to be recorded. */
export function toUse(
  kept: Pick<AttestedKey, 'lastUse' | 'counter'> | undefined,
  { counter, use }: UseAttestedKeyRequest,
): { readonly result: UseAttestedKeyOutcome; readonly isNew: boolean } {
  if (kept === undefined) return { result: { outcome: 'unknown' }, isNew: false };
  if (counter > kept.counter) return { result: { outcome: 'used' }, isNew: true };
  const again = counter === kept.counter && use === kept.lastUse;
  return { result: { outcome: again ? 'used' : 'counter_not_higher' }, isNew: false };
}

function assertCounter(counter: number, minimum: number): void {
  if (!Number.isInteger(counter) || counter < minimum || counter > MAX_COUNTER) {
    refuse(`the counter of an attested key must be a whole number from ${minimum} to ${MAX_COUNTER}`);
  }
}

function assertUse(use: string): void {
  if (!/^[0-9a-f]{64}$/.test(use)) refuse('what an attested key is used for must be 64 hex digits');
}

function assertOctets(what: string, octets: Uint8Array, minimum: number, maximum: number): void {
  if (octets.length < minimum || octets.length > maximum) {
    refuse(`the ${what} must have ${minimum} to ${maximum} octets`);
  }
}

function assertTime(time: Date): void {
  if (Number.isNaN(time.getTime())) refuse('a time of the attested key is none');
}

function refuse(message: string): never {
  throw new MalformedError('request_malformed', { message });
}
