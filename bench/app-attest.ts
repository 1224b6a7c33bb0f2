// Attestations of App Attest with their receipts, against the five verifications of signatures in them.

import { createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { ExpectedBinding } from 'device-trust';
import { createAppAttestProvider } from 'device-trust/app-attest';
import { createFakeAppAttest } from 'device-trust/testing';
import { figure, type Bench } from './figure.js';
import { cycle } from './issue.js';
import { measure } from './measure.js';

const ATTESTATIONS = 50;
const FIGURE = 'evidence.app-attest';

export const appAttestBench: Bench = {
  names: [FIGURE],
  async run() {
    const apple = createFakeAppAttest();
    const provider = createAppAttestProvider({
      appIds: [apple.appId],
      roots: apple.roots,
      receiptRoots: apple.receiptRoots,
    });
    const next = cycle(
      Array.from({ length: ATTESTATIONS }, () => {
        const key = apple.createKey();
        const challenge = randomBytes(32);
        const binding = createHash('sha256').update(challenge).digest();
        const expected: ExpectedBinding = { challenge, publicKey: challenge, binding };
        const attestation = Buffer.from(key.attest(binding)).toString('base64');
        return { evidence: { provider: provider.name, keyId: key.keyId, attestation }, expected };
      }),
    );
    const leaf = createSignature('P-256', 'sha256', 1000);
    const byCa = createSignature('P-384', 'sha256', 700);
    const byRoot = createSignature('P-384', 'sha384', 500);
    const measured = await measure([
      {
        name: 'signatures',
        // Of the attestation: key by CA, CA by root. Of the receipt: content by signer, signer by CA, CA by root.
        run: () => [byCa(), byRoot(), leaf(), leaf(), byRoot()],
      },
      { name: 'attestation', run: () => provider.verify({ ...next(), now: new Date() }) },
    ]);
    return [
      figure(
        FIGURE,
        measured.get('attestation') ?? NaN,
        measured.get('signatures') ?? NaN,
        'its 5 ECDSA verifies',
      ),
    ];
  },
};

/** One verification of such a signature. */
function createSignature(namedCurve: 'P-256' | 'P-384', hash: string, length: number): () => boolean {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  const message = randomBytes(length);
  const signature = sign(hash, message, privateKey);
  return () => verify(hash, message, publicKey, signature);
}
