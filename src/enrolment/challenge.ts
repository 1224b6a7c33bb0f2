// enrolment: imports core, contracts, x509.

import { createHmac } from 'node:crypto';
import { assertWholeNumber } from '../core/assert-option.js';
import { decodeBase64, encodeBase64Url, equalBytes, sha256Hex } from '../core/bytes.js';
import { systemClock, type Clock } from '../core/clock.js';
import { ConfigurationError, MalformedError, RejectedError } from '../core/errors.js';
import { systemRandom, type Random } from '../core/random.js';
import type { IssuanceAction } from '../contracts/policy.js';

/** How challenges are made. */
export interface ChallengesOptions {
  /**
   * Secrets that authenticate challenges, shared by all replicas, each at least 32 bytes (or 32 characters). The first
   * makes new ones; all of them verify. To rotate: put the new one first, and drop the old one after
   * `lifetimeSeconds`.
   */
  readonly secrets: readonly [string | Uint8Array, ...(string | Uint8Array)[]];
  /** How long a challenge may be used, in seconds, 30 to 3600. Default 300. */
  readonly lifetimeSeconds?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** A challenge for a client. */
export interface NewChallenge {
  /** 56 bytes in base64url; opaque to the client. */
  readonly challenge: string;
  readonly expiresAt: Date;
}

/** A challenge that we made for this purpose. Whether its time is over, and whether it was used, is not known yet. */
export interface VerifiedChallenge {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, lower-case hex: names the request that uses the challenge. */
  readonly requestId: string;
  readonly expiresAt: Date;
}

/** Makes and verifies challenges. Making one writes nothing: it carries all that is needed to recognise it. */
export interface Challenges {
  create(purpose: IssuanceAction): NewChallenge;
  /**
   * Verifies that we made the challenge, for this purpose.
   *
   * @throws MalformedError `challenge_malformed`
   * @throws RejectedError `challenge_invalid`, `challenge_purpose_mismatch`
   */
  verify(challenge: string, purpose: IssuanceAction): VerifiedChallenge;
  /** @throws RejectedError `challenge_expired` */
  verifyUnexpired(challenge: VerifiedChallenge, now: Date): void;
}

// Layout: version (1) | purpose (1) | expiry, ms since 1970, big-endian (6) | random (16) | HMAC-SHA-256 of all before (32).
const VERSION = 1;
const PURPOSES: readonly IssuanceAction[] = ['enroll', 'renew'];
const RANDOM_OFFSET = 8;
const MAC_OFFSET = 24;
const LENGTH = 56;

/**
 * Creates the maker of challenges.
 *
 * @throws ConfigurationError if a secret is too short or the lifetime out of bounds
 */
export function createChallenges(options: ChallengesOptions): Challenges {
  const { secrets, lifetimeSeconds = 300, clock = systemClock, random = systemRandom } = options;
  assertWholeNumber('lifetimeSeconds', lifetimeSeconds, 30, 3600);
  const keys = secrets.map((secret, index) => {
    const bytes = Buffer.from(secret);
    if (bytes.length < 32) {
      throw new ConfigurationError(`secrets[${index}]`, { message: 'must have at least 32 bytes' });
    }
    return bytes;
  });
  const newest = keys[0];
  if (newest === undefined) throw new ConfigurationError('secrets', { message: 'at least one is needed' });

  return {
    create(purpose) {
      const expiresAt = new Date(clock.now().getTime() + lifetimeSeconds * 1000);
      const bytes = Buffer.alloc(LENGTH);
      bytes.writeUInt8(VERSION, 0);
      bytes.writeUInt8(PURPOSES.indexOf(purpose), 1);
      bytes.writeUIntBE(expiresAt.getTime(), 2, 6);
      bytes.set(random(MAC_OFFSET - RANDOM_OFFSET), RANDOM_OFFSET);
      bytes.set(authenticate(newest, bytes), MAC_OFFSET);
      return { challenge: encodeBase64Url(bytes), expiresAt };
    },

    verify(challenge, purpose) {
      const bytes = challenge.length <= 2 * LENGTH ? decodeBase64(challenge) : null;
      if (bytes?.length !== LENGTH || bytes[0] !== VERSION) {
        throw new MalformedError('challenge_malformed', {
          message: 'the challenge is not one in our format',
        });
      }
      const mac = bytes.subarray(MAC_OFFSET);
      if (!keys.some((key) => equalBytes(authenticate(key, bytes), mac))) {
        throw new RejectedError('challenge_invalid', { message: 'no current secret made this challenge' });
      }
      const buffer = Buffer.from(bytes);
      if (PURPOSES[buffer.readUInt8(1)] !== purpose) {
        throw new RejectedError('challenge_purpose_mismatch', { message: `not made for ${purpose}` });
      }
      return { bytes, requestId: sha256Hex(bytes), expiresAt: new Date(buffer.readUIntBE(2, 6)) };
    },

    verifyUnexpired(challenge, now) {
      if (now.getTime() >= challenge.expiresAt.getTime()) {
        throw new RejectedError('challenge_expired', { message: 'the time of the challenge is over' });
      }
    },
  };
}

function authenticate(key: Uint8Array, challenge: Uint8Array): Uint8Array {
  return createHmac('sha256', key)
    .update('device-trust/v1 challenge\0')
    .update(challenge.subarray(0, MAC_OFFSET))
    .digest();
}
