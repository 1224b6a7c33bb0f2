import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../../src/core/errors.js';
import { createIssuerMemory } from '../../../src/integrity/apple/issuer-memory.js';
import {
  APPLE_APP_ATTESTATION_ROOT_CA,
  APPLE_ROOT_CA_G3,
} from '../../../src/integrity/apple/pinned-roots.js';
import { parsePem } from '../../../src/x509/pem.js';
import { thrownBy } from '../../thrown-by.js';

const [one = new Uint8Array()] = parsePem(APPLE_ROOT_CA_G3, 'CERTIFICATE');
const [other = new Uint8Array()] = parsePem(APPLE_APP_ATTESTATION_ROOT_CA, 'CERTIFICATE');

describe('the memory of issuers', () => {
  it('gives out what was remembered for the same bytes, and nothing else', () => {
    const memory = createIssuerMemory();
    const read = memory.parse(one);
    expect(memory.parse(one)).not.toBe(read);
    memory.remember([read]);
    const kept = memory.parse(Uint8Array.from(one));
    expect(memory.parse(one)).toBe(kept);
    expect(kept.sha256).toBe(read.sha256);
    expect(memory.parse(other)).not.toBe(memory.parse(other));
    const changed = Uint8Array.from(one);
    changed[changed.length - 1] = 0;
    expect(memory.parse(changed)).not.toBe(kept);
  });

  it('keeps no view of what it was given', () => {
    const memory = createIssuerMemory();
    const bytes = Uint8Array.from(one);
    memory.remember([memory.parse(bytes)]);
    bytes.fill(0);
    expect(Buffer.from(memory.parse(one).der).equals(one)).toBe(true);
  });

  it('reads as strictly as ever', () => {
    expect(thrownBy(() => createIssuerMemory().parse(one.subarray(1)))).toBeInstanceOf(MalformedError);
  });
});
