// core: imports nothing.

/**
 * Every reason code of the library: the machine-readable "why" inside a refusal or a decision. They go to the audit
 * trail, and to the client only where the operator says so.
 *
 * Providers and policies written elsewhere may use codes of their own (see {@link ReasonCode}).
 */
export const reasonCodes = {
  // Evidence: what a provider found (any vendor).
  binding_mismatch: 'The evidence is bound to another challenge or another public key.',
  binding_missing: 'The evidence is bound to nothing.',
  signature_invalid: 'A signature does not verify.',
  algorithm_refused: 'An algorithm is not on the allow-list.',
  decryption_failed: 'The token does not decrypt with our keys.',
  evidence_too_old: 'The evidence was made longer ago than is allowed.',
  evidence_from_future: 'The evidence was made later than our clock, beyond the allowed skew.',
  app_package_mismatch: 'The evidence names another app.',
  app_certificate_mismatch: 'The app was signed with another key.',
  app_version_too_old: 'The app version is below the required one.',
  app_id_mismatch: 'The evidence names another vendor app id.',
  testing_response: 'The vendor marks the verdict as a test answer.',
  evidence_undecodable: 'The vendor answered that it cannot decode the token.',
  leaf_name_mismatch: 'The signing certificate belongs to another service.',
  chain_length_refused: 'The evidence carries too few or too many certificates.',

  // Attested keys: Android key attestation, App Attest, HarmonyOS key attestation.
  attested_key_mismatch: 'The attested key is not the key of the certification request.',
  attested_key_unsupported: 'The attested key is of a kind that we cannot certify.',
  attested_key_unknown: 'The evidence was made with a key that was never attested to us.',
  attested_key_of_other_device: 'The attested key speaks for another device.',
  attestation_missing: 'The certificate of the attested key carries no attestation.',
  attestation_repeated:
    'A certificate other than that of the attested key carries an attestation: the chain was extended.',
  attestation_key_refused: 'An attestation key of the app issued the attestation, which is not allowed here.',
  attestation_software_root: 'The chain ends at a root whose private key is public.',
  attestation_revoked: 'A certificate of the chain is on the status list of the vendor.',
  attestation_incomplete: 'The attestation leaves out what has to be known.',
  key_identifier_mismatch: 'The evidence names a key by another identifier than its own.',
  counter_refused: 'The counter of the attested key is not what is due: a replay, or a cloned key.',
  environment_mismatch: 'The attestation is of another environment, such as development.',
  validation_category_refused: 'The app was distributed in a way that is not allowed.',
  security_level_too_low: 'The key is not in hardware, or in less secure hardware than is demanded.',
  key_not_generated: 'The key was not generated in the secure hardware.',
  key_manager_refused: 'The key is held by another implementation than the one that is known.',
  key_purpose_refused: 'The key may be used for something other than signing, or not for signing.',
  bootloader_unlocked: 'The bootloader is unlocked.',
  boot_not_verified: 'The system that booted is neither verified nor one on our list.',
  patch_level_too_old: 'The security patches of the system are older than is allowed.',
  provisioning_rate_too_high: 'The device was given suspiciously many attestation certificates of late.',
  app_mode_refused: 'The app is a debug build.',

  // Chains (RFC 5280 section 6).
  chain_empty: 'There is no certificate.',
  chain_too_long: 'There are more certificates than allowed.',
  no_trust_anchor: 'The chain does not end at a pinned trust anchor.',
  issuer_name_mismatch: 'A certificate was issued under another name than that of the next certificate.',
  issuer_not_ca: 'A certificate that issued another one is not a CA.',
  issuer_key_usage: 'A certificate that issued another one may not sign certificates.',
  path_length_exceeded: 'A path length constraint does not allow this many CAs.',
  leaf_is_ca: 'A CA certificate was presented as an end entity.',
  key_usage_refused: 'The key usage of the end entity does not allow this use.',
  extended_key_usage_refused:
    'The extended key usage of a certificate does not allow this use, or is missing.',
  certificate_expired: 'A certificate is past its end date.',
  certificate_not_yet_valid: 'A certificate is before its start date.',
  unknown_critical_extension: 'A certificate has a critical extension that we do not process.',
  constraint_not_supported:
    'A certificate or CRL has constraints that we do not process (policies, other kinds of names, delta or indirect lists).',
  name_not_permitted:
    'A certificate names something that the name constraints of a CA above it do not allow.',
  key_refused: 'A certificate has a key of a kind or size that we do not accept.',
  version_refused: 'A certificate that issued another one is not X.509 v3.',
  crl_not_yet_valid: 'The CRL was made later than our clock.',
  crl_stale: 'The CRL is past its next update, or older than allowed.',
  device_id_missing: 'The device certificate names no device.',
  tier_missing: 'The device certificate names no tier of ours.',

  tier_too_low: 'The tier of the device certificate is below what the route demands.',

  // Policy.
  evidence_missing: 'There is no evidence, and the policy has no path without it.',
  provider_not_accepted: 'The policy does not accept evidence of this provider alone.',
  app_not_recognized: 'The vendor does not recognise the app binary.',
  app_not_evaluated: 'The vendor did not evaluate the app.',
  app_not_licensed: 'The user did not get the app from the store.',
  device_integrity_too_low: 'The device meets no integrity level that the policy gives a tier for.',
  device_not_evaluated: 'The vendor did not evaluate the device.',
  device_reported_compromised: 'The vendor reports the device as compromised.',
  evidence_stale: 'The evidence is older than this rule allows.',
  earlier_evidence: 'Allowed on the strength of earlier evidence, which is young enough.',
  vendor_outage: 'Allowed although the vendor could not be asked, by the outage policy.',
  risk_accepted: 'Allowed without evidence, by the risk score of the team.',
  risk_too_high: 'Denied without evidence, by the risk score of the team.',
  fallback_without_evidence: 'Allowed without evidence, by the fallback of the policy.',
  tier_assigned: 'The tier follows from the evidence.',
} as const;

/** A reason code of this library. */
export type KnownReasonCode = keyof typeof reasonCodes;
/** A reason code of this library, or one of a provider or policy written elsewhere. */
export type ReasonCode = KnownReasonCode | (string & Record<never, never>);
