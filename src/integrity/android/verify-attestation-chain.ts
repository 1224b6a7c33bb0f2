// integrity/android: imports core, x509 and this folder only.

import { MalformedError, RejectedError } from '../../core/errors.js';
import type { KnownReasonCode } from '../../core/reason-code.js';
import type { Certificate } from '../../x509/certificate.js';
import { isEmptyName } from '../../x509/distinguished-name.js';
import type { PublicKey } from '../../x509/public-key.js';
import { hasValidSignature } from '../../x509/signature-algorithm.js';
import { isAcceptableKey } from '../../x509/verify-issued-by.js';
import { findAttestKeyFaults } from './attest-key.js';
import { isSoftwareRootKey, type AttestationAnchor } from './attestation-roots.js';
import {
  ATTESTATION_EXTENSION,
  chainLength,
  findShape,
  type AttestationChainShape,
  type ShapedChain,
} from './attestation-shape.js';
import type { KeyDescription } from './key-description.js';
import type { LinkMemory } from './link-memory.js';
import { parseKeyDescription } from './parse-key-description.js';
import { findProvisioningInfo, type ProvisioningInfo } from './provisioning-info.js';

/** What {@link verifyAttestationChain} is asked. */
export interface VerifyAttestationChainRequest {
  /** Leaf first, each followed by its issuer; with or without the root. */
  readonly certificates: readonly Certificate[];
  /** Where the chain may end, by public key. */
  readonly anchors: readonly AttestationAnchor[];
  /** The time by which certificates must be valid. */
  readonly now: Date;
  /** Whether an attestation key of the app may have issued the leaf. Default: `refuse`. */
  readonly attestKeys?: 'refuse' | 'accept';
  /** Links verified earlier, so that those between CAs need not be verified again. Default: none. */
  readonly links?: LinkMemory;
}

/** A key whose attestation is genuine. What is attested, and whether it is enough, is another question. */
export interface VerifiedAttestation {
  /** The certificate of the attested key. */
  readonly leaf: Certificate;
  /** As presented. */
  readonly certificates: readonly Certificate[];
  /** The anchors whose key the chain ends at, whichever certificate for that key was presented, if any. */
  readonly anchors: readonly AttestationAnchor[];
  readonly shape: AttestationChainShape;
  /** Whether an attestation key of the app issued the leaf. */
  readonly hasAttestKey: boolean;
  /** `null` if there is none, as in all chains but those from Google's server. */
  readonly provisioning: ProvisioningInfo | null;
  readonly keyDescription: KeyDescription;
}

/**
 * Verifies an attestation chain by the rules of `android/keyattestation`, root optional. These are not those of RFC 5280:
 * phones whose attestation key is no CA by its certificate, may not sign certificates, has name constraints without meaning or
 * ended long ago are genuine. What counts is: names and signatures up to a known key, and nothing on the way that an app
 * could have made.
 *
 * Dates: those of the leaf and of an app's attestation key are the app's to choose, and are not asked; factory chains may be
 * past their end, for nobody can renew them. Roots count by their key. Revocation is looked up elsewhere.
 *
 * What costs little is refused first, and signatures are verified from the root down, so that nobody makes us verify more
 * of them than are good.
 *
 * @throws RejectedError `evidence_rejected` with `chain_length_refused`, `attestation_software_root`, `no_trust_anchor`,
 *   `attestation_missing`, `attestation_repeated`, `attestation_key_refused`, `issuer_name_mismatch`,
 *   `certificate_not_yet_valid`, `certificate_expired`, `algorithm_refused`, `key_refused`, `signature_invalid`
 * @throws MalformedError `evidence_malformed` if the attestation of the leaf is no KeyDescription
 */
export function verifyAttestationChain(request: VerifyAttestationChainRequest): VerifiedAttestation {
  const { certificates, now, attestKeys = 'refuse' } = request;
  const [leaf] = certificates;
  if (leaf === undefined || certificates.length < chainLength.least || certificates.length > chainLength.most)
    throw rejected(['chain_length_refused']);

  const { anchor, path } = findAnchor(certificates, request.anchors);
  const chain = findShape(path);
  const faults = new Set(chain.faults);
  for (const fault of findNameFaults(path, anchor)) faults.add(fault);
  for (const fault of findDateFaults(path, chain, now)) faults.add(fault);
  const keyDescription = faults.has('attestation_missing') ? null : readAttestation(leaf);
  if (keyDescription !== null && chain.hasAttestKey) {
    const issuer = path[1] === undefined ? null : readAttestationOrNull(path[1]);
    for (const fault of findAttestKeyFaults(keyDescription, issuer, attestKeys)) faults.add(fault);
  }
  if (keyDescription === null || faults.size > 0) throw rejected([...faults]);

  const fault = findSignatureFault(certificates, path, anchor, request.links ?? null);
  if (fault !== null) throw rejected([fault]);
  const attestationCertificate = path[chain.attestationIndex];
  return {
    leaf,
    certificates,
    anchors: request.anchors.filter(({ publicKey }) => isSameBytes(publicKey.spki, anchor.publicKey.spki)),
    shape: chain.shape,
    hasAttestKey: chain.hasAttestKey,
    provisioning: attestationCertificate === undefined ? null : findProvisioningInfo(attestationCertificate),
    keyDescription,
  };
}

/** A software root is refused even where it is an anchor. A root in the chain must be issued by itself. */
function findAnchor(
  certificates: readonly Certificate[],
  anchors: readonly AttestationAnchor[],
): { readonly anchor: AttestationAnchor; readonly path: readonly Certificate[] } {
  if (certificates.some(({ publicKey }) => isSoftwareRootKey(publicKey)))
    throw rejected(['attestation_software_root']);
  const last = certificates.at(-1);
  if (last === undefined) throw rejected(['chain_length_refused']);
  if (isSameBytes(last.issuer, last.subject)) {
    const isOurs = anchors.some(({ publicKey }) => isSameBytes(publicKey.spki, last.publicKey.spki));
    if (!isOurs) throw rejected(['no_trust_anchor']);
    return { anchor: last, path: certificates.slice(0, -1) };
  }
  const above = anchors.find(({ subject }) => isSameBytes(subject, last.issuer));
  if (above === undefined) throw rejected(['no_trust_anchor']);
  return { anchor: above, path: certificates };
}

function* findNameFaults(
  path: readonly Certificate[],
  anchor: AttestationAnchor,
): Generator<KnownReasonCode> {
  for (const [index, { issuer }] of path.entries()) {
    const { subject } = path[index + 1] ?? anchor;
    if (isEmptyName(issuer) || !isSameBytes(issuer, subject)) yield 'issuer_name_mismatch';
  }
}

function* findDateFaults(
  path: readonly Certificate[],
  chain: ShapedChain,
  now: Date,
): Generator<KnownReasonCode> {
  for (const { notBefore, notAfter } of path.slice(chain.attestationIndex)) {
    // Written so that a time that is no time refuses.
    const begun = notBefore.getTime() <= now.getTime();
    const notEnded = now.getTime() <= notAfter.getTime();
    if (!begun) yield 'certificate_not_yet_valid';
    if (!notEnded && chain.shape !== 'factory') yield 'certificate_expired';
  }
}

function findSignatureFault(
  certificates: readonly Certificate[],
  path: readonly Certificate[],
  anchor: AttestationAnchor,
  links: LinkMemory | null,
): KnownReasonCode | null {
  const verified: (readonly [Certificate, PublicKey])[] = [];
  for (let index = certificates.length - 1; index >= 0; index -= 1) {
    const certificate = certificates[index];
    if (certificate === undefined) continue;
    const issuerKey = (path[index + 1] ?? anchor).publicKey;
    // The phone's own links are new each time.
    const isBetweenCas = index >= 2;
    if (isBetweenCas && links?.has(certificate, issuerKey) === true) continue;
    const fault = findLinkFault(certificate, issuerKey);
    if (fault !== null) return fault;
    if (isBetweenCas) verified.push([certificate, issuerKey]);
  }
  for (const [certificate, issuerKey] of verified) links?.remember(certificate, issuerKey);
  return null;
}

function findLinkFault(certificate: Certificate, issuerKey: PublicKey): KnownReasonCode | null {
  const { signatureAlgorithm: algorithm, tbs, signature } = certificate;
  if (algorithm === null) return 'algorithm_refused';
  if (!isAcceptableKey(issuerKey)) return 'key_refused';
  return hasValidSignature({ algorithm, signed: tbs, signature }, issuerKey) ? null : 'signature_invalid';
}

function readAttestation(certificate: Certificate): KeyDescription | null {
  const extension = certificate.extensions.all.find(({ type }) => type === ATTESTATION_EXTENSION);
  return extension === undefined ? null : parseKeyDescription(extension.value);
}

function readAttestationOrNull(certificate: Certificate): KeyDescription | null {
  try {
    return readAttestation(certificate);
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function rejected(reasons: readonly KnownReasonCode[]): RejectedError {
  return new RejectedError('evidence_rejected', {
    message: `the attestation chain is refused: ${reasons.join(', ')}`,
    reasons,
  });
}
