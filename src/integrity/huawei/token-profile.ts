// integrity/huawei: imports core, contracts, x509 and this folder only.

import type { DeviceIntegrity } from '../../contracts/integrity-verdict.js';
import type { Certificate } from '../../x509/certificate.js';
import { findNameText } from '../../x509/distinguished-name.js';
import { oid } from '../../x509/oid.js';
import type { HuaweiSysIntegrityPayload, HuaweiTokenKind } from './huawei-sysintegrity-verdict.js';
import { parseHarmonyOsPayload, parseHmsPayload } from './parse-huawei-payload.js';
import {
  HUAWEI_CBG_ECC_DEVICE_ATTESTATION_ROOT_CA_1,
  HUAWEI_CBG_ROOT_CA,
  HUAWEI_CBG_ROOT_CA_G2,
} from './pinned-roots.js';

/** Signature algorithms of SysIntegrity tokens (RFC 7518 section 3.1). */
export type HuaweiAlgorithm = 'RS256' | 'PS256' | 'ES256';

/** What is particular to one kind of token. */
export interface TokenProfile {
  readonly kind: HuaweiTokenKind;
  readonly algorithms: readonly HuaweiAlgorithm[];
  /** How many certificates `x5c` may have. */
  readonly certificates: { readonly least: number; readonly most: number };
  /** Whether the leaf belongs to the service that signs tokens of this kind. */
  isSigner(leaf: Certificate): boolean;
  /** PEM. */
  readonly roots: readonly string[];
  parsePayload(json: unknown): HuaweiSysIntegrityPayload;
  /** Whether the payload must name the app id. */
  readonly alwaysNamesAppId: boolean;
  /** What `basicIntegrity: true` is worth. */
  readonly integrityIfTrue: DeviceIntegrity;
}

const SERVICE_HOST = 'sysintegrity.platform.hicloud.com';
const ATTESTATION_SERVICE = 'Harmony OS Device Attestation Service';

/**
 * The kinds of tokens, as Huawei documents them (HMS Core guide "SysIntegrity API"; HarmonyOS guides "System integrity
 * check" and "Enhanced system integrity check").
 *
 * What `true` is worth: Huawei gives one boolean, called *basic* integrity, and does not say that the device is certified;
 * HMS Core also runs on devices of others. So `hms` and `harmonyos` prove `basic`. The enhanced check also looks at the
 * lock of the boot loader and only exists on Huawei's own system, which is what `device` means. A team that thinks
 * otherwise says so in a policy rule, over `isHuaweiSysIntegrityVerdict`.
 */
export const tokenProfiles: readonly TokenProfile[] = [
  {
    kind: 'hms',
    algorithms: ['RS256', 'PS256'],
    certificates: { least: 2, most: 4 },
    isSigner: isServiceHost,
    roots: [HUAWEI_CBG_ROOT_CA],
    parsePayload: parseHmsPayload,
    alwaysNamesAppId: false,
    integrityIfTrue: 'basic',
  },
  {
    kind: 'harmonyos',
    algorithms: ['ES256'],
    certificates: { least: 3, most: 3 },
    isSigner: isServiceHost,
    roots: [HUAWEI_CBG_ROOT_CA_G2],
    parsePayload: parseHarmonyOsPayload,
    alwaysNamesAppId: true,
    integrityIfTrue: 'basic',
  },
  {
    kind: 'harmonyos-enhanced',
    algorithms: ['ES256'],
    certificates: { least: 3, most: 3 },
    isSigner: (leaf) => hasCommonName(leaf, ATTESTATION_SERVICE),
    roots: [HUAWEI_CBG_ECC_DEVICE_ATTESTATION_ROOT_CA_1],
    parsePayload: parseHarmonyOsPayload,
    alwaysNamesAppId: true,
    integrityIfTrue: 'device',
  },
];

/**
 * The host stands in the subjectAltName if there is one, else in the common name (RFC 6125 section 6.4.4): the leaf of HMS
 * Core has no subjectAltName. No wildcards.
 */
function isServiceHost(leaf: Certificate): boolean {
  const names = leaf.extensions.subjectAltNames;
  return names === null ? hasCommonName(leaf, SERVICE_HOST) : names.dnsNames.includes(SERVICE_HOST);
}

/** One common name, and this one. */
function hasCommonName(leaf: Certificate, name: string): boolean {
  const commonNames = findNameText(leaf.subject, oid.commonName);
  return commonNames.length === 1 && commonNames[0] === name;
}
