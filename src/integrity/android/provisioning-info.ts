// integrity/android: imports core, cbor, x509 and this folder only.

import { MalformedError } from '../../core/errors.js';
import { isCborMap, type CborMap } from '../../cbor/cbor-value.js';
import { parseCbor } from '../../cbor/parse-cbor.js';
import type { Certificate } from '../../x509/certificate.js';

/** What Google's server wrote into the certificate of an attestation key that it provisioned. `null`: not there. */
export interface ProvisioningInfo {
  /** Attestation certificates given to this phone of late (about a month), rounded up. A large number is a sign of abuse. */
  readonly certificatesIssued: number | null;
  readonly manufacturer: string | null;
  /** `TEE` or `STRONG_BOX`. */
  readonly securityLevel: string | null;
}

const PROVISIONING_EXTENSION = '1.3.6.1.4.1.11129.2.1.30';

/**
 * Reads the provisioning information of an attestation certificate (extension 1.3.6.1.4.1.11129.2.1.30: a CBOR map by
 * numbers). It has no version and changes without notice, so that what cannot be read is taken as absent, as by
 * `android/keyattestation`.
 */
export function findProvisioningInfo({ extensions }: Certificate): ProvisioningInfo | null {
  const extension = extensions.all.find(({ type }) => type === PROVISIONING_EXTENSION);
  const map = extension === undefined ? null : readMap(extension.value);
  if (map === null) return null;
  const certificatesIssued = map.get(1);
  return {
    certificatesIssued: typeof certificatesIssued === 'number' ? certificatesIssued : null,
    manufacturer: textOf(map, 3),
    securityLevel: textOf(map, 4),
  };
}

function readMap(der: Uint8Array): CborMap | null {
  try {
    const value = parseCbor(der);
    return isCborMap(value) ? value : null;
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}

function textOf(map: CborMap, key: number): string | null {
  const value = map.get(key);
  return typeof value === 'string' ? value : null;
}
