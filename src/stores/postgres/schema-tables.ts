// stores/postgres: imports core, contracts and this folder only.

/**
 * Tables of the first version. Times are milliseconds since 1970-01-01 UTC. The numbers of identity columns are never given
 * twice, not even after a crash, because sequences are written ahead: cursors and the revocation log rely on it.
 */
export const TABLES = `
  CREATE TABLE device_trust_certificates (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    issuer_id text NOT NULL,
    serial_number text NOT NULL,
    device_id text NOT NULL,
    public_key_sha256 text NOT NULL,
    not_before bigint NOT NULL,
    not_after bigint NOT NULL,
    crl_shard integer NOT NULL,
    to_be_signed bytea NOT NULL,
    tier text NOT NULL,
    action text NOT NULL,
    request_id text NOT NULL UNIQUE,
    appraisal text NOT NULL,
    app_version text,
    enrolled_at bigint NOT NULL,
    bootstrap_certificate_sha256 text,
    intended_at bigint NOT NULL,
    certificate bytea,
    issued_at bigint,
    first_used_at bigint,
    superseded_at bigint,
    UNIQUE (serial_number, issuer_id)
  );
  CREATE INDEX device_trust_certificates_device ON device_trust_certificates (device_id, sequence);
  CREATE INDEX device_trust_certificates_key ON device_trust_certificates (public_key_sha256, sequence);
  CREATE INDEX device_trust_certificates_end ON device_trust_certificates (not_after);
  CREATE INDEX device_trust_certificates_tier ON device_trust_certificates (tier, sequence);
  CREATE INDEX device_trust_certificates_version ON device_trust_certificates (app_version, sequence)
    WHERE app_version IS NOT NULL;
  CREATE INDEX device_trust_certificates_release ON device_trust_certificates (bootstrap_certificate_sha256, sequence)
    WHERE bootstrap_certificate_sha256 IS NOT NULL;

  -- One row for each provider that verified something; one with '' where none did.
  CREATE TABLE device_trust_certificate_providers (
    provider text NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (provider, sequence)
  );
  CREATE INDEX device_trust_certificate_providers_certificate ON device_trust_certificate_providers (sequence);

  CREATE TABLE device_trust_revocations (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    subject text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL,
    at bigint NOT NULL,
    note text,
    issuer_id text,
    serial_number text,
    crl_shard integer,
    not_after bigint
  );
  CREATE INDEX device_trust_revocations_subject ON device_trust_revocations (subject, sequence);
  -- Only a device comes more than once.
  CREATE UNIQUE INDEX device_trust_revocations_once ON device_trust_revocations (subject) WHERE state = 'revoked';
  CREATE INDEX device_trust_revocations_shard ON device_trust_revocations (issuer_id, crl_shard, sequence)
    WHERE issuer_id IS NOT NULL;
  CREATE INDEX device_trust_revocations_issuer ON device_trust_revocations (issuer_id, sequence)
    WHERE issuer_id IS NOT NULL;
  CREATE INDEX device_trust_revocations_end ON device_trust_revocations (not_after) WHERE not_after IS NOT NULL;

  CREATE TABLE device_trust_replays (
    id text PRIMARY KEY,
    holder text NOT NULL,
    expires_at bigint NOT NULL
  );
  CREATE INDEX device_trust_replays_end ON device_trust_replays (expires_at);

  CREATE TABLE device_trust_audit (
    sequence bigint PRIMARY KEY,
    body text NOT NULL,
    device_id text,
    previous_hash text NOT NULL,
    hash text NOT NULL
  );
  CREATE INDEX device_trust_audit_device ON device_trust_audit (device_id, sequence) WHERE device_id IS NOT NULL;

  -- The shard of the complete list of an issuer is -1, so that the primary key covers it.
  CREATE TABLE device_trust_crls (
    issuer_id text NOT NULL,
    crl_shard integer NOT NULL,
    number numeric(49, 0) NOT NULL,
    this_update bigint NOT NULL,
    next_update bigint NOT NULL,
    log_sequence bigint NOT NULL,
    entry_count integer NOT NULL,
    bytes integer NOT NULL,
    crl bytea NOT NULL,
    delta_crl bytea,
    base_number numeric(49, 0),
    base_this_update bigint,
    base_log_sequence bigint,
    PRIMARY KEY (issuer_id, crl_shard)
  );
  -- Serial numbers are random and do not compress.
  ALTER TABLE device_trust_crls ALTER COLUMN crl SET STORAGE EXTERNAL;

  CREATE TABLE device_trust_leases (
    name text PRIMARY KEY,
    holder text NOT NULL,
    ends_at timestamptz NOT NULL
  );
`;
