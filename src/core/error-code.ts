// core: imports nothing.

/**
 * Every error code of the library, by the class that carries it: who must act when it happens, and what happened.
 *
 * The codes are stable by semantic versioning: a code keeps its meaning within a major version. `docs/errors.md` is
 * tested to hold the same list.
 */
export const errorCodes = {
  ConfigurationError: {
    configuration_invalid: 'An option given to a `create...` function is missing, contradictory or unsafe.',
  },
  MalformedError: {
    request_malformed: 'The request body is not the JSON document the endpoint takes.',
    request_too_large: 'The request body is above the limit.',
    media_type_unsupported: 'The request body is not of the media type that the endpoint takes.',
    route_unknown: 'No endpoint of the library has this path.',
    method_not_allowed: 'The endpoint exists but not for this method.',
    der_malformed: 'Bytes that should be DER (ITU-T X.690) are not.',
    pem_malformed: 'Text that should be PEM (RFC 7468) is not.',
    csr_malformed: 'The certification request is not a strict DER PKCS#10 (RFC 2986).',
    csr_signature_invalid:
      'The certification request is not signed by the key it names: no proof of possession.',
    csr_key_unsupported: 'The key or signature algorithm of the certification request is not one we certify.',
    certificate_malformed: 'Bytes that should be an X.509 v3 certificate (RFC 5280) are not.',
    crl_malformed: 'Bytes that should be an X.509 v2 CRL (RFC 5280) are not.',
    ocsp_malformed: 'Bytes that should be an OCSP request or response (RFC 6960) are not.',
    forwarded_certificate_malformed:
      'The headers by which a proxy forwards the client certificate are not in the form of this kind of proxy.',
    challenge_malformed: 'The challenge is not one in our format.',
    evidence_malformed: 'The evidence is not in the wire format of its provider.',
    evidence_provider_unknown: 'The evidence names a provider that is not configured.',
  },
  RejectedError: {
    challenge_invalid: 'The challenge was not made with any of the current secrets.',
    challenge_expired: 'The challenge was made by us, and its time is over.',
    challenge_purpose_mismatch: 'The challenge was made for another purpose.',
    challenge_used:
      'The challenge has been used before: with another key, or for a request that was refused.',
    evidence_rejected:
      'The provider verified the evidence, and it is not proof for this request; see `reasons`.',
    policy_denied: 'The evidence is genuine, and the policy says no; see `reasons`.',
    key_blocked: 'The public key has been revoked and is never certified again.',
    key_in_use: 'The public key belongs to another device.',
    client_certificate_required: 'The connection carries no client certificate.',
    device_certificate_required:
      'The connection carries a bootstrap certificate where a device certificate is due.',
    proxy_untrusted:
      'The request did not come through the proxy that is trusted to forward client certificates.',
    forwarded_certificate_unverified: 'The proxy says that it did not verify the client certificate.',
    forwarded_certificate_missing: 'The proxy verified a client certificate and did not forward it.',
    bootstrap_retired: 'The bootstrap certificate is of a release that may no longer enrol.',
    certificate_untrusted: 'The client certificate does not chain to a pinned issuer, or breaks its profile.',
    certificate_not_yet_valid: 'The client certificate is not valid yet.',
    certificate_expired: 'The client certificate has expired.',
    certificate_revoked: 'The client certificate has been revoked.',
    certificate_superseded: 'A newer certificate of the same device is in use.',
    certificate_unknown: 'The client certificate has a good signature, but the store has no record of it.',
    device_suspended: 'The device is suspended: it must attest again once it is reinstated.',
    device_banned: 'The device is banned.',
    tier_insufficient: 'The trust tier of the device is below what the route demands.',
    evidence_insufficient:
      'The evidence behind the device certificate is not what the route demands; see `reasons`.',
    access_token_missing: 'The request carries no bearer access token.',
    access_token_invalid: 'The access token is malformed, expired, or not for this audience.',
    access_token_unbound: 'The access token does not say who may present it, and the policy demands that.',
    access_token_binding_mismatch: 'The access token is bound to another certificate, key or device.',
    access_token_scope_insufficient: 'The access token does not have the scopes that the route demands.',
    rate_limited: 'The enrolment endpoints were asked too often; see `retryAfterSeconds`.',
    admin_token_invalid:
      'The administrative endpoints are off, or the bearer token is not the administrator token.',
    subject_unknown: 'The certificate, device or key named is not known to the store.',
  },
  UnavailableError: {
    provider_unavailable: 'The vendor could not be asked: timeout, connection failure or 5xx.',
    provider_quota_exhausted: 'The vendor answered that our quota is used up.',
    provider_budget_exhausted:
      'We did not ask the vendor: the calls that we allow ourselves for the day are used up.',
    provider_overloaded: 'We did not ask the vendor: too many calls to it are waiting.',
    provider_misconfigured: 'The vendor refused our own credentials; the device is not to blame.',
    store_unavailable: 'A store could not be asked.',
    store_rolled_back:
      'A store knows less than it did: it was restored from a backup, or lost its data. Nothing is admitted until an operator has made up for it.',
    policy_unavailable: 'The policy failed, or answered with something it may not.',
    authority_unavailable:
      'The certificate authority could not be asked, or refused to sign what it had prepared.',
    access_token_keys_unavailable: 'The keys that verify access tokens could not be fetched.',
    access_token_introspection_unavailable:
      'The authorization server could not be asked about an access token.',
    audit_unavailable: 'The event sink did not take the event, so the act did not happen.',
  },
} as const;

/** Names of the four error classes. */
export type ErrorClassName = keyof typeof errorCodes;
export type ConfigurationErrorCode = keyof (typeof errorCodes)['ConfigurationError'];
export type MalformedErrorCode = keyof (typeof errorCodes)['MalformedError'];
export type RejectedErrorCode = keyof (typeof errorCodes)['RejectedError'];
export type UnavailableErrorCode = keyof (typeof errorCodes)['UnavailableError'];
/** The closed union of all error codes. */
export type ErrorCode =
  ConfigurationErrorCode | MalformedErrorCode | RejectedErrorCode | UnavailableErrorCode;
