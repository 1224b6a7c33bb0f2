import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { encodeBase64Url, decodeBase64 } from '../../src/core/bytes.js';
import {
  ConfigurationError,
  DeviceTrustError,
  MalformedError,
  RejectedError,
} from '../../src/core/errors.js';
import { createChallenges } from '../../src/enrolment/challenge.js';
import { createFakeClock } from '../../src/testing/fake-clock.js';
import { thrownBy } from '../thrown-by.js';

const secret = 'a secret of at least thirty-two characters';

function create(secrets: readonly [string, ...string[]] = [secret]) {
  const clock = createFakeClock();
  return { clock, challenges: createChallenges({ secrets, clock }) };
}

describe('a challenge', () => {
  it('is 56 opaque bytes, different each time, and comes back as the same bytes', () => {
    const { challenges } = create();
    const { challenge } = challenges.create('enroll');
    expect(decodeBase64(challenge)).toHaveLength(56);
    expect(challenges.create('enroll').challenge).not.toBe(challenge);
    const verified = challenges.verify(challenge, 'enroll');
    expect(encodeBase64Url(verified.bytes)).toBe(challenge);
    expect(verified.requestId).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is valid until just before its end, and not at its end', () => {
    const { challenges, clock } = create();
    const { challenge, expiresAt } = challenges.create('enroll');
    const verified = challenges.verify(challenge, 'enroll');
    expect(verified.expiresAt).toEqual(expiresAt);
    expect(expiresAt.getTime() - clock.now().getTime()).toBe(300_000);
    challenges.verifyUnexpired(verified, new Date(expiresAt.getTime() - 1));
    const error = thrownBy(() => {
      challenges.verifyUnexpired(verified, expiresAt);
    });
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code: 'challenge_expired' });
  });

  it('serves one purpose only', () => {
    const { challenges } = create();
    const { challenge } = challenges.create('renew');
    challenges.verify(challenge, 'renew');
    expect(thrownBy(() => challenges.verify(challenge, 'enroll'))).toMatchObject({
      code: 'challenge_purpose_mismatch',
    });
  });

  it('of another instance with another secret is refused', () => {
    const { challenge } = create(['another secret of thirty-two characters!']).challenges.create('enroll');
    const error = thrownBy(() => create().challenges.verify(challenge, 'enroll'));
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code: 'challenge_invalid' });
  });

  it('made before a rotation is good as long as the old secret is listed, and new ones use the new secret', () => {
    const next = 'the next secret, thirty-two characters long';
    const before = create().challenges.create('enroll').challenge;
    const rotated = create([next, secret]).challenges;
    rotated.verify(before, 'enroll');
    create([next]).challenges.verify(rotated.create('enroll').challenge, 'enroll');
    expect(thrownBy(() => create([next]).challenges.verify(before, 'enroll'))).toMatchObject({
      code: 'challenge_invalid',
    });
  });

  it('is refused with any single bit changed', () => {
    const { challenges } = create();
    const bytes = decodeBase64(challenges.create('enroll').challenge) ?? new Uint8Array();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const error = thrownBy(() => challenges.verify(encodeBase64Url(changed), 'enroll'));
      expect(error).toBeInstanceOf(DeviceTrustError);
      expect(['challenge_invalid', 'challenge_malformed']).toContain((error as DeviceTrustError).code);
    }
  });

  it.each(['', 'AA', '!', 'A'.repeat(74), 'A'.repeat(76), 'A'.repeat(100_000)])(
    'of the form %.20s is malformed',
    (text) => {
      const error = thrownBy(() => create().challenges.verify(text, 'enroll'));
      expect(error).toBeInstanceOf(MalformedError);
      expect(error).toMatchObject({ code: 'challenge_malformed' });
    },
  );

  it('whatever the text, is refused with a typed error', () => {
    const { challenges } = create();
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.uint8Array({ minLength: 56, maxLength: 56 }).map(encodeBase64Url)),
        (text) => {
          expect(thrownBy(() => challenges.verify(text, 'enroll'))).toBeInstanceOf(DeviceTrustError);
        },
      ),
    );
  });
});

describe('the maker of challenges', () => {
  it('refuses a short secret', () => {
    const error = thrownBy(() => createChallenges({ secrets: ['short'] }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'secrets[0]' });
  });

  it.each([29, 3601, 60.5, NaN])('refuses a lifetime of %d seconds', (lifetimeSeconds) => {
    expect(thrownBy(() => createChallenges({ secrets: [secret], lifetimeSeconds }))).toBeInstanceOf(
      ConfigurationError,
    );
  });
});
