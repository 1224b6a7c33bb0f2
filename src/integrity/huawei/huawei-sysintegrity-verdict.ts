// integrity/huawei: imports core, contracts and this folder only.

import type { IntegrityVerdict } from '../../contracts/integrity-verdict.js';

/** Name of the provider: the `provider` member of SysIntegrity evidence. */
export const HUAWEI_SYSINTEGRITY = 'huawei-sysintegrity';

/**
 * Three products of Huawei share the name and differ in algorithm, trust anchor and payload:
 *
 * - `hms`: `sysIntegrity` of HMS Core Safety Detect, on Android-based systems;
 * - `harmonyos`: `checkSysIntegrity` of HarmonyOS 5.0.0 and later;
 * - `harmonyos-enhanced`: `checkSysIntegrityEnhanced` of HarmonyOS 6.0.0 and later.
 */
export type HuaweiTokenKind = 'hms' | 'harmonyos' | 'harmonyos-enhanced';

/**
 * What a SysIntegrity token says, under the same names for all three kinds. `null` or an empty list stands for a member
 * that the token does not have. JSON-compatible.
 */
export interface HuaweiSysIntegrityPayload {
  /** `apkPackageName` or `hapBundleName`. */
  readonly packageName: string;
  /** `apkCertificateDigestSha256` or `hapCertificateSha256`: SHA-256 of the signing certificates, as Huawei writes them. */
  readonly certificateSha256: readonly string[];
  /** SHA-256 of the app package, base64; HMS Core only. */
  readonly apkDigestSha256: string | null;
  /** The one verdict. Huawei warns of false alarms and against using it as the only basis of a decision. */
  readonly basicIntegrity: boolean;
  /** Why `basicIntegrity` is false, such as `root`, `unlocked`, `jailbreak`, `emulator`, `attack`, `unlock`. */
  readonly detail: readonly string[];
  /** What Huawei advises, such as `RESTORE_TO_FACTORY_ROM`; HMS Core only. */
  readonly advice: string | null;
  /** App id in AppGallery Connect. Old HMS Core tokens have none. */
  readonly appId: string | null;
  /** Version of the payload; enhanced tokens only. */
  readonly version: number | null;
  readonly nonce: string | null;
  /** When Huawei made the verdict, in milliseconds since 1970. */
  readonly timestampMillis: number;
}

/** The verdict of a SysIntegrity token, with everything Huawei said as `details`. */
export interface HuaweiSysIntegrityVerdict extends IntegrityVerdict {
  readonly provider: typeof HUAWEI_SYSINTEGRITY;
  readonly kind: HuaweiTokenKind;
  readonly details: HuaweiSysIntegrityPayload;
}

/**
 * Tells whether a verdict came from SysIntegrity, so that a policy rule of your own may read Huawei's own words:
 * `verdicts.filter(isHuaweiSysIntegrityVerdict).some((verdict) => verdict.details.detail.includes('unlocked'))`.
 */
export function isHuaweiSysIntegrityVerdict(verdict: IntegrityVerdict): verdict is HuaweiSysIntegrityVerdict {
  return verdict.provider === HUAWEI_SYSINTEGRITY;
}
