// enrolment: imports core, contracts, x509.

/**
 * When a client should begin to renew: after two thirds of the life of its certificate, counted from its issuance (the
 * backdated part is nobody's life). A time in the past means now.
 */
export function renewAfter(certificate: { readonly intendedAt: Date; readonly notAfter: Date }): Date {
  const start = certificate.intendedAt.getTime();
  return new Date(start + Math.floor(((certificate.notAfter.getTime() - start) * 2) / 3));
}
