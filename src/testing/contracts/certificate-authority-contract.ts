// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';
import { generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';

import { sha256Hex } from '../../core/bytes.js';
import { systemClock } from '../../core/clock.js';
import { MalformedError } from '../../core/errors.js';
import { defaultTiers } from '../../core/tier-scale.js';
import type {
  CertificateAuthority,
  CertificateRequest,
  PreparedCertificate,
} from '../../contracts/certificate-authority.js';
import { parseCertificate } from '../../x509/certificate.js';
import { assertAuthorityUnavailable } from './assert-authority-unavailable.js';
import { contractCase, type ContractCase, type Disposable } from './contract-case.js';

/** How the contract suite of an authority gets at it. */
export interface CertificateAuthorityContractOptions {
  readonly create: () => Promise<Disposable & { readonly authority: CertificateAuthority }>;
  /** When certificates are asked for. Default: the clock of the machine. */
  readonly now?: () => Date;
}

const HOUR_SECONDS = 3600;
/** How many serial numbers must all be different. */
const MANY = 1000;

/** What every {@link CertificateAuthority} must do. */
export function certificateAuthorityContract(
  options: CertificateAuthorityContractOptions,
): readonly ContractCase[] {
  const { create, now = () => systemClock.now() } = options;
  const request = (change: Partial<CertificateRequest> = {}) => sampleRequest(now(), change);

  return [
    contractCase(
      'the issuers are CAs under the names they are given, each below the next of its chain',
      create,
      async ({ authority }) => {
        assert.equal(
          new Set(authority.issuers.map(({ issuerId }) => issuerId)).size,
          authority.issuers.length,
        );
        for (const { issuerId, certificate, chain } of authority.issuers) {
          const { subjectKeyIdentifier, basicConstraints } = parseCertificate(certificate).extensions;
          assert.equal(issuerId, subjectKeyIdentifier, 'the id is the subject key identifier');
          assert.equal(basicConstraints?.ca, true);
          const path = [certificate, ...chain].map((der) => new X509Certificate(der));
          for (const [index, above] of path.slice(1).entries())
            assert.ok(path[index]?.verify(above.publicKey));
        }
      },
    ),

    contractCase(
      'what is prepared says what was asked for, and when it begins and ends',
      create,
      async ({ authority }) => {
        const asked = request();
        const prepared = await authority.prepare(asked);
        assert.equal(prepared.issuerId, authority.issuers[0].issuerId);
        assert.equal(prepared.deviceId, asked.deviceId);
        assert.equal(prepared.publicKeySha256, sha256Hex(asked.publicKey));
        assert.match(prepared.serialNumber, /^(?!00)([0-9a-f]{2}){16,20}$/);
        assert.ok(prepared.notBefore <= asked.now, 'it is valid at once');
        assert.ok(prepared.notAfter > asked.now, 'it lives');
        const lifetime = asked.lifetimeSeconds * 1000;
        assert.ok(
          prepared.notAfter.getTime() <= asked.now.getTime() + lifetime,
          'it lives no longer than asked for',
        );
        assert.ok(Number.isInteger(prepared.crlShard) && prepared.crlShard >= 0);
        assert.ok(prepared.toBeSigned.length > 0);
      },
    ),

    contractCase(
      'what is issued is what was prepared, for the key that was asked for',
      create,
      async ({ authority }) => {
        const asked = request();
        const prepared = await authority.prepare(asked);
        const { certificate } = await authority.issue(prepared);
        const issued = new X509Certificate(certificate);
        const parsed = parseCertificate(certificate);
        assert.ok(
          Buffer.from(asked.publicKey).equals(issued.publicKey.export({ format: 'der', type: 'spki' })),
        );
        assert.equal(parsed.serialNumber, prepared.serialNumber);
        assert.deepEqual(parsed.notBefore, prepared.notBefore);
        assert.deepEqual(parsed.notAfter, prepared.notAfter);
        assert.ok(issued.subjectAltName?.includes(asked.deviceId), 'it names the device');
        assert.deepEqual(parsed.extensions.policies, [asked.policyOid], 'it carries the tier');
        assert.equal(issued.ca, false);
      },
    ),

    contractCase('what is issued is signed by the current issuer', create, async ({ authority }) => {
      const { certificate } = await authority.issue(await authority.prepare(request()));
      const issuer = new X509Certificate(authority.issuers[0].certificate);
      const issued = new X509Certificate(certificate);
      assert.ok(issued.checkIssued(issuer));
      assert.ok(issued.verify(issuer.publicKey));
    }),

    contractCase('each device and tier gets a certificate of its own', create, async ({ authority }) => {
      for (const { oid } of defaultTiers) {
        const asked = request({ policyOid: oid, deviceId: randomUUID() });
        const { certificate } = await authority.issue(await authority.prepare(asked));
        assert.deepEqual(parseCertificate(certificate).extensions.policies, [oid]);
        assert.ok(new X509Certificate(certificate).subjectAltName?.includes(asked.deviceId));
      }
    }),

    contractCase('no certificate outlives its issuer', create, async ({ authority }) => {
      const { notAfter: end } = parseCertificate(authority.issuers[0].certificate);
      const anHourBefore = new Date(end.getTime() - HOUR_SECONDS * 1000);
      const { notAfter } = await authority.prepare(
        request({ now: anHourBefore, lifetimeSeconds: 48 * HOUR_SECONDS }),
      );
      assert.ok(notAfter <= end);
    }),

    contractCase('nothing is prepared after the end of the issuer', create, async ({ authority }) => {
      const { notAfter: end } = parseCertificate(authority.issuers[0].certificate);
      await assertAuthorityUnavailable(() =>
        authority.prepare(request({ now: new Date(end.getTime() + 1000) })),
      );
    }),

    contractCase(
      `${MANY} serial numbers for the same request are all different`,
      create,
      async ({ authority }) => {
        const asked = request();
        const serials = new Set<string>();
        for (let index = 0; index < MANY; index += 1)
          serials.add((await authority.prepare(asked)).serialNumber);
        assert.equal(serials.size, MANY);
      },
    ),

    contractCase(
      'what came back from a store is issued, and again with the same bytes and serial number',
      create,
      async ({ authority }) => {
        const prepared = await authority.prepare(request());
        const [first, second] = await Promise.all([
          authority.issue(structuredClone(prepared)),
          authority.issue({ ...prepared, toBeSigned: Buffer.from(prepared.toBeSigned) }),
        ]);
        const [one, two] = [parseCertificate(first.certificate), parseCertificate(second.certificate)];
        assert.equal(one.serialNumber, prepared.serialNumber);
        assert.ok(Buffer.from(one.tbs).equals(two.tbs), 'both signatures are over the same bytes');
      },
    ),

    ...alterations.map(({ what, alter }) =>
      contractCase(`what was prepared is not issued with ${what}`, create, async ({ authority }) => {
        const prepared = await authority.prepare(request());
        await assertAuthorityUnavailable(() => authority.issue({ ...prepared, ...alter(prepared) }));
      }),
    ),

    ...(['RSA of 1024 bits', 'X25519'] as const).map((kind) =>
      contractCase(`a key that nobody should certify is refused: ${kind}`, create, async ({ authority }) => {
        await assert.rejects(
          async () => authority.prepare(request({ publicKey: createRefusedKey(kind) })),
          (error: unknown) => {
            assert.ok(error instanceof MalformedError, `expected a MalformedError, got ${String(error)}`);
            assert.equal(error.code, 'csr_key_unsupported');
            return true;
          },
        );
      }),
    ),
  ];
}

/** One thing about a prepared certificate that is no longer as it was. */
const alterations: readonly {
  readonly what: string;
  readonly alter: (prepared: PreparedCertificate) => Partial<PreparedCertificate>;
}[] = [
  { what: 'other bytes', alter: ({ toBeSigned }) => ({ toBeSigned: flipLast(toBeSigned) }) },
  { what: 'bytes cut off', alter: ({ toBeSigned }) => ({ toBeSigned: toBeSigned.slice(0, -1) }) },
  { what: 'no bytes', alter: () => ({ toBeSigned: new Uint8Array() }) },
  { what: 'another issuer', alter: () => ({ issuerId: '00'.repeat(20) }) },
  { what: 'another serial number', alter: () => ({ serialNumber: '7f'.repeat(16) }) },
  { what: 'another device', alter: () => ({ deviceId: randomUUID() }) },
  { what: 'another key', alter: () => ({ publicKeySha256: 'ab'.repeat(32) }) },
  { what: 'another start', alter: ({ notBefore }) => ({ notBefore: new Date(notBefore.getTime() - 1000) }) },
  { what: 'another end', alter: ({ notAfter }) => ({ notAfter: new Date(notAfter.getTime() + 1000) }) },
  { what: 'another CRL shard', alter: ({ crlShard }) => ({ crlShard: crlShard + 1 }) },
];

function flipLast(bytes: Uint8Array): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  flipped[flipped.length - 1] = (flipped.at(-1) ?? 0) ^ 0x01;
  return flipped;
}

function sampleRequest(now: Date, change: Partial<CertificateRequest>): CertificateRequest {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }),
    deviceId: randomUUID(),
    policyOid: defaultTiers[0]?.oid ?? '',
    lifetimeSeconds: 24 * HOUR_SECONDS,
    now,
    ...change,
  };
}

function createRefusedKey(kind: 'RSA of 1024 bits' | 'X25519'): Uint8Array {
  const { publicKey } =
    kind === 'X25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('rsa', { modulusLength: 1024 });
  return publicKey.export({ format: 'der', type: 'spki' });
}
