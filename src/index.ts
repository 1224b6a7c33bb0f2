// front door ".": vendor-neutral; named re-exports only.

// The library, put together
export { createDeviceTrust } from './http/device-trust.js';
export type { DeviceTrust, DeviceTrustOptions } from './http/device-trust.js';

// Enrolment and renewal
export { createChallenges } from './enrolment/challenge.js';
export { createBootstrapGuard } from './enrolment/bootstrap-guard.js';
export { createOutagePolicy } from './enrolment/outage-policy.js';
export { createRenewalOrders } from './enrolment/renewal-orders.js';
export { createEnrolment } from './enrolment/enrolment.js';
export { createTokenBucketLimiter } from './enrolment/token-bucket-limiter.js';
export { createBinding, createChallengeOnlyBinding } from './enrolment/binding.js';
export type {
  Challenges,
  ChallengesOptions,
  NewChallenge,
  VerifiedChallenge,
} from './enrolment/challenge.js';
export type { RequestLimit, TokenBucketLimiterOptions } from './enrolment/token-bucket-limiter.js';
export type {
  BootstrapAlarm,
  BootstrapGuard,
  BootstrapGuardOptions,
  BootstrapRetirement,
} from './enrolment/bootstrap-guard.js';
export type { BootstrapRequest, BootstrapUse } from './enrolment/use-counter.js';
export type { OrderRenewalRequest, RenewalOrders, RenewalOrdersOptions } from './enrolment/renewal-orders.js';
export type {
  OutageEnrolments,
  OutagePolicy,
  OutagePolicyOptions,
  OutageRenewals,
} from './enrolment/outage-policy.js';
export type { RenewalWindow } from './enrolment/renewal-window.js';
export type { Enrolment } from './enrolment/enrolment.js';
export type {
  EnrolledCertificate,
  EnrolmentOptions,
  EnrolRequest,
  IssuanceRequest,
  RenewRequest,
} from './enrolment/enrolment-options.js';

// Certificate authority
export { issueBootstrapCertificate } from './ca/bootstrap-certificate.js';
export { issueIntermediateCertificate, issueRootCertificate } from './ca/ca-certificate.js';
export { issueCaCrl } from './ca/ca-crl.js';
export { encodeEncryptedPrivateKey } from './ca/encrypted-private-key.js';
export { createLocalAuthority } from './ca/local-authority.js';
export { issueOcspCertificate } from './ca/ocsp-certificate.js';
export { issueServerCertificate } from './ca/server-certificate.js';
export { createSigningKey } from './x509/signing-key.js';
export { createWebCryptoSigningKey } from './x509/web-crypto-signing-key.js';
export type { BootstrapCertificateOptions } from './ca/bootstrap-certificate.js';
export type { IntermediateCertificateOptions, RootCertificateOptions } from './ca/ca-certificate.js';
export type { CaCrlOptions } from './ca/ca-crl.js';
export type { CertificateIssuerOptions } from './ca/certificate-issuer.js';
export type { EncodedPrivateKey } from './ca/encrypted-private-key.js';
export type { LocalAuthority, LocalAuthorityOptions } from './ca/local-authority.js';
export type { LocalIssuerOptions } from './ca/local-issuer.js';
export type { OcspCertificateOptions } from './ca/ocsp-certificate.js';
export type { OcspResponderKeyOptions } from './ca/ocsp-signing-key.js';
export type { ServerCertificateOptions } from './ca/server-certificate.js';
export type { SigningKey } from './x509/signing-key.js';
export type { WebCryptoSigningKeyOptions } from './x509/web-crypto-signing-key.js';

// Policy
export { allOf, anyOf, forAction, fromOneVerdict, not, when } from './policy/combinators.js';
export { createDefaultPolicy } from './policy/default-policy.js';
export { anotherProvider, refuse, weakTier } from './policy/fallback.js';
export { observe } from './policy/observe.js';
export { observePolicy } from './policy/observe-policy.js';
export { riskBased } from './policy/risk-based.js';
export { satisfied, unsatisfied } from './policy/rule.js';
export { createPolicy } from './policy/rule-policy.js';
export {
  requireDeviceIntegrity,
  requireFreshEvidence,
  requireLicensedApp,
  requireProvider,
  requireRecognizedApp,
} from './policy/rules.js';
export type { DefaultPolicyOptions } from './policy/default-policy.js';
export type { Fallback } from './policy/fallback.js';
export type { ObserveOptions } from './policy/observe.js';
export type { ObservePolicyOptions } from './policy/observe-policy.js';
export type { RiskBasedFallback, RiskBasedOptions, RiskContext, RiskLevel } from './policy/risk-based.js';
export type { Rule, RuleResult, Satisfied, Unsatisfied } from './policy/rule.js';
export type { PolicyOptions, TierAssignment } from './policy/rule-policy.js';

// Requests
export { createAuthenticator } from './authentication/authenticator.js';
export { certificateBinding } from './authentication/binding/certificate-binding.js';
export { deviceIdBinding } from './authentication/binding/device-id-binding.js';
export { keyBinding } from './authentication/binding/key-binding.js';
export { createIntrospectionAccessTokenVerifier } from './authentication/introspection-access-token-verifier.js';
export {
  requireEvidenceOf,
  requireEvidenceWithin,
  requireThat,
  requireTier,
} from './authentication/device-requirement.js';
export { directTls } from './authentication/direct-tls.js';
export { createJwtAccessTokenVerifier } from './authentication/jwt-access-token-verifier.js';
export {
  createMutualTlsServer,
  refuseUntrustedClients,
  reloadMutualTlsServer,
} from './authentication/mutual-tls-server.js';
export { createTlsServerOptions } from './authentication/tls-server-options.js';
export { createTokenBindingPolicy } from './authentication/token-binding-policy.js';
export type { AuthenticatedDevice } from './authentication/device-status.js';
export type {
  AuthenticatedRequest,
  Authenticator,
  AuthenticatorOptions,
  RouteDemands,
} from './authentication/authenticator.js';
export type { DeviceIdBindingOptions } from './authentication/binding/device-id-binding.js';
export type { KeyBindingOptions } from './authentication/binding/key-binding.js';
export type { IntrospectionAccessTokenVerifierOptions } from './authentication/introspection-access-token-verifier.js';
export type { IntrospectionCredentials } from './authentication/introspection-credentials.js';
export type {
  DeviceRequirement,
  RequirementContext,
  RequirementOutcome,
} from './authentication/device-requirement.js';
export type {
  AccessTokenAlgorithm,
  JwtAccessTokenVerifierOptions,
} from './authentication/jwt-access-token-verifier.js';
export type {
  MutualTlsServerOptions,
  ReloadMutualTlsServerOptions,
} from './authentication/mutual-tls-server.js';
export type { TlsServerOptions } from './authentication/tls-server-options.js';
export type { TokenBindingPolicyOptions } from './authentication/token-binding-policy.js';
export type { IssuerCertificates } from './authentication/trusted-issuers.js';
export type { BootstrapIdentity, DeviceIdentity, PeerIdentity } from './authentication/device-identity.js';

// Revocation
export { createCrlPublisher } from './revocation/crl-publisher.js';
export { createFileHighWaterMark } from './revocation/file-high-water-mark.js';
export { createOcspResponder } from './revocation/ocsp-responder.js';
export { createRevocationDesk } from './revocation/revocation-desk.js';
export { createStatusCache } from './revocation/status-cache.js';
export type {
  CrlBytes,
  CrlPublisher,
  CrlPublisherOptions,
  PublishedCrl,
} from './revocation/crl-publisher.js';
export type {
  OcspAnswer,
  OcspCaching,
  OcspResponder,
  OcspResponderOptions,
} from './revocation/ocsp-responder.js';
export type { RevocationProgress } from './revocation/revoke-batch.js';
export type { StatusCache, StatusCacheOptions, StatusCacheState } from './revocation/status-cache.js';
export type {
  AdministrativeAct,
  RevocationDesk,
  RevocationDeskOptions,
  RevocationTarget,
  RevokeBatchRequest,
  RevokeRequest,
} from './revocation/revocation-desk.js';

// Audit trail
export { createAuditTrail } from './audit/audit-trail.js';
export { inspectAuditTrail } from './audit/inspect-audit-trail.js';
export type { AuditTrail, AuditTrailOptions } from './audit/audit-trail.js';
export type { AuditAnchor, AuditInspection, AuditProblem } from './audit/inspect-audit-trail.js';

// HTTP
export { createAdminHandler } from './http/admin-handler.js';
export { createEnrolmentHandler } from './http/enrolment-handler.js';
export { createFetchHandler, peerRequestFromFetch } from './http/fetch-handler.js';
export { createGracefulShutdown } from './http/graceful-shutdown.js';
export { createNodeListener, httpRequestFromNode, sendHttpResponse } from './http/node-listener.js';
export { problemResponse } from './http/problem.js';
export { createStatusHandler } from './http/status-handler.js';
export type { AdminHandlerOptions } from './http/admin-handler.js';
export type { EnrolmentHandlerOptions } from './http/enrolment-handler.js';
export type { FetchHandler } from './http/fetch-handler.js';
export type { GracefulShutdown, GracefulShutdownOptions } from './http/graceful-shutdown.js';
export type { HttpHandler, HttpRequest, HttpResponse } from './http/http-message.js';
export type { ProblemOptions } from './http/problem.js';
export type { StatusHandlerOptions } from './http/status-handler.js';

// Contracts
export type { AccessToken, AccessTokenVerifier } from './contracts/access-token-verifier.js';
export type {
  CertificateAuthority,
  CertificateRequest,
  IssuedCertificate,
  IssuerCertificate,
  PreparedCertificate,
} from './contracts/certificate-authority.js';
export type {
  AppraisalSummary,
  CertificateIntent,
  CertificateListQuery,
  CertificateName,
  CertificatePage,
  CertificateQuery,
  CertificateRecord,
  CertificateStore,
  IntentOutcome,
} from './contracts/certificate-store.js';
export type {
  AttestedKey,
  AttestedKeyName,
  AttestedKeyStore,
  RegisterAttestedKeyOutcome,
  UseAttestedKeyOutcome,
  UseAttestedKeyRequest,
} from './contracts/attested-key-store.js';
export type { AuditEntry, AuditListQuery, AuditStore } from './contracts/audit-store.js';
export type {
  CertificateFilter,
  CertificateSearch,
  CertificateSearchQuery,
} from './contracts/certificate-search.js';
export type { CertificateStatus, CertificateStatusSource } from './contracts/certificate-status.js';
export type { ChangeFeed } from './contracts/change-feed.js';
export type { CrlEntry, CrlRequest, CrlSigner } from './contracts/crl-signer.js';
export type { CrlBase, CrlDescription, CrlStore, StoredCrl } from './contracts/crl-store.js';
export type { HighWaterMark } from './contracts/high-water-mark.js';
export type { LeaseRequest, LeaseStore } from './contracts/lease-store.js';
export type { PeerCertificate, PeerCertificateSource, PeerRequest } from './contracts/peer-certificate.js';
export type { RateLimitStore, TokenBucketOutcome, TokenBucketRequest } from './contracts/rate-limit-store.js';
export type { RateLimiter, RateLimitSubject } from './contracts/rate-limiter.js';
export type { RenewalFilter, RenewalOrder, RenewalOrderStore } from './contracts/renewal-order-store.js';
export type {
  TokenBinding,
  TokenBindingOutcome,
  TokenBindingPolicy,
  TokenPresenter,
} from './contracts/token-binding.js';
export type { Pruned, PruneRequest, Retention } from './contracts/retention.js';
export type {
  CrlScope,
  RevokedCertificate,
  RevokedCertificates,
  RevokedCertificatesQuery,
} from './contracts/revoked-certificates.js';
export type { Stores } from './contracts/stores.js';
export type { VendorProbe, VendorState } from './contracts/vendor-probe.js';
export type {
  CountUsageOutcome,
  CountUsageRequest,
  UsageCounterStore,
} from './contracts/usage-counter-store.js';
export type {
  BatchRevokedEvent,
  BootstrapUseJumpedEvent,
  CertificateIssuedEvent,
  DeviceReinstatedEvent,
  DeviceTrustEvent,
  EventSink,
  IssuanceRefusedEvent,
  RenewalOrderedEvent,
  RequestRefusedEvent,
  RevokedEvent,
  RevokedTarget,
  VendorBudgetLowEvent,
} from './contracts/event-sink.js';
export type { ExpectedBinding, UnverifiedEvidence } from './contracts/evidence.js';
export type {
  EvidenceSubject,
  IntegrityProvider,
  VerifyEvidenceRequest,
} from './contracts/integrity-provider.js';
export type {
  AppLicensing,
  AppRecognition,
  DeviceIntegrity,
  IntegrityVerdict,
} from './contracts/integrity-verdict.js';
export type { OcspRequest, OcspSigner, OcspSingleResponse, OcspStatus } from './contracts/ocsp-signer.js';
export type {
  AllowDecision,
  ClaimedDevice,
  Decision,
  DenyDecision,
  DeviceHistory,
  EarlierEvidence,
  IssuanceAction,
  ObservedRefusal,
  Policy,
  PolicyContext,
  VerdictSummary,
} from './contracts/policy.js';
export type { ConsumeOutcome, ConsumeRequest, ReplayStore } from './contracts/replay-store.js';
export type {
  DeviceState,
  NewRevocation,
  Revocation,
  RevocationListQuery,
  RevocationQuery,
  RevocationReason,
  RevocationStatus,
  RevocationStore,
  RevocationSubject,
} from './contracts/revocation-store.js';

// Ground
export { systemClock, systemMonotonicClock } from './core/clock.js';
export { errorCodes } from './core/error-code.js';
export {
  ConfigurationError,
  DeviceTrustError,
  MalformedError,
  RejectedError,
  UnavailableError,
} from './core/errors.js';
export { systemFetch } from './core/http-fetch.js';
export { systemRandom } from './core/random.js';
export { reasonCodes } from './core/reason-code.js';
export { createTierScale, defaultTiers, MAX_LIFETIME_SECONDS } from './core/tier-scale.js';
export type { ClientAction } from './core/client-action.js';
export type { Clock, MonotonicClock } from './core/clock.js';
export type {
  ConfigurationErrorCode,
  ErrorCode,
  MalformedErrorCode,
  RejectedErrorCode,
  UnavailableErrorCode,
} from './core/error-code.js';
export type { ErrorDetails, RejectedErrorDetails } from './core/errors.js';
export type { HttpFetch } from './core/http-fetch.js';
export type { Random } from './core/random.js';
export type { KnownReasonCode, ReasonCode } from './core/reason-code.js';
export type { Tier, TierScale } from './core/tier-scale.js';
