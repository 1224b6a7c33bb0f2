// contracts: imports core and contracts; types only.

/** What the vendor says of the app binary. `unevaluated` is never good news: several kinds of attack end in it. */
export type AppRecognition = 'recognized' | 'unrecognized' | 'unevaluated';

/** What the vendor says of how the app got to the device. */
export type AppLicensing = 'licensed' | 'unlicensed' | 'unevaluated';

/**
 * How much of the device's integrity the evidence proves, weakest first: `failed` (evaluated, nothing is met, or
 * reported compromised), `unevaluated`, `basic`, `device` (certified and intact), `strong` (and proven by recent hardware).
 */
export type DeviceIntegrity = 'failed' | 'unevaluated' | 'basic' | 'device' | 'strong';

/**
 * What a provider proved, in words that are the same for every vendor (the attestation result of RFC 9334).
 *
 * A verdict exists only if the evidence is genuine, fresh, of the expected app and bound to this request. It is a
 * signal: the {@link Policy} decides what it is worth.
 */
export interface IntegrityVerdict {
  /** Name of the provider that verified the evidence. */
  readonly provider: string;
  /** Kind of evidence within the provider, such as `classic` or `harmonyos`. */
  readonly kind: string;
  /** When the evidence was made, by the vendor's clock. */
  readonly issuedAt: Date;
  readonly app: {
    /** Package or bundle name as the vendor saw it; `null` where the vendor did not evaluate the app. */
    readonly packageName: string | null;
    /** SHA-256 of the app's signing certificates, lower-case hex. */
    readonly certificateSha256: readonly string[];
    /** Version code or name as the vendor saw it; `null` where the evidence has none. */
    readonly version: string | null;
    readonly recognition: AppRecognition;
    readonly licensing: AppLicensing;
  };
  readonly device: {
    readonly integrity: DeviceIntegrity;
    /** Every label of the vendor, verbatim, known to us or not. */
    readonly labels: readonly string[];
  };
  /** The provider's own typed verdict, for rules of that vendor; JSON-compatible, never the token. */
  readonly details: unknown;
}
