// door: re-exports only. `device-trust/harmonyos-key-attestation`.

export { createHarmonyOsKeyAttestationProvider } from './integrity/huawei/harmonyos-key-attestation-provider.js';
export type {
  HarmonyOsKeyAttestationProvider,
  HarmonyOsKeyAttestationProviderOptions,
} from './integrity/huawei/harmonyos-key-attestation-provider.js';
export {
  HARMONYOS_KEY_ATTESTATION,
  isHarmonyOsKeyAttestationVerdict,
} from './integrity/huawei/harmonyos-key-attestation-verdict.js';
export type {
  HarmonyOsKeyAttestationDetails,
  HarmonyOsKeyAttestationVerdict,
} from './integrity/huawei/harmonyos-key-attestation-verdict.js';
