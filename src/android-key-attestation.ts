// door: re-exports only. `device-trust/android-key-attestation`.

export { createAndroidKeyAttestationProvider } from './integrity/android/android-key-attestation-provider.js';
export type {
  AndroidKeyAttestationProvider,
  AndroidKeyAttestationProviderOptions,
} from './integrity/android/android-key-attestation-provider.js';
export { googleAttestationRoots, parseAttestationRoots } from './integrity/android/attestation-roots.js';
export type { AttestationAnchor } from './integrity/android/attestation-roots.js';
export type { AttestationChainShape } from './integrity/android/attestation-shape.js';
export { createFixedStatusList, findStatusFault } from './integrity/android/attestation-status-list.js';
export type { AttestationStatusList } from './integrity/android/attestation-status-list.js';
export { createKeyAttestationFacts } from './integrity/android/key-attestation-facts.js';
export type { BootFacts, KeyAttestationFacts } from './integrity/android/key-attestation-facts.js';
export {
  defaultKeyAttestationRequirements,
  requireGenerated,
  requirePatchLevel,
  requireSecurityLevel,
  requireSigningPurpose,
  requireVerifiedBoot,
} from './integrity/android/key-attestation-requirement.js';
export type {
  KeyAttestationRequirement,
  PatchLevelOptions,
} from './integrity/android/key-attestation-requirement.js';
export { isAndroidKeyAttestationVerdict } from './integrity/android/key-attestation-verdict.js';
export type { AndroidKeyAttestationVerdict } from './integrity/android/key-attestation-verdict.js';
export type {
  AttestationApplicationId,
  AuthorizationList,
  KeyDescription,
  KeySecurityLevel,
  RootOfTrust,
  VerifiedBootState,
} from './integrity/android/key-description.js';
export type { LinkMemory } from './integrity/android/link-memory.js';
export { parseKeyDescription } from './integrity/android/parse-key-description.js';
export type { AttestationStatuses } from './integrity/android/parse-status-list.js';
export type { ProvisioningInfo } from './integrity/android/provisioning-info.js';
export { createAttestationStatusList } from './integrity/android/remote-status-list.js';
export type {
  AttestationStatusListOptions,
  RemoteStatusList,
} from './integrity/android/remote-status-list.js';
export { verifyAttestationChain } from './integrity/android/verify-attestation-chain.js';
export type {
  VerifiedAttestation,
  VerifyAttestationChainRequest,
} from './integrity/android/verify-attestation-chain.js';
export type { VendorCallOptions } from './vendor/vendor-call-options.js';
export type { VendorCallsState } from './vendor/vendor-calls.js';
export type { Timer } from './core/timer.js';
