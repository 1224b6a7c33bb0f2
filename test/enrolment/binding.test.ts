import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createBinding, createChallengeOnlyBinding } from '../../src/enrolment/binding.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const challenge = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const publicKey = Buffer.from('3059', 'hex');

describe('the binding', () => {
  it('is the hash of domain, challenge hash and key hash, as the protocol writes it', () => {
    const input = Buffer.concat([
      Buffer.from('device-trust/v1'),
      Buffer.from([0]),
      sha256(challenge),
      sha256(publicKey),
    ]);
    expect(Buffer.from(createBinding(challenge, publicKey).binding)).toEqual(sha256(input));
  });

  it('differs for another challenge and for another key', () => {
    const { binding } = createBinding(challenge, publicKey);
    expect(createBinding(publicKey, publicKey).binding).not.toEqual(binding);
    expect(createBinding(challenge, challenge).binding).not.toEqual(binding);
  });

  it('in the weaker form names the challenge only', () => {
    const { binding } = createChallengeOnlyBinding(challenge, publicKey);
    expect(Buffer.from(binding)).toEqual(sha256(challenge));
    expect(createChallengeOnlyBinding(challenge, challenge).binding).toEqual(binding);
  });
});
