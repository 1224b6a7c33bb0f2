// x509: imports core and x509 only.

/** CRLReason by name (RFC 5280 section 5.3.1). Those that only delta CRLs or attribute certificates have use for are left out. */
export const crlReasons = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
} as const;

/** Why a certificate was revoked. */
export type CrlReason = keyof typeof crlReasons;
