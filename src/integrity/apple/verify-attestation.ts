// integrity/apple: imports core, x509 and this folder only.

import { equalBytes, sha256 } from '../../core/bytes.js';
import { RejectedError } from '../../core/errors.js';
import type { KnownReasonCode, ReasonCode } from '../../core/reason-code.js';
import type { Certificate } from '../../x509/certificate.js';
import { verifyChain } from '../../x509/chain.js';
import { type AppAttestEnvironment, findAppAttestEnvironment } from './app-attest-environment.js';
import { type AppId, findAppId } from './app-id.js';
import { findCategoryFault, type CategoryRules } from './category-rules.js';
import {
  type AttestedSystem,
  encodeNonceExtension,
  findAttestedSystem,
  findNonceExtension,
} from './credential-extensions.js';
import type { IssuerMemory } from './issuer-memory.js';
import { malformed } from './malformed-evidence.js';
import { parseAttestation, type UnverifiedAttestation } from './parse-attestation.js';
import type { AppAttestExtensions } from './parse-extensions.js';
import { rejected } from './rejected-evidence.js';

/** What an attestation is judged by, whoever sends it. */
export interface AttestationRules {
  readonly appIds: readonly AppId[];
  readonly environments: readonly AppAttestEnvironment[];
  readonly categories: CategoryRules;
  readonly anchors: readonly Certificate[];
  readonly issuers: IssuerMemory;
}

/** One attestation, and what it must be bound to. */
export interface AttestationClaim {
  /** The attestation object as the device gave it. */
  readonly attestation: Uint8Array;
  /** The key identifier as the app gave it: 32 octets. */
  readonly keyId: Uint8Array;
  /** What the app passed to `attestKey`, as the server knows it, never as the client says. */
  readonly clientDataHash: Uint8Array;
  /** The time by which the certificates must be valid. */
  readonly now: Date;
}

/** An attestation that has been verified: the key lives in the Secure Enclave, and speaks for an instance of the app. */
export interface VerifiedAppAttestation extends AppAttestExtensions, AttestedSystem {
  /** DER SubjectPublicKeyInfo of the attested key; for its assertions. */
  readonly publicKey: Uint8Array;
  /** Which of the app ids. */
  readonly appId: string;
  readonly environment: AppAttestEnvironment;
  /** DER certificate of the attested key. */
  readonly certificate: Uint8Array;
  /** When its validity begins: in every sample 24 hours before the attestation. */
  readonly certificateNotBefore: Date;
  /** The receipt that came along. It is signed on its own, and not verified yet. */
  readonly receipt: Uint8Array;
}

/** The certificate of the key, and the CA that issued it; never the root. */
const CERTIFICATES = 2;

/**
 * Verifies an attestation in the nine steps of Apple's page "Validating apps that connect to your server", and two more: the
 * key in the authenticator data is that of the certificate, and the validation category is allowed.
 *
 * @throws MalformedError `evidence_malformed`
 * @throws RejectedError `evidence_rejected` with every check that failed, in this order
 */
export function verifyAttestation(claim: AttestationClaim, rules: AttestationRules): VerifiedAppAttestation {
  const attestation = parseAttestation(claim.attestation);
  const { x5c, data, receipt } = attestation;
  // Before anything else, so that nobody makes us parse and verify more than that.
  if (x5c.length !== CERTIFICATES) throw rejected('the attestation', ['chain_length_refused']);
  const certificates = x5c.map((der) => readCertificate(der, rules.issuers));
  const [leaf] = certificates;
  if (leaf === undefined) throw rejected('the attestation', ['chain_length_refused']);

  const appId = findAppId(rules.appIds, data.rpIdHash);
  const environment = findAppAttestEnvironment(data.aaguid);
  const reasons: ReasonCode[] = [
    ...findChainFaults(certificates, rules.anchors, claim.now),
    ...findKeyFaults(attestation, leaf, claim),
  ];
  if (appId === null) reasons.push('app_id_mismatch');
  if (data.counter !== 0) reasons.push('counter_refused');
  if (environment === null || !rules.environments.includes(environment)) reasons.push('environment_mismatch');
  const categoryFault = findCategoryFault(data.extensions.validationCategory, rules.categories);
  if (categoryFault !== null) reasons.push(categoryFault);
  if (reasons.length > 0 || appId === null || environment === null) {
    throw rejected('the attestation', reasons);
  }
  rules.issuers.remember(certificates.slice(1));
  return {
    publicKey: leaf.publicKey.spki,
    appId: appId.text,
    environment,
    certificate: leaf.der,
    certificateNotBefore: leaf.notBefore,
    receipt,
    ...data.extensions,
    ...findAttestedSystem(leaf),
  };
}

/** Binding and identity of the key: steps 2 to 5 and 9. */
function* findKeyFaults(
  { authenticatorData, data }: UnverifiedAttestation,
  leaf: Certificate,
  { keyId, clientDataHash }: AttestationClaim,
): Generator<KnownReasonCode> {
  if (leaf.publicKey.kind !== 'P-256') yield 'key_refused';

  const expected = encodeNonceExtension(sha256(authenticatorData, clientDataHash));
  const actual = findNonceExtension(leaf);
  if (actual === null) yield 'attestation_missing';
  else if (!equalBytes(actual, expected)) yield 'binding_mismatch';

  // All three names are asked, and the key itself: the identifier is no more than its hash.
  const point = leaf.publicKey.keyBits;
  const identifier = sha256(point);
  const isNamedRightly =
    equalBytes(identifier, keyId) &&
    equalBytes(identifier, data.credentialId) &&
    equalBytes(point, data.point);
  if (!isNamedRightly) yield 'key_identifier_mismatch';
}

function findChainFaults(
  certificates: readonly Certificate[],
  anchors: readonly Certificate[],
  now: Date,
): readonly ReasonCode[] {
  try {
    verifyChain({ certificates, anchors, now, extendedKeyUsage: null, maxCertificates: CERTIFICATES });
    return [];
  } catch (error) {
    if (error instanceof RejectedError) return error.reasons;
    throw error;
  }
}

function readCertificate(der: Uint8Array, issuers: IssuerMemory): Certificate {
  try {
    return issuers.parse(der);
  } catch (cause) {
    throw malformed('an entry of x5c is not a certificate', cause);
  }
}
