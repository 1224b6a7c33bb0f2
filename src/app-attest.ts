// door: re-exports only. `device-trust/app-attest`.

export { createAppAttestProvider } from './integrity/apple/app-attest-provider.js';
export type { AppAttestProvider, AppAttestProviderOptions } from './integrity/apple/app-attest-provider.js';
export { createAppAttestReceiptClient } from './integrity/apple/app-attest-receipt-client.js';
export type {
  AppAttestReceiptClient,
  AppAttestReceiptClientOptions,
  RefreshReceiptOutcome,
} from './integrity/apple/app-attest-receipt-client.js';
export { isAppAttestVerdict } from './integrity/apple/app-attest-verdict.js';
export type { AppAttestDetails, AppAttestVerdict } from './integrity/apple/app-attest-verdict.js';
export { parseAppAttestReceipt } from './integrity/apple/parse-app-attest-receipt.js';
export type { AppAttestReceipt } from './integrity/apple/parse-app-attest-receipt.js';
export { refreshRiskMetric } from './integrity/apple/refresh-risk-metric.js';
export type {
  RefreshRiskMetricOutcome,
  RefreshRiskMetricRequest,
} from './integrity/apple/refresh-risk-metric.js';
export { verifyAppAssertion } from './integrity/apple/verify-app-assertion.js';
export type {
  VerifiedAppAssertion,
  VerifyAppAssertionRequest,
} from './integrity/apple/verify-app-assertion.js';
export { verifyAppAttestReceipt } from './integrity/apple/verify-app-attest-receipt.js';
export type { VerifyAppAttestReceiptRequest } from './integrity/apple/verify-app-attest-receipt.js';
export { verifyAppAttestation } from './integrity/apple/verify-app-attestation.js';
export type {
  AppAttestationOptions,
  VerifyAppAttestationRequest,
} from './integrity/apple/verify-app-attestation.js';
export type { VerifiedAppAttestation } from './integrity/apple/verify-attestation.js';
export type { AppAttestEnvironment } from './integrity/apple/app-attest-environment.js';
export type { AppAttestExtensions } from './integrity/apple/parse-extensions.js';
export type { AttestedSystem } from './integrity/apple/credential-extensions.js';
export type { AssertionClaim } from './integrity/apple/evaluate-assertion.js';
export type { AttestationClaim } from './integrity/apple/verify-attestation.js';
export type { CategoryOptions } from './integrity/apple/category-rules.js';
export type { VendorCallOptions } from './vendor/vendor-call-options.js';
export type { VendorCallsState } from './vendor/vendor-calls.js';
export type { Timer } from './core/timer.js';
