-- The tables of version 1 of the schema, as they were released; what is in them the tests write. Never edited.
CREATE TABLE device_trust_certificates (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  issuer_id TEXT NOT NULL,
  serial_number TEXT NOT NULL,
  device_id TEXT NOT NULL,
  public_key_sha256 TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  crl_shard INTEGER NOT NULL,
  to_be_signed BLOB NOT NULL,
  tier TEXT NOT NULL,
  action TEXT NOT NULL,
  request_id TEXT NOT NULL UNIQUE,
  appraisal TEXT NOT NULL,
  intended_at INTEGER NOT NULL,
  certificate BLOB,
  issued_at INTEGER,
  first_used_at INTEGER,
  superseded_at INTEGER,
  UNIQUE (serial_number, issuer_id)
) STRICT;
CREATE INDEX device_trust_certificates_device ON device_trust_certificates (device_id);
CREATE INDEX device_trust_certificates_key ON device_trust_certificates (public_key_sha256, not_after);
CREATE INDEX device_trust_certificates_end ON device_trust_certificates (not_after);

CREATE TABLE device_trust_revocations (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  note TEXT
) STRICT;
CREATE INDEX device_trust_revocations_subject ON device_trust_revocations (subject);
-- Only a device comes more than once.
CREATE UNIQUE INDEX device_trust_revocations_once ON device_trust_revocations (subject) WHERE state = 'revoked';
CREATE TRIGGER device_trust_revocations_keep BEFORE DELETE ON device_trust_revocations
  BEGIN SELECT RAISE(ABORT, 'the revocation log is append-only'); END;
CREATE TRIGGER device_trust_revocations_fix BEFORE UPDATE ON device_trust_revocations
  BEGIN SELECT RAISE(ABORT, 'the revocation log is append-only'); END;

CREATE TABLE device_trust_replays (
  id TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX device_trust_replays_end ON device_trust_replays (expires_at);

CREATE TABLE device_trust_migrations (version INTEGER PRIMARY KEY) STRICT;
INSERT INTO device_trust_migrations (version) VALUES (1);
