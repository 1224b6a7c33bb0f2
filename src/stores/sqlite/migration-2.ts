// stores/sqlite: imports core, contracts and this folder only.

/** The clock of SQLite in milliseconds, its seconds rounded down: it never calls something over that is not. */
const NOW = 'unixepoch() * 1000';

/**
 * What a certificate gets for an end that nobody knows any more: 9999-12-31T23:59:59Z, which RFC 5280 section 4.1.2.5 has for
 * "no well-defined expiration date". Its revocation is kept for ever.
 */
const NO_KNOWN_END = 253_402_300_799_000;

/** The certificate that an entry of the log names, by the text of its subject: `certificate:<issuer>:<serial number>`. */
const NAMED_CERTIFICATE = `
  FROM device_trust_certificates AS certificate
  WHERE certificate.issuer_id = device_trust_revocations.issuer_id
    AND certificate.serial_number = substr(device_trust_revocations.subject,
      length('certificate:') + length(device_trust_revocations.issuer_id) + length(':') + 1)`;

/**
 * Gives a certificate that has not ended an entry of its own, for the reason and with the note of the entry that `word` names:
 * from here on CRLs are made of the entries about certificates alone.
 */
const REVOKE_CERTIFICATES = `
  INSERT OR IGNORE INTO device_trust_revocations (subject, state, reason, at, note, issuer_id, crl_shard, not_after)
  SELECT 'certificate:' || certificate.issuer_id || ':' || certificate.serial_number, 'revoked',
    word.reason, word.at, word.note, certificate.issuer_id, certificate.crl_shard, certificate.not_after
  FROM device_trust_revocations AS word CROSS JOIN device_trust_certificates AS certificate`;

/**
 * Version 2: searches, revoked certificates by the CRL they belong on, published CRLs, leases, the audit trail.
 *
 * A process of version 1 that still runs can no longer record certificates or revoke them: what it would write lacks
 * columns, and is refused.
 */
export const MIGRATION_2 = `
  ALTER TABLE device_trust_certificates ADD COLUMN enrolled_at INTEGER;
  ALTER TABLE device_trust_certificates ADD COLUMN bootstrap_certificate_sha256 TEXT;
  ALTER TABLE device_trust_certificates ADD COLUMN app_version TEXT GENERATED ALWAYS AS (
    CASE WHEN json_valid(appraisal) AND json_type(appraisal, '$.claimed.appVersion') = 'text'
      THEN json_extract(appraisal, '$.claimed.appVersion') END) VIRTUAL;
  ALTER TABLE device_trust_certificates ADD COLUMN latest INTEGER NOT NULL DEFAULT 0;
  UPDATE device_trust_certificates SET
    enrolled_at = (SELECT min(first.intended_at) FROM device_trust_certificates AS first
      WHERE first.device_id = device_trust_certificates.device_id),
    latest = sequence = (SELECT max(last.sequence) FROM device_trust_certificates AS last
      WHERE last.device_id = device_trust_certificates.device_id);
  CREATE TRIGGER device_trust_certificates_whole BEFORE INSERT ON device_trust_certificates
    WHEN NEW.enrolled_at IS NULL
    BEGIN SELECT RAISE(ABORT, 'written by a version of the library that is older than the database'); END;
  CREATE UNIQUE INDEX device_trust_certificates_latest ON device_trust_certificates (device_id) WHERE latest = 1;
  -- Each holds what the others compare, so that counting does not read the certificates themselves.
  CREATE INDEX device_trust_certificates_tier
    ON device_trust_certificates (tier, sequence, latest, not_after, enrolled_at);
  CREATE INDEX device_trust_certificates_app_version
    ON device_trust_certificates (app_version, sequence, latest, not_after, enrolled_at);
  CREATE INDEX device_trust_certificates_release
    ON device_trust_certificates (bootstrap_certificate_sha256, sequence, latest, not_after, enrolled_at);
  CREATE INDEX device_trust_certificates_devices
    ON device_trust_certificates (latest, sequence, not_after, enrolled_at) WHERE latest = 1;
  DROP INDEX device_trust_certificates_end;
  CREATE INDEX device_trust_certificates_end ON device_trust_certificates (not_after, enrolled_at);

  -- An empty provider stands for none.
  CREATE TABLE device_trust_certificate_providers (
    provider TEXT NOT NULL,
    certificate_sequence INTEGER NOT NULL REFERENCES device_trust_certificates (sequence) ON DELETE CASCADE,
    PRIMARY KEY (provider, certificate_sequence)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX device_trust_certificate_providers_certificate ON device_trust_certificate_providers (certificate_sequence);
  INSERT INTO device_trust_certificate_providers (provider, certificate_sequence)
    SELECT DISTINCT coalesce(json_extract(verdict.value, '$.provider'), ''), sequence
    FROM device_trust_certificates LEFT JOIN json_each(appraisal, '$.verdicts') AS verdict;

  ALTER TABLE device_trust_revocations ADD COLUMN issuer_id TEXT;
  ALTER TABLE device_trust_revocations ADD COLUMN crl_shard INTEGER;
  ALTER TABLE device_trust_revocations ADD COLUMN not_after INTEGER;
  DROP TRIGGER device_trust_revocations_fix;
  UPDATE device_trust_revocations
    SET issuer_id = substr(subject, length('certificate:') + 1,
      instr(substr(subject, length('certificate:') + 1), ':') - 1)
    WHERE subject LIKE 'certificate:%';
  UPDATE device_trust_revocations
    SET crl_shard = coalesce((SELECT certificate.crl_shard ${NAMED_CERTIFICATE}), 0),
      not_after = coalesce((SELECT certificate.not_after ${NAMED_CERTIFICATE}), ${NO_KNOWN_END})
    WHERE issuer_id IS NOT NULL;
  ${REVOKE_CERTIFICATES}
    ON certificate.device_id = substr(word.subject, length('device:') + 1)
    WHERE word.subject LIKE 'device:%' AND word.state IN ('suspended', 'banned')
      AND word.sequence = (SELECT max(last.sequence) FROM device_trust_revocations AS last
        WHERE last.subject = word.subject)
      AND certificate.not_after >= ${NOW}
    ORDER BY word.sequence, certificate.sequence;
  ${REVOKE_CERTIFICATES}
    ON certificate.public_key_sha256 = substr(word.subject, length('key:') + 1)
    WHERE word.subject LIKE 'key:%' AND certificate.not_after >= ${NOW}
    ORDER BY word.sequence, certificate.sequence;
  CREATE TRIGGER device_trust_revocations_whole BEFORE INSERT ON device_trust_revocations
    WHEN NEW.subject LIKE 'certificate:%'
      AND (NEW.issuer_id IS NULL OR NEW.crl_shard IS NULL OR NEW.not_after IS NULL)
    BEGIN SELECT RAISE(ABORT, 'written by a version of the library that is older than the database'); END;
  CREATE TRIGGER device_trust_revocations_fix BEFORE UPDATE ON device_trust_revocations
    BEGIN SELECT RAISE(ABORT, 'the revocation log is append-only'); END;
  DROP TRIGGER device_trust_revocations_keep;
  -- Followers know their place by the newest entry.
  CREATE TRIGGER device_trust_revocations_keep BEFORE DELETE ON device_trust_revocations
    WHEN OLD.not_after IS NULL OR OLD.not_after >= ${NOW}
      OR OLD.sequence = (SELECT max(sequence) FROM device_trust_revocations)
    BEGIN SELECT RAISE(ABORT, 'the revocation log is append-only'); END;
  CREATE INDEX device_trust_revocations_shard ON device_trust_revocations (issuer_id, crl_shard)
    WHERE issuer_id IS NOT NULL;
  CREATE INDEX device_trust_revocations_issuer ON device_trust_revocations (issuer_id)
    WHERE issuer_id IS NOT NULL;
  CREATE INDEX device_trust_revocations_end ON device_trust_revocations (not_after)
    WHERE not_after IS NOT NULL;

  -- The complete list of an issuer has shard -1, for NULL would not be one value. Numbers are decimal, 48 digits. What is
  -- large comes last, so that the rest is read without it.
  CREATE TABLE device_trust_crls (
    issuer_id TEXT NOT NULL,
    crl_shard INTEGER NOT NULL,
    number TEXT NOT NULL,
    this_update INTEGER NOT NULL,
    next_update INTEGER NOT NULL,
    log_sequence INTEGER NOT NULL,
    entry_count INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    base_number TEXT NOT NULL,
    base_this_update INTEGER NOT NULL,
    base_log_sequence INTEGER NOT NULL,
    crl BLOB NOT NULL,
    delta_crl BLOB NOT NULL,
    PRIMARY KEY (issuer_id, crl_shard)
  ) STRICT;

  CREATE TABLE device_trust_leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    ends_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE device_trust_audit (
    sequence INTEGER PRIMARY KEY,
    body TEXT NOT NULL,
    device_id TEXT,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX device_trust_audit_device ON device_trust_audit (device_id) WHERE device_id IS NOT NULL;
  CREATE TRIGGER device_trust_audit_keep BEFORE DELETE ON device_trust_audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
  CREATE TRIGGER device_trust_audit_fix BEFORE UPDATE ON device_trust_audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
  -- Also keeps REPLACE away, which deletes without asking the trigger above.
  CREATE TRIGGER device_trust_audit_chain BEFORE INSERT ON device_trust_audit
    WHEN NEW.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM device_trust_audit)
      OR NEW.previous_hash <> coalesce(
        (SELECT hash FROM device_trust_audit ORDER BY sequence DESC LIMIT 1), printf('%064d', 0))
    BEGIN SELECT RAISE(ABORT, 'the audit trail is one chain'); END;
`;
