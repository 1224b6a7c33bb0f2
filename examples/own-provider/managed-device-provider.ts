import { createPublicKey, verify } from 'node:crypto';
import { ConfigurationError, MalformedError, RejectedError, type IntegrityProvider } from 'device-trust';

/** Evidence of a corporate device manager: a statement about the binding, signed with its Ed25519 key. */
export function createManagedDeviceProvider(options: { readonly publicKeyPem: string }): IntegrityProvider {
  const key = createPublicKey(options.publicKeyPem);
  if (key.asymmetricKeyType !== 'ed25519')
    throw new ConfigurationError('publicKeyPem', { message: 'must be Ed25519' });
  return {
    name: 'managed-device',
    async verify({ evidence, expected, now }) {
      const signature = evidence['signature'];
      if (typeof signature !== 'string' || !/^[A-Za-z0-9_-]{86}$/.test(signature)) {
        throw new MalformedError('evidence_malformed', {
          message: 'signature must be 64 bytes in base64url',
        });
      }
      // Signing the binding says: this device, this key, this challenge.
      if (!verify(null, expected.binding, key, Buffer.from(signature, 'base64url'))) {
        throw new RejectedError('evidence_rejected', {
          message: 'not signed for this request',
          reasons: ['binding_mismatch'],
        });
      }
      return {
        provider: 'managed-device',
        kind: 'signed-binding',
        issuedAt: now,
        app: {
          packageName: null,
          certificateSha256: [],
          version: null,
          recognition: 'recognized',
          licensing: 'unevaluated',
        },
        device: { integrity: 'device', labels: ['MANAGED'] },
        details: null,
      };
    },
  };
}
