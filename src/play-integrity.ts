// door: re-exports only. `device-trust/play-integrity`.

export { createPlayIntegrityProvider } from './integrity/play/play-integrity-provider.js';
export type {
  PlayIntegrityProvider,
  PlayIntegrityProviderOptions,
} from './integrity/play/play-integrity-provider.js';
export { localDecryption } from './integrity/play/local-decryption.js';
export type { LocalDecryptionOptions } from './integrity/play/local-decryption.js';
export { googleDecode } from './integrity/play/google-decode.js';
export type { GoogleDecodeOptions, GoogleDecoder } from './integrity/play/google-decode.js';
export { PLAY_INTEGRITY_SCOPE } from './integrity/play/google-access-token.js';
export type { AccessTokenSource, GoogleServiceAccountKey } from './integrity/play/google-access-token.js';
export { createVendorBudget } from './vendor/vendor-budget.js';
export type { VendorBudget, VendorBudgetOptions, VendorSpending } from './vendor/vendor-budget.js';
export type { VendorCallOptions } from './vendor/vendor-call-options.js';
export type { VendorCallsState } from './vendor/vendor-calls.js';
export type { Timer } from './core/timer.js';
export type {
  DecodePlayIntegrityRequest,
  PlayIntegrityDecoder,
} from './integrity/play/play-integrity-decoder.js';
export { isPlayIntegrityVerdict } from './integrity/play/play-integrity-verdict.js';
export type { PlayIntegrityVerdict } from './integrity/play/play-integrity-verdict.js';
export type {
  PlayAccountActivityLevel,
  PlayAppLicensingVerdict,
  PlayAppRecognitionVerdict,
  PlayAppsDetected,
  PlayDeviceActivityLevel,
  PlayDeviceRecognitionLabel,
  PlayIntegrityPayload,
  PlayProtectVerdict,
} from './integrity/play/play-integrity-payload.js';
