// front door "./testing": fakes and contract suites; named re-exports only. Fakes refuse NODE_ENV=production.

export { createFakeAndroidKeystore } from './testing/fake-android-keystore.js';
export { createFakeAppAttest } from './testing/fake-app-attest.js';
export { createFakeAppAttestReceiptServer } from './testing/fake-app-attest-receipt-server.js';
export { createFakeAuthorizationServer } from './testing/fake-authorization-server.js';
export { createFakeClock } from './testing/fake-clock.js';
export { createFakeGoogleDecodeServer } from './testing/fake-google-decode-server.js';
export { createFakeHarmonyOsKeystore } from './testing/fake-harmonyos-keystore.js';
export { createFakeHuawei } from './testing/fake-huawei.js';
export { createFakePeerRequest } from './testing/fake-peer-request.js';
export { createFakePlay } from './testing/fake-play.js';
export { createFakeStatusListServer } from './testing/fake-status-list-server.js';
export { createFakeTokenIssuer } from './testing/fake-token-issuer.js';
export { createSimulatedDevice } from './testing/simulated-device.js';
export { createTestAuthority } from './testing/test-authority.js';
export { createTlsClient } from './testing/tls-client.js';
// Contract suites, for any test runner
export { attestedKeyStoreContract } from './testing/contracts/attested-key-store-contract.js';
export { auditStoreContract } from './testing/contracts/audit-store-contract.js';
export { certificateAuthorityContract } from './testing/contracts/certificate-authority-contract.js';
export { certificateSearchContract } from './testing/contracts/certificate-search-contract.js';
export { certificateStoreContract } from './testing/contracts/certificate-store-contract.js';
export { changeFeedContract } from './testing/contracts/change-feed-contract.js';
export { crlSignerContract } from './testing/contracts/crl-signer-contract.js';
export { crlStoreContract } from './testing/contracts/crl-store-contract.js';
export { integrityProviderContract } from './testing/contracts/integrity-provider-contract.js';
export { leaseStoreContract } from './testing/contracts/lease-store-contract.js';
export { ocspSignerContract } from './testing/contracts/ocsp-signer-contract.js';
export { policyContract } from './testing/contracts/policy-contract.js';
export { rateLimitStoreContract } from './testing/contracts/rate-limit-store-contract.js';
export { renewalOrderStoreContract } from './testing/contracts/renewal-order-store-contract.js';
export { replayStoreContract } from './testing/contracts/replay-store-contract.js';
export { retentionContract } from './testing/contracts/retention-contract.js';
export { revocationStoreContract } from './testing/contracts/revocation-store-contract.js';
export { revokedCertificatesContract } from './testing/contracts/revoked-certificates-contract.js';
export { storesContract } from './testing/contracts/stores-contract.js';
export { usageCounterStoreContract } from './testing/contracts/usage-counter-store-contract.js';
export type { CertificateAuthorityContractOptions } from './testing/contracts/certificate-authority-contract.js';
export type { ChangeFeedContractOptions } from './testing/contracts/change-feed-contract.js';
export type { ContractCase, Disposable } from './testing/contracts/contract-case.js';
export type {
  CrlSignerContractOptions,
  CrlSignerUnderTest,
} from './testing/contracts/crl-signer-contract.js';
export type {
  IntegrityProviderContractOptions,
  ProviderUnderTest,
} from './testing/contracts/integrity-provider-contract.js';
export type { LeaseStoreContractOptions } from './testing/contracts/lease-store-contract.js';
export type {
  OcspSignerContractOptions,
  OcspSignerUnderTest,
} from './testing/contracts/ocsp-signer-contract.js';
export type { PolicyContractOptions } from './testing/contracts/policy-contract.js';
export type { RateLimitStoreContractOptions } from './testing/contracts/rate-limit-store-contract.js';
export type { StoreContractOptions } from './testing/contracts/store-contract-options.js';
export type { StoresContractOptions } from './testing/contracts/stores-contract.js';
export type { FakeAuthorizationList, FakeKeyDescription } from './testing/encode-key-description.js';
export type {
  ChangeKeyDescription,
  FakeAndroidKeystore,
  FakeAndroidKeystoreOptions,
  FakeAttestationRequest,
} from './testing/fake-android-keystore.js';
export type { FakeAttestationShape, FakeIssuersOptions } from './testing/fake-android-pki.js';
export type {
  FakeAppAttest,
  FakeAppAttestKey,
  FakeAppAttestOptions,
  FakeAssertionChanges,
  FakeAttestationChanges,
} from './testing/fake-app-attest.js';
export type {
  FakeAppAttestReceiptServer,
  FakeAppAttestReceiptServerOptions,
} from './testing/fake-app-attest-receipt-server.js';
export type { FakeReceiptChanges, FakeReceiptFields } from './testing/fake-app-attest-receipts.js';
export type { FakeAuthenticatorChanges } from './testing/fake-authenticator-data.js';
export type { FakeAuthorizationServer } from './testing/fake-authorization-server.js';
export type { FakeClock } from './testing/fake-clock.js';
export type {
  FakeHarmonyOsAttestationRequest,
  FakeHarmonyOsClaim,
  FakeHarmonyOsKeystore,
  FakeHarmonyOsKeystoreOptions,
} from './testing/fake-harmonyos-keystore.js';
export type { FakeDecodeFailure, FakeGoogleDecodeServer } from './testing/fake-google-decode-server.js';
export type { FakeHuawei, FakeHuaweiOptions, FakeHuaweiTokenRequest } from './testing/fake-huawei.js';
export type { FakePeerRequestOptions } from './testing/fake-peer-request.js';
export type {
  FakePlay,
  FakePlayOptions,
  FakePlayPayload,
  FakePlayTokenRequest,
} from './testing/fake-play.js';
export type { FakeStatusEntry, FakeStatusListServer } from './testing/fake-status-list-server.js';
export type { FakeAccessToken, FakeTokenIssuer } from './testing/fake-token-issuer.js';
export type { FakeFailure } from './testing/loopback-server.js';
export type {
  AskOptions,
  DeviceCertificate,
  EvidenceSource,
  SimulatedDevice,
  SimulatedDeviceOptions,
} from './testing/simulated-device.js';
export type { TestAuthority, TestAuthorityOptions, TestCertificate } from './testing/test-authority.js';
export type { Answer, ClientRequest, TlsClient, TlsClientOptions } from './testing/tls-client.js';
