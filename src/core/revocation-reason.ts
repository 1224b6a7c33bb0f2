// core: imports nothing.

/** The reasons of RFC 5280 section 5.3.1 that a device CA has use for. */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
] as const;

/** Why something was revoked. */
export type RevocationReason = (typeof revocationReasons)[number];

/** True for the name of a reason, spelled as in RFC 5280. */
export function isRevocationReason(value: unknown): value is RevocationReason {
  return revocationReasons.some((reason) => reason === value);
}
