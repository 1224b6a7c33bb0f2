// enrolment: imports core, contracts, x509.

/**
 * When a client should renew, after the manner of RFC 9773 section 4.2: at a moment that it picks at random from the window, so
 * that not all come at once. A window in the past means now.
 */
export interface RenewalWindow {
  readonly renewAfter: Date;
  readonly renewBefore: Date;
  /** Why it is another window than usual; `null` if it is not. */
  readonly reason: string | null;
}

/**
 * The usual window: from two thirds to five sixths of the life of the certificate, counted from its issuance (the backdated part
 * is nobody's life). What is left after it is for phones that were off.
 */
export function usualRenewalWindow(certificate: {
  readonly intendedAt: Date;
  readonly notAfter: Date;
}): RenewalWindow {
  const start = certificate.intendedAt.getTime();
  const life = certificate.notAfter.getTime() - start;
  return {
    renewAfter: new Date(start + Math.floor((life * 2) / 3)),
    renewBefore: new Date(start + Math.floor((life * 5) / 6)),
    reason: null,
  };
}
