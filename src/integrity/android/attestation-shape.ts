// integrity/android: imports core, x509 and this folder only.

import type { KnownReasonCode } from '../../core/reason-code.js';
import type { Certificate } from '../../x509/certificate.js';
import { findNameText } from '../../x509/distinguished-name.js';
import { oid } from '../../x509/oid.js';

/** The extension that makes a certificate the attestation of its key. */
export const ATTESTATION_EXTENSION = '1.3.6.1.4.1.11129.2.1.17';

/** A leaf and the certificate of the attestation key at least; an app's attestation key and a root make six. */
export const chainLength = { least: 2, most: 7 } as const;

/**
 * How a phone got the key that it attests with:
 *
 * - `factory`: in the factory, together with many others of its kind. An intermediate CA stands above it;
 * - `remotely-provisioned`: from Google's server, for some weeks. `Droid CA2` and one CA below it stand above;
 * - `direct`: the root certified it.
 */
export type AttestationChainShape = 'factory' | 'remotely-provisioned' | 'direct';

/** Certificates below the root: the attested key, the attestation key, and the CAs above that the shape demands. */
const lengths: Readonly<Record<AttestationChainShape, number>> = {
  'remotely-provisioned': 4,
  factory: 3,
  direct: 2,
};

/** Where things are in a chain. */
export interface ShapedChain {
  readonly shape: AttestationChainShape;
  /** Whether a key of the app seems to have issued the leaf; whether it may have is yet to be seen. */
  readonly hasAttestKey: boolean;
  /** Index of the certificate of the phone's own attestation key: 1, or 2 below an attestation key of the app. */
  readonly attestationIndex: number;
  readonly faults: readonly KnownReasonCode[];
}

/**
 * Finds out what each certificate of a chain is, from the root down, as `android/keyattestation` does
 * (`KeyAttestationCertPath.kt`). The certificates that a phone's own keys may have signed are known by their place; the
 * attestation must be on the last of them. Any app can sign certificates below its own, with any attestation in them: such
 * a chain is longer than its shape allows, or has an attestation elsewhere than on the leaf.
 *
 * The one longer form that is honest is that of an attestation key of the app (`KeyProperties.PURPOSE_ATTEST_KEY`): it and
 * the leaf both carry an attestation, and nothing else does.
 *
 * @param path leaf first, without the root
 */
export function findShape(path: readonly Certificate[]): ShapedChain {
  const shape = findShapeAbove(path);
  const extra = path.length - lengths[shape];
  const attested = path.flatMap((certificate, index) => (hasAttestation(certificate) ? [index] : []));
  const hasAttestKey = extra === 1 && attested.join() === '0,1';
  const attestationIndex = hasAttestKey ? 2 : 1;
  if (hasAttestKey) return { shape, hasAttestKey, attestationIndex, faults: [] };
  const faults: KnownReasonCode[] = [];
  if (!attested.includes(0)) faults.push('attestation_missing');
  if (attested.some((index) => index > 0)) faults.push('attestation_repeated');
  if (extra !== 0) faults.push('chain_length_refused');
  return { shape, hasAttestKey, attestationIndex, faults };
}

function findShapeAbove(path: readonly Certificate[]): AttestationChainShape {
  const top = path.at(-1);
  if (top === undefined) return 'direct';
  const isDroidCa =
    findNameText(top.subject, oid.commonName).join() === 'Droid CA2' &&
    findNameText(top.subject, oid.organizationName).join() === 'Google LLC';
  if (isDroidCa) return 'remotely-provisioned';
  const isFactory = findNameText(top.subject, SERIAL_NUMBER).length > 0 || path.length === lengths.factory;
  return isFactory && path.length > lengths.direct ? 'factory' : 'direct';
}

/** The attribute by which factory CAs are named (RFC 4519 section 2.31). */
const SERIAL_NUMBER = '2.5.4.5';

function hasAttestation({ extensions }: Certificate): boolean {
  return extensions.all.some(({ type }) => type === ATTESTATION_EXTENSION);
}
