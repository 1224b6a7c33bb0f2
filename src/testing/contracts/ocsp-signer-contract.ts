// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';

import { equalBytes } from '../../core/bytes.js';
import { systemClock } from '../../core/clock.js';
import type { IssuerCertificate } from '../../contracts/certificate-authority.js';
import type { OcspRequest, OcspSigner, OcspSingleResponse } from '../../contracts/ocsp-signer.js';
import type { RevocationReason } from '../../contracts/revocation-store.js';
import { parseCertificate } from '../../x509/certificate.js';
import { encodeOcspCertId } from '../../x509/encode-ocsp.js';
import { oid } from '../../x509/oid.js';
import { hasValidSignature } from '../../x509/signature-algorithm.js';
import { assertAuthorityUnavailable } from './assert-authority-unavailable.js';
import { contractCase, type ContractCase, type Disposable } from './contract-case.js';
import { parseOcspResponse, type UnverifiedOcspResponse } from './parse-ocsp-response.js';

/** A signer, and an issuer that it signs for. */
export interface OcspSignerUnderTest extends Disposable {
  readonly signer: OcspSigner;
  readonly issuer: IssuerCertificate;
}

/** How the contract suite of an OCSP signer gets at it. */
export interface OcspSignerContractOptions {
  readonly create: () => Promise<OcspSignerUnderTest>;
  /** When answers are signed. Default: the clock of the machine. */
  readonly now?: () => Date;
}

/** Numbers of RFC 5280 section 5.3.1. */
const REASON_CODES: Readonly<Record<RevocationReason, number>> = {
  unspecified: 0,
  keyCompromise: 1,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
};

/** What every {@link OcspSigner} must do. */
export function ocspSignerContract(options: OcspSignerContractOptions): readonly ContractCase[] {
  const { create, now = () => systemClock.now() } = options;
  // OCSP answers tell whole seconds.
  const second = () => new Date(Math.floor(now().getTime() / 1000) * 1000);
  const single = (
    { issuer }: OcspSignerUnderTest,
    change: Partial<OcspSingleResponse> = {},
  ): OcspSingleResponse => ({
    certId: encodeCertId(issuer, 'sha1'),
    status: { status: 'good' },
    thisUpdate: after(second(), -60),
    nextUpdate: after(second(), 3600),
    ...change,
  });
  const request = (subject: OcspSignerUnderTest, change: Partial<OcspRequest> = {}): OcspRequest => ({
    issuerId: subject.issuer.issuerId,
    responses: [single(subject)],
    producedAt: second(),
    nonce: null,
    ...change,
  });
  /** Signs an answer to one question, and what comes back of it. */
  const answerOne = async (subject: OcspSignerUnderTest, change: Partial<OcspSingleResponse> = {}) => {
    const { responses } = await signAndVerify(
      subject,
      request(subject, { responses: [single(subject, change)] }),
    );
    assert.equal(responses.length, 1);
    return responses[0] ?? assert.fail('there is no answer');
  };

  return [
    ...(['good', 'unknown'] as const).map((status) =>
      contractCase(
        `${status} is said, and signed by the issuer or by whom it delegated to`,
        create,
        async (subject) => {
          const answer = await answerOne(subject, { status: { status } });
          assert.equal(answer.status, status);
        },
      ),
    ),

    contractCase('revoked is said with time and reason', create, async (subject) => {
      for (const reason of Object.keys(REASON_CODES).filter(isReason)) {
        const revokedAt = after(second(), -3600);
        const answer = await answerOne(subject, { status: { status: 'revoked', revokedAt, reason } });
        assert.equal(answer.status, 'revoked');
        assert.deepEqual(answer.revokedAt, revokedAt);
        assert.equal(answer.reasonCode ?? 0, REASON_CODES[reason]);
      }
    }),

    contractCase(
      'the answer is about the certificate that was asked about, in the same bytes',
      create,
      async (subject) => {
        for (const hash of ['sha1', 'sha256'] as const) {
          const certId = encodeCertId(subject.issuer, hash);
          const answer = await answerOne(subject, { certId });
          assert.ok(Buffer.from(answer.certId).equals(certId));
        }
      },
    ),

    contractCase('the times are those that were asked for', create, async (subject) => {
      const asked = request(subject);
      const answer = await signAndVerify(subject, asked);
      assert.deepEqual(answer.producedAt, asked.producedAt);
      const times = ({ thisUpdate, nextUpdate }: { thisUpdate: Date; nextUpdate: Date | null }) => [
        thisUpdate,
        nextUpdate,
      ];
      assert.deepEqual(answer.responses.map(times), asked.responses.map(times));
    }),

    contractCase('several questions are answered in one, in order', create, async (subject) => {
      const statuses = ['good', 'unknown', 'good'] as const;
      const responses = statuses.map((status, index) =>
        single(subject, { certId: encodeCertId(subject.issuer, 'sha256', index + 1), status: { status } }),
      );
      const answer = await signAndVerify(subject, request(subject, { responses }));
      assert.deepEqual(
        answer.responses.map(({ certId, status }) => [Buffer.from(certId).toString('hex'), status]),
        responses.map(({ certId, status }) => [Buffer.from(certId).toString('hex'), status.status]),
      );
    }),

    contractCase('a nonce comes back as it came; without one there is none', create, async (subject) => {
      for (const length of [1, 32, 128]) {
        const nonce = new Uint8Array(length).fill(0xa5);
        const answer = await signAndVerify(subject, request(subject, { nonce }));
        assert.ok(answer.nonce && Buffer.from(answer.nonce).equals(nonce), `${length} octets`);
      }
      assert.equal((await signAndVerify(subject, request(subject))).nonce, null);
    }),

    contractCase('nothing is signed for an issuer that is not its own', create, async (subject) => {
      await assertAuthorityUnavailable(() =>
        subject.signer.signOcsp(request(subject, { issuerId: '00'.repeat(20) })),
      );
    }),
  ];
}

/**
 * Signs, and checks that a client which trusts the issuer may believe the answer (RFC 6960 section 3.2): the signature is
 * that of the issuer, or of a responder that the issuer has certified for this.
 */
async function signAndVerify(
  { signer, issuer }: OcspSignerUnderTest,
  request: OcspRequest,
): Promise<UnverifiedOcspResponse> {
  const answer = parseOcspResponse(await signer.signOcsp(request));
  const { algorithm, signed, signature, certificates } = answer;
  assert.ok(algorithm, 'the signature algorithm is one in use');
  // The certificate of the signer may be sent along even where that is the issuer itself.
  const [sent = issuer.certificate] = certificates;
  const delegate = equalBytes(sent, issuer.certificate) ? null : sent;
  if (delegate) {
    const responder = new X509Certificate(delegate);
    assert.ok(
      responder.verify(new X509Certificate(issuer.certificate).publicKey),
      'the issuer delegated to the responder',
    );
    assert.ok(
      parseCertificate(delegate).extensions.extendedKeyUsage?.includes(oid.ocspSigning),
      'and for OCSP',
    );
  }
  const { publicKey } = parseCertificate(delegate ?? issuer.certificate);
  assert.ok(hasValidSignature({ algorithm, signed, signature }, publicKey), 'the signature verifies');
  return answer;
}

function encodeCertId(issuer: IssuerCertificate, hash: 'sha1' | 'sha256', octet = 0x7f): Uint8Array {
  const { subject, publicKey } = parseCertificate(issuer.certificate);
  const serialNumber = new Uint8Array(16).fill(octet);
  return encodeOcspCertId({ hash, issuer: subject, issuerKeyBits: publicKey.keyBits, serialNumber });
}

function isReason(name: string): name is RevocationReason {
  return Object.hasOwn(REASON_CODES, name);
}

function after(time: Date, seconds: number): Date {
  return new Date(time.getTime() + seconds * 1000);
}
