// integrity/apple: imports core, x509 and this folder only.

import { equalBytes } from '../../core/bytes.js';
import { RejectedError } from '../../core/errors.js';
import type { ReasonCode } from '../../core/reason-code.js';
import type { Certificate } from '../../x509/certificate.js';
import { verifyChain } from '../../x509/chain.js';
import { isSameName } from '../../x509/distinguished-name.js';
import { hasValidSignature } from '../../x509/signature-algorithm.js';
import type { IssuerMemory } from './issuer-memory.js';
import { type AppAttestReceipt, parseReceiptContent } from './parse-app-attest-receipt.js';
import { parseSignedData, type SignedData } from './parse-signed-data.js';
import { rejected } from './rejected-evidence.js';

/** Apple's mark on the certificates that sign receipts of App Attest, and nothing else. */
const RECEIPT_SIGNING = '1.2.840.113635.100.12.15';
/** Signer, CA and root. */
const MAX_CERTIFICATES = 4;

/**
 * Verifies that a receipt is signed by Apple's service for them, and has not expired.
 *
 * @throws MalformedError `evidence_malformed`
 * @throws RejectedError `evidence_rejected` with every check that failed, in this order
 */
export function verifyReceipt(
  receipt: Uint8Array,
  anchors: readonly Certificate[],
  now: Date,
  issuers?: IssuerMemory,
): AppAttestReceipt {
  const signedData = parseSignedData(receipt, issuers);
  const content = parseReceiptContent(signedData.content);
  const signer = findSigner(signedData);
  const chain = signer === null ? [] : orderChain(signer, signedData.certificates, anchors);
  const reasons = [...findFaults(signedData, chain, anchors, now)];
  if (!(now.getTime() <= content.expiresAt.getTime())) reasons.push('evidence_too_old');
  if (reasons.length > 0) throw rejected('the receipt', reasons);
  issuers?.remember(chain);
  return content;
}

function findSigner({ certificates, signer }: SignedData): Certificate | null {
  const isSigner = ({ issuer, serialNumber }: Certificate): boolean =>
    serialNumber === signer.serialNumber && equalBytes(issuer, signer.issuer);
  return certificates.find(isSigner) ?? null;
}

function* findFaults(
  { algorithm, signature, content }: SignedData,
  chain: readonly Certificate[],
  anchors: readonly Certificate[],
  now: Date,
): Generator<ReasonCode> {
  yield* findChainFaults(chain, anchors, now);
  const [signer] = chain;
  if (signer === undefined) return;
  if (!signer.extensions.all.some(({ type }) => type === RECEIPT_SIGNING)) yield 'leaf_name_mismatch';
  if (algorithm?.name !== 'ecdsa-with-SHA256') yield 'algorithm_refused';
  else if (!hasValidSignature({ algorithm, signed: content, signature }, signer.publicKey)) {
    yield 'signature_invalid';
  }
}

/**
 * From the signer up, without the anchor: signed data holds its certificates in any order. The anchor that comes along is left
 * out for ours of the same bytes, whose key is at hand.
 */
function orderChain(
  leaf: Certificate,
  certificates: readonly Certificate[],
  anchors: readonly Certificate[],
): readonly Certificate[] {
  const others = certificates.filter(({ der }) => !anchors.some((anchor) => equalBytes(anchor.der, der)));
  const chain = [leaf];
  while (chain.length < MAX_CERTIFICATES) {
    const last = chain.at(-1) ?? leaf;
    const issuer = last.isSelfIssued
      ? undefined
      : others.find(({ subject }) => isSameName(subject, last.issuer));
    if (issuer === undefined) break;
    chain.push(issuer);
  }
  return chain;
}

function findChainFaults(
  certificates: readonly Certificate[],
  anchors: readonly Certificate[],
  now: Date,
): readonly ReasonCode[] {
  try {
    verifyChain({
      certificates,
      anchors,
      now,
      extendedKeyUsage: null,
      keyUsage: 'digitalSignature',
      maxCertificates: MAX_CERTIFICATES,
    });
    return [];
  } catch (error) {
    if (error instanceof RejectedError) return error.reasons;
    throw error;
  }
}
