// integrity/apple: imports contracts and this folder only.

import type { IntegrityVerdict } from '../../contracts/integrity-verdict.js';
import type { AppAttestEnvironment } from './app-attest-environment.js';
import type { AppAttestExtensions } from './parse-extensions.js';

/** A team has ten characters, and a dot stands between it and the bundle. */
const TEAM_LENGTH = 11;

/** Name of the provider: the `provider` member of App Attest evidence. */
export const APPLE_APP_ATTEST = 'apple-app-attest';

/** What is known of a key and its app. JSON-compatible; `null` where Apple does not say. */
export interface AppAttestDetails {
  /** Apple's name of the key: base64 of the SHA-256 of its point. */
  readonly keyId: string;
  /** `TEAMID.bundle`. */
  readonly appId: string;
  readonly environment: AppAttestEnvironment;
  /** Version of the system at the attestation, such as `17.2.1`. */
  readonly osVersion: string | null;
  /** Build of the system at the attestation, such as `21C66`; from iOS 17 on. */
  readonly osBuild: string | null;
  /** CFBundleVersion of the app; from iOS 27 on. */
  readonly bundleVersion: string | null;
  /** How the app came to the device; from iOS 27 on. An assertion that does not say repeats the attestation. */
  readonly validationCategory: AppAttestExtensions['validationCategory'];
  /** Counter of the key: 0 in an attestation. */
  readonly counter: number;
  /** About how many keys the app had attested on this device, by the newest receipt that was kept. */
  readonly riskMetric: number | null;
}

/** The verdict of App Attest: of a new key, or of one that was attested before. */
export interface AppAttestVerdict extends IntegrityVerdict {
  readonly provider: typeof APPLE_APP_ATTEST;
  readonly kind: 'attestation' | 'assertion';
  readonly details: AppAttestDetails;
}

/**
 * Tells whether a verdict came from App Attest, so that a policy rule of your own may read the details:
 * `verdicts.filter(isAppAttestVerdict).some((verdict) => (verdict.details.riskMetric ?? 0) > 10)`.
 */
export function isAppAttestVerdict(verdict: IntegrityVerdict): verdict is AppAttestVerdict {
  return verdict.provider === APPLE_APP_ATTEST;
}

/**
 * Puts a verdict into the words of all vendors.
 *
 * Apple vouches that an unmodified app of this id made the key in the Secure Enclave of a genuine device: `device`. It is not
 * `strong`: App Attest says nothing of a jailbreak at run time, and the key of the certification request is bound to the
 * attested one but not attested itself. A key of the development environment can be made by anyone with the source: `basic`.
 */
export function createAppAttestVerdict(
  kind: AppAttestVerdict['kind'],
  issuedAt: Date,
  details: AppAttestDetails,
): AppAttestVerdict {
  const { environment, osVersion, validationCategory, riskMetric } = details;
  return {
    provider: APPLE_APP_ATTEST,
    kind,
    issuedAt,
    app: {
      packageName: details.appId.slice(TEAM_LENGTH),
      certificateSha256: [], // the team is in the app id; Apple names no certificate
      version: details.bundleVersion,
      recognition: 'recognized',
      licensing: 'unevaluated',
    },
    device: {
      integrity: environment === 'production' ? 'device' : 'basic',
      labels: [
        `environment:${environment}`,
        ...(validationCategory === null ? [] : [`validation-category:${validationCategory}`]),
        ...(osVersion === null ? [] : [`os:${osVersion}`]),
        ...(riskMetric === null ? [] : [`risk-metric:${riskMetric}`]),
      ],
    },
    details,
  };
}
