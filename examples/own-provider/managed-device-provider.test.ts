import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { ConfigurationError, type ExpectedBinding } from 'device-trust';
import { integrityProviderContract } from 'device-trust/testing';
import { describe, expect, it, test } from 'vitest';
import { createManagedDeviceProvider } from './managed-device-provider.js';

const manager = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');

const provider = createManagedDeviceProvider({ publicKeyPem: pemOf(manager.publicKey) });

/** What the manager's agent on a device sends. */
function makeEvidence(expected: ExpectedBinding, { privateKey } = manager) {
  return {
    provider: 'managed-device',
    signature: sign(null, expected.binding, privateKey).toString('base64url'),
  };
}

describe('the provider of managed devices', () => {
  const cases = integrityProviderContract({
    create: async () => ({
      provider,
      makeEvidence: ({ expected }) => makeEvidence(expected),
      makeForged: { 'signed by a stranger': ({ expected }) => makeEvidence(expected, stranger) },
    }),
    malformed: [
      { provider: 'managed-device' },
      { provider: 'managed-device', signature: 1 },
      { provider: 'managed-device', signature: 'A'.repeat(85) },
      { provider: 'managed-device', signature: '='.repeat(86) },
    ],
  });
  for (const { name, run } of cases) test(name, run);

  it('takes no key of another kind', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(() => createManagedDeviceProvider({ publicKeyPem: pemOf(publicKey) })).toThrow(ConfigurationError);
  });
});

function pemOf(publicKey: KeyObject): string {
  return publicKey.export({ format: 'pem', type: 'spki' }).toString();
}
