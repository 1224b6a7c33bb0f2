// integrity/play: imports core and contracts only; types only.

/** A value that Google may add later. It is kept as it came and satisfies nothing. */
type UnlistedValue = string & Record<never, never>;

/** What Google says of the app binary: known to Play as it is, not known, or not evaluated. */
export type PlayAppRecognitionVerdict =
  'UNKNOWN' | 'PLAY_RECOGNIZED' | 'UNRECOGNIZED_VERSION' | 'UNEVALUATED' | UnlistedValue;

/** An integrity level that the device meets. Levels are cumulative: a device reports each one it meets. */
export type PlayDeviceRecognitionLabel =
  | 'UNKNOWN'
  | 'MEETS_BASIC_INTEGRITY'
  | 'MEETS_DEVICE_INTEGRITY'
  | 'MEETS_STRONG_INTEGRITY'
  | 'MEETS_VIRTUAL_INTEGRITY'
  | UnlistedValue;

/** How many tokens the app asked for on this device in the last hour: `LEVEL_1` is the fewest, `LEVEL_4` the most. */
export type PlayDeviceActivityLevel =
  | 'DEVICE_ACTIVITY_LEVEL_UNSPECIFIED'
  | 'UNEVALUATED'
  | 'LEVEL_1'
  | 'LEVEL_2'
  | 'LEVEL_3'
  | 'LEVEL_4'
  | UnlistedValue;

/** Whether the user of the device got the app from Google Play. */
export type PlayAppLicensingVerdict = 'UNKNOWN' | 'LICENSED' | 'UNLICENSED' | 'UNEVALUATED' | UnlistedValue;

/** How usual the activity of the user's account in Google Play is. */
export type PlayAccountActivityLevel =
  | 'ACTIVITY_LEVEL_UNSPECIFIED'
  | 'UNEVALUATED'
  | 'UNUSUAL'
  | 'UNKNOWN'
  | 'TYPICAL_BASIC'
  | 'TYPICAL_STRONG'
  | UnlistedValue;

/** Other apps on the device that could read or steer ours: from Play or a known source (`KNOWN`), or not. */
export type PlayAppsDetected =
  | 'APPS_DETECTED_UNSPECIFIED'
  | 'KNOWN_INSTALLED'
  | 'KNOWN_CAPTURING'
  | 'KNOWN_OVERLAYS'
  | 'KNOWN_CONTROLLING'
  | 'UNKNOWN_INSTALLED'
  | 'UNKNOWN_CAPTURING'
  | 'UNKNOWN_OVERLAYS'
  | 'UNKNOWN_CONTROLLING'
  | UnlistedValue;

/** What Play Protect found; `POSSIBLE_RISK` means that it is switched off. */
export type PlayProtectVerdict =
  | 'PLAY_PROTECT_VERDICT_UNSPECIFIED'
  | 'UNEVALUATED'
  | 'NO_ISSUES'
  | 'NO_DATA'
  | 'MEDIUM_RISK'
  | 'HIGH_RISK'
  | 'POSSIBLE_RISK'
  | UnlistedValue;

/**
 * The payload of a Play Integrity token, in Google's own words (discovery document of `playintegrity` v1,
 * `TokenPayloadExternal`; developer.android.com/google/play/integrity/verdicts).
 *
 * Members that Google left out are `null`, lists that it left out are empty: Google omits what is unset, and an absent
 * list of labels means the same as an empty one. JSON-compatible.
 */
export interface PlayIntegrityPayload {
  readonly requestDetails: {
    /** The package the app asked for. The caller of the API can choose it: rely on `appIntegrity`. */
    readonly requestPackageName: string;
    /** When the token was asked for, in milliseconds since 1970. */
    readonly timestampMillis: number;
    /** As the app passed it; set for classic requests only. */
    readonly nonce: string | null;
    /** As the app passed it; set for standard requests only. */
    readonly requestHash: string | null;
  };
  readonly appIntegrity: {
    readonly appRecognitionVerdict: PlayAppRecognitionVerdict | null;
    /** This and the next two are set only if the app was evaluated. */
    readonly packageName: string | null;
    /** SHA-256 of the signing certificates, base64url as Google writes it. */
    readonly certificateSha256Digest: readonly string[];
    /** Decimal digits: the wire type is a 64-bit integer. */
    readonly versionCode: string | null;
  };
  readonly deviceIntegrity: {
    readonly deviceRecognitionVerdict: readonly PlayDeviceRecognitionLabel[];
    /** Android SDK level; only if opted in and evaluated. */
    readonly sdkVersion: number | null;
    readonly deviceActivityLevel: PlayDeviceActivityLevel | null;
    /** Three bits a developer may keep about a device, and the months (`yyyymm`) in which they were last set. */
    readonly deviceRecall: {
      readonly bitFirst: boolean | null;
      readonly bitSecond: boolean | null;
      readonly bitThird: boolean | null;
      readonly yyyymmFirst: number | null;
      readonly yyyymmSecond: number | null;
      readonly yyyymmThird: number | null;
    };
  };
  readonly accountDetails: {
    readonly appLicensingVerdict: PlayAppLicensingVerdict | null;
    readonly activityLevel: PlayAccountActivityLevel | null;
  };
  readonly environmentDetails: {
    readonly appsDetected: readonly PlayAppsDetected[];
    readonly playProtectVerdict: PlayProtectVerdict | null;
  };
  readonly testingDetails: {
    /** True if the answer is one that somebody set for a test account in Play Console. */
    readonly isTestingResponse: boolean;
  };
}
