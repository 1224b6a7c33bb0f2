// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import { equalBytes } from '../../core/bytes.js';
import { systemClock } from '../../core/clock.js';
import type { IssuerCertificate } from '../../contracts/certificate-authority.js';
import type { CrlEntry, CrlRequest, CrlSigner } from '../../contracts/crl-signer.js';
import type { RevocationReason } from '../../contracts/revocation-store.js';
import { parseCertificate } from '../../x509/certificate.js';
import { parseCrl, type Crl } from '../../x509/crl.js';
import { hasValidSignature } from '../../x509/signature-algorithm.js';
import { verifyCrl } from '../../x509/verify-crl.js';
import { assertAuthorityUnavailable } from './assert-authority-unavailable.js';
import { contractCase, type ContractCase, type Disposable } from './contract-case.js';

/** A signer, and an issuer that it signs for. */
export interface CrlSignerUnderTest extends Disposable {
  readonly signer: CrlSigner;
  readonly issuer: IssuerCertificate;
}

/** How the contract suite of a CRL signer gets at it. */
export interface CrlSignerContractOptions {
  readonly create: () => Promise<CrlSignerUnderTest>;
  /** When CRLs are signed. Default: the clock of the machine. */
  readonly now?: () => Date;
}

const REASONS: readonly RevocationReason[] = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
];

/** What every {@link CrlSigner} must do. */
export function crlSignerContract(options: CrlSignerContractOptions): readonly ContractCase[] {
  const { create, now = () => systemClock.now() } = options;
  // CRLs tell whole seconds.
  const second = () => new Date(Math.floor(now().getTime() / 1000) * 1000);
  const request = ({ issuer }: CrlSignerUnderTest, change: Partial<CrlRequest> = {}): CrlRequest => ({
    issuerId: issuer.issuerId,
    shard: 0,
    number: 1n,
    thisUpdate: second(),
    nextUpdate: after(second(), 3600),
    deltaBase: null,
    namesDelta: false,
    entries: [],
    ...change,
  });

  return [
    contractCase('a list with nobody on it is signed by the issuer', create, async (subject) => {
      const crl = await signAndVerify(subject, request(subject));
      assert.equal(crl.entryCount, 0);
    }),

    contractCase('number and times are those that were asked for', create, async (subject) => {
      const asked = request(subject, { number: 2n ** 100n + 1n, nextUpdate: after(second(), 12_345) });
      const crl = await signAndVerify(subject, asked);
      assert.equal(crl.number, asked.number);
      assert.deepEqual(crl.thisUpdate, asked.thisUpdate);
      assert.deepEqual(crl.nextUpdate, asked.nextUpdate);
    }),

    contractCase('everyone who was revoked is on the list, with time and reason', create, async (subject) => {
      const entries = REASONS.map((reason, index) => ({
        serialNumber: (0x7f01 + index).toString(16).repeat(8),
        revokedAt: after(second(), -index * 1000),
        reason,
      }));
      const crl = await signAndVerify(subject, request(subject, { entries }));
      assert.deepEqual(readEntries(crl), entries);
    }),

    contractCase(
      'serial numbers of every form are on the list as they are in certificates',
      create,
      async (subject) => {
        const serialNumbers = [
          '01',
          '7f'.repeat(20),
          '80'.repeat(16),
          `01${'00'.repeat(15)}`,
          'ff'.repeat(16),
        ];
        const entries = serialNumbers.map((serialNumber) => ({
          serialNumber,
          revokedAt: second(),
          reason: 'unspecified' as const,
        }));
        const crl = await signAndVerify(subject, request(subject, { entries }));
        assert.deepEqual(
          readEntries(crl)
            .map(({ serialNumber }) => serialNumber)
            .sort(),
          [...serialNumbers].sort(),
        );
      },
    ),

    contractCase(
      'entries may come all at once or page by page, and there may be many',
      create,
      async (subject) => {
        const revokedAt = second();
        function* entries(): Iterable<CrlEntry> {
          for (let index = 0; index < 5000; index += 1) {
            yield {
              serialNumber: (0x7f000000 + index).toString(16).repeat(4),
              revokedAt,
              reason: 'keyCompromise',
            };
          }
        }
        async function* later(): AsyncIterable<Iterable<CrlEntry>> {
          const all = [...entries()];
          for (let at = 0; at < all.length; at += 1000) {
            await Promise.resolve();
            yield all.slice(at, at + 1000);
          }
        }
        for (const source of [entries(), later()]) {
          const crl = await signAndVerify(subject, request(subject, { entries: source }));
          assert.equal(crl.entryCount, 5000);
          assert.equal(new Set(readEntries(crl).map(({ serialNumber }) => serialNumber)).size, 5000);
        }
      },
    ),

    contractCase(
      'the list of a shard says which it is, and cannot stand in for another',
      create,
      async (subject) => {
        const places = new Set<string>();
        for (const shard of [0, 1, 2]) {
          const { issuingDistributionPoint } = await signAndVerify(subject, request(subject, { shard }));
          const uris = issuingDistributionPoint?.names?.uris ?? [];
          assert.ok(uris.length > 0, 'the list names the place of the shard');
          for (const uri of uris) assert.ok(!places.has(uri), 'two shards name the same place');
          for (const uri of uris) places.add(uri);
        }
      },
    ),

    contractCase('the complete list is limited to nothing', create, async (subject) => {
      const crl = await signAndVerify(subject, request(subject, { shard: null }));
      assert.equal(crl.issuingDistributionPoint, null);
    }),

    contractCase(
      'a delta names the list that it is the difference to, and has its scope',
      create,
      async (subject) => {
        for (const shard of [0, 1, null]) {
          const complete = await signAndVerify(subject, request(subject, { shard, number: 2n ** 80n }));
          const asked = request(subject, { shard, number: 2n ** 80n + 1n, deltaBase: 2n ** 80n });
          const delta = await signDelta(subject, asked);
          assert.equal(delta.deltaBase, asked.deltaBase);
          assert.equal(delta.number, asked.number);
          assert.deepEqual(delta.issuingDistributionPoint, complete.issuingDistributionPoint);
          assert.equal(delta.freshestCrl, null, 'a delta has no delta');
        }
      },
    ),

    contractCase('a list says where its delta is if it is asked to', create, async (subject) => {
      const places = new Set<string>();
      for (const shard of [0, 1, null]) {
        const crl = await signAndVerify(subject, request(subject, { shard, namesDelta: true }));
        const uris = crl.freshestCrl?.flatMap(({ names }) => names?.uris ?? []) ?? [];
        assert.ok(uris.length > 0, 'the list names the place of the delta');
        for (const uri of uris) assert.ok(!places.has(uri), 'two deltas are at the same place');
        for (const uri of uris) places.add(uri);
        assert.equal((await signAndVerify(subject, request(subject, { shard }))).freshestCrl, null);
      }
    }),

    contractCase('nothing is signed for an issuer that is not its own', create, async (subject) => {
      await assertAuthorityUnavailable(() =>
        subject.signer.signCrl(request(subject, { issuerId: '00'.repeat(20) })),
      );
    }),
  ];
}

/** Signs, and checks what every CRL must be: strict DER, of this issuer, signed with its key, current, no delta. */
async function signAndVerify({ signer, issuer }: CrlSignerUnderTest, request: CrlRequest): Promise<Crl> {
  const crl = parseCrl(await signer.signCrl(request));
  assert.equal(crl.version, 2);
  assert.equal(crl.authorityKeyId, issuer.issuerId);
  return verifyCrl({ crl, issuer: parseCertificate(issuer.certificate), now: request.thisUpdate }).crl;
}

/** Signs a delta, and checks that it is of this issuer and signed with its key: {@link verifyCrl} takes complete lists only. */
async function signDelta({ signer, issuer }: CrlSignerUnderTest, request: CrlRequest): Promise<Crl> {
  const crl = parseCrl(await signer.signCrl(request));
  const { subject, publicKey } = parseCertificate(issuer.certificate);
  assert.equal(crl.authorityKeyId, issuer.issuerId);
  assert.ok(equalBytes(crl.issuer, subject));
  const { signatureAlgorithm: algorithm, tbs: signed, signature } = crl;
  assert.ok(algorithm && hasValidSignature({ algorithm, signed, signature }, publicKey));
  return crl;
}

function readEntries(crl: Crl) {
  return Array.from(crl.entries(), ({ serialNumber, revokedAt, reason }) => ({
    serialNumber,
    revokedAt,
    reason,
  }));
}

function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}
