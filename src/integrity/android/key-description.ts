// integrity/android: imports nothing.

/** Where a key lives. `unknown`: a level that this library has no word for; it is never taken for hardware. */
export type KeySecurityLevel = 'software' | 'trusted-environment' | 'strongbox' | 'unknown';

/** What the bootloader made of the system that it started. */
export type VerifiedBootState = 'verified' | 'self-signed' | 'unverified' | 'failed';

/** State of the bootloader when the key was made, as the secure hardware was told by it. */
export interface RootOfTrust {
  /** SHA-256 of the key that the system is signed with. All zero where there is none, and on some locked phones too. */
  readonly verifiedBootKey: string;
  readonly deviceLocked: boolean;
  readonly verifiedBootState: VerifiedBootState;
  /** Digest of all that was verified; `null` in versions 1 and 2, which do not have it. */
  readonly verifiedBootHash: string | null;
}

/** The app that asked for the key, as the system saw it. */
export interface AttestationApplicationId {
  /** More than one if apps share a user id. */
  readonly packages: readonly { readonly name: string; readonly version: number }[];
  /** SHA-256 of the signing certificates, hex. */
  readonly signatureDigests: readonly string[];
}

/**
 * What is known of a key and of the system around it (AOSP, `KeyCreationResult.aidl` and `Tag.aidl`); the number of each
 * tag stands beside its name. `null` stands for a field that is absent, or is not in its form: those are named in
 * `malformedFields`. Bytes are lower-case hex, times are milliseconds since 1970, codes are the numbers of AOSP. Of a flag,
 * `false` means absent.
 */
export interface AuthorizationList {
  /** 1. What the key may do: 0 encrypt, 1 decrypt, 2 sign, 3 verify, 5 wrap, 6 agree, 7 attest other keys. */
  readonly purpose: readonly number[] | null;
  /** 2. 1 RSA, 3 EC, 4 ML-DSA. */
  readonly algorithm: number | null;
  /** 3. In bits. */
  readonly keySize: number | null;
  /** 4. */
  readonly blockMode: readonly number[] | null;
  /** 5. 0 none, 4 SHA-256, 5 SHA-384, 6 SHA-512. */
  readonly digest: readonly number[] | null;
  /** 6. */
  readonly padding: readonly number[] | null;
  /** 7. */
  readonly callerNonce: boolean | null;
  /** 8. */
  readonly minMacLength: number | null;
  /** 10. 1 is P-256. */
  readonly ecCurve: number | null;
  /** 11. */
  readonly mlDsaVariant: number | null;
  /** 200. */
  readonly rsaPublicExponent: number | null;
  /** 203. */
  readonly mgfDigest: readonly number[] | null;
  /** 303; 703 in versions 1 and 2. */
  readonly rollbackResistance: boolean | null;
  /** 305. */
  readonly earlyBootOnly: boolean | null;
  /** 400. */
  readonly activeDateTime: number | null;
  /** 401. */
  readonly originationExpireDateTime: number | null;
  /** 402. */
  readonly usageExpireDateTime: number | null;
  /** 405. */
  readonly usageCountLimit: number | null;
  /** 503. */
  readonly noAuthRequired: boolean | null;
  /** 504. */
  readonly userAuthType: number | null;
  /** 505. In seconds. */
  readonly authTimeout: number | null;
  /** 506. */
  readonly allowWhileOnBody: boolean | null;
  /** 507. */
  readonly trustedUserPresenceRequired: boolean | null;
  /** 508. */
  readonly trustedConfirmationRequired: boolean | null;
  /** 509. */
  readonly unlockedDeviceRequired: boolean | null;
  /** 600. The key is not bound to an app. */
  readonly allApplications: boolean | null;
  /** 601. */
  readonly applicationId: string | null;
  /** 701. When the key was made, by the clock of the system. */
  readonly creationDateTime: number | null;
  /** 702. 0 generated, 1 derived, 2 imported, 3 unknown, 4 securely imported. */
  readonly origin: number | null;
  /** 704. */
  readonly rootOfTrust: RootOfTrust | null;
  /** 705. Such as 160000 for version 16. */
  readonly osVersion: number | null;
  /** 706. Year and month, such as 202511. */
  readonly osPatchLevel: number | null;
  /** 709. */
  readonly attestationApplicationId: AttestationApplicationId | null;
  /** 710. */
  readonly attestationIdBrand: string | null;
  /** 711. */
  readonly attestationIdDevice: string | null;
  /** 712. */
  readonly attestationIdProduct: string | null;
  /** 713. */
  readonly attestationIdSerial: string | null;
  /** 714. */
  readonly attestationIdImei: string | null;
  /** 715. */
  readonly attestationIdMeid: string | null;
  /** 716. */
  readonly attestationIdManufacturer: string | null;
  /** 717. */
  readonly attestationIdModel: string | null;
  /** 718. Year, month and mostly day, such as 20251105. */
  readonly vendorPatchLevel: number | null;
  /** 719. As 718. */
  readonly bootPatchLevel: number | null;
  /** 720. */
  readonly deviceUniqueAttestation: boolean | null;
  /** 723. */
  readonly attestationIdSecondImei: string | null;
  /** 724. SHA-256 over the modules of the system. */
  readonly moduleHash: string | null;
  /** Tags that this library does not know, as they came. */
  readonly unknownTags: readonly { readonly tag: number; readonly value: string }[];
  /** Names of the fields that are there and not in their form. They read as `null`, and nothing may rest on them. */
  readonly malformedFields: readonly string[];
  /** Whether the tags come in the order that DER demands: on some phones they do not. */
  readonly tagsInOrder: boolean;
}

/**
 * The attestation of one key: what its secure hardware says of it (`KeyDescription`, extension 1.3.6.1.4.1.11129.2.1.17).
 * JSON-compatible; bytes are lower-case hex.
 */
export interface KeyDescription {
  /** 1 to 4: Keymaster 2 to 4.1. 100, 200, 300, 400, 500: KeyMint 1 to 5. */
  readonly attestationVersion: number;
  /** Where the attestation was made. */
  readonly attestationSecurityLevel: KeySecurityLevel;
  readonly keyMintVersion: number;
  /** Where the key is. */
  readonly keyMintSecurityLevel: KeySecurityLevel;
  readonly attestationChallenge: string;
  /** Nearly always empty. */
  readonly uniqueId: string;
  /** What the system says: worth as much as the system is. */
  readonly softwareEnforced: AuthorizationList;
  /** What the secure hardware says. */
  readonly hardwareEnforced: AuthorizationList;
}
