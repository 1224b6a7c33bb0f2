// The front door `device-trust/x509`: re-exports only.

export {
  decodeCertificationRequest,
  MAX_CERTIFICATION_REQUEST_BYTES,
  parseCertificationRequest,
  verifyCertificationRequest,
  type CertificationRequest,
  type UnverifiedCertificationRequest,
} from './x509/certification-request.js';
export { MAX_CERTIFICATE_BYTES, parseCertificate, type Certificate } from './x509/certificate.js';
export type { CertificateExtensions, KeyUsage } from './x509/certificate-extensions.js';
export { verifyChain, type VerifiedChain, type VerifyChainRequest } from './x509/chain.js';
export { parseCrl, type Crl } from './x509/crl.js';
export type { RevokedCertificate, RevokedCertificateReason } from './x509/crl-entry.js';
export { findCrlStatus, type CrlStatus } from './x509/crl-status.js';
export { describeName, isSameName } from './x509/distinguished-name.js';
export type { DistributionPoint } from './x509/distribution-point.js';
export type { Extension } from './x509/extension.js';
export type { GeneralNames } from './x509/general-name.js';
export type { IssuingDistributionPoint } from './x509/issuing-distribution-point.js';
export type { NameConstraints } from './x509/name-constraints.js';
export { encodeCertificationRequest } from './x509/encode-certification-request.js';
export { encodePem, parsePem } from './x509/pem.js';
export { parsePublicKey, type PublicKey, type PublicKeyKind } from './x509/public-key.js';
export type { SignatureAlgorithm, SignatureAlgorithmName } from './x509/signature-algorithm.js';
export { verifyCertifiableKey } from './x509/certifiable-key.js';
export { verifyCrl, type VerifiedCrl, type VerifyCrlRequest } from './x509/verify-crl.js';
export { verifyIssuedBy } from './x509/verify-issued-by.js';
