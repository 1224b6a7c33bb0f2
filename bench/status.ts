// Look-ups in the status cache of a replica with ten million revoked certificates, and the memory of its index.

import { createCipheriv, randomBytes, sign, verify } from 'node:crypto';
import { createStatusCache, type Revocation, type RevocationQuery } from 'device-trust';
import { createMemoryStores } from 'device-trust/memory';
import { figure, type Bench } from './figure.js';
import { createKeyPair, cycle } from './issue.js';
import { measure } from './measure.js';
import { noAppraisal } from './no-appraisal.js';

const REVOKED = 10_000_000;
const DEVICES = 4096;
/** A Set of strings with as many serial numbers. */
const SET_OF_STRINGS_MB = 625;
const MEGABYTE = 1_000_000;
const KEY = Buffer.alloc(16, 7);

export const statusBench: Bench = {
  names: ['status.10m', 'status.10m.memory'],
  async run() {
    const stores = createMemoryStores();
    const now = new Date();
    const issuerId = 'a1'.repeat(20);
    const known: RevocationQuery[] = [];
    for (let index = 0; index < DEVICES; index++) {
      const query = {
        issuerId,
        serialNumber: randomBytes(16).toString('hex'),
        deviceId: `00000000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`,
        publicKeySha256: randomBytes(32).toString('hex'),
      };
      known.push(query);
      const intent = {
        ...query,
        notBefore: now,
        notAfter: new Date(now.getTime() + 86_400_000),
        crlShard: 0,
        toBeSigned: new Uint8Array(),
        tier: 'device',
        action: 'enroll',
        requestId: String(index),
        appraisal: noAppraisal,
        enrolledAt: now,
        bootstrapCertificateSha256: null,
        intendedAt: now,
      } as const;
      await stores.certificates.recordIntent(intent, { keyHeldFrom: now });
      await stores.certificates.recordIssued(intent, { certificate: new Uint8Array(), issuedAt: now });
    }
    const revocations = { ...stores.revocations, list: async (query: Page) => makePage(query, now) };
    // The bound is wide, so that nothing but look-ups is measured.
    const cache = createStatusCache({ ...stores, revocations, maxStalenessSeconds: 300 });
    await cache.refresh();
    for (const query of known) await cache.find(query);

    const next = cycle(known);
    const pair = createKeyPair();
    const message = Buffer.alloc(500, 7);
    const signature = sign('sha256', message, pair.privateKey);
    const measured = await measure([
      { name: 'verify', run: () => verify('sha256', message, pair.publicKey, signature) },
      {
        name: 'find',
        run: () => {
          for (let index = 0; index < DEVICES; index++)
            if (cache.find(next()) instanceof Promise) throw new Error('asked');
        },
      },
    ]);
    const floor = measured.get('verify') ?? NaN;
    const { revoked, indexBytes } = cache.describe();
    if (revoked !== REVOKED) throw new Error(`the index holds ${revoked}`);
    return [
      figure('status.10m', (measured.get('find') ?? NaN) / DEVICES, floor, 'one ECDSA P-256 verify'),
      figure(
        'status.10m.memory',
        indexBytes / MEGABYTE,
        SET_OF_STRINGS_MB,
        'a Set of strings, 625 MB, in another run',
        'MB',
      ),
    ];
  },
};

type Page = Parameters<ReturnType<typeof createMemoryStores>['revocations']['list']>[0];

/** A log that is made as it is read. Its serial numbers are as good as random, and the same each time (AES in counter mode). */
function makePage({ afterSequence, limit }: Page, at: Date): readonly Revocation[] {
  const count = Math.min(limit, REVOKED - afterSequence);
  const start = Buffer.alloc(16);
  start.writeUInt32BE(afterSequence, 12);
  const bytes = createCipheriv('aes-128-ctr', KEY, start).update(Buffer.alloc(16 * Math.max(count, 0)));
  return Array.from({ length: Math.max(count, 0) }, (_, index) => ({
    sequence: afterSequence + index + 1,
    subject: {
      kind: 'certificate',
      issuerId: 'a1'.repeat(20),
      serialNumber: bytes.toString('hex', 16 * index, 16 * (index + 1)),
      crlShard: 0,
      notAfter: at,
    },
    reason: 'unspecified',
    at,
  }));
}
