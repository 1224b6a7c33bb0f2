// ca: imports nothing.

/** The furthest that the start of a certificate may be set back, in seconds: a clock that is later than that is wrong, not late. */
export const MAX_BACKDATE_SECONDS = 3600;

/** Into how many shards the CRL of an issuer may be cut: shard numbers have at most six digits. */
export const MAX_CRL_SHARDS = 1_000_000;
