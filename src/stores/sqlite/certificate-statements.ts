// stores/sqlite: imports core, contracts and this folder only.

import { INTENT_COLUMNS, RECORD_COLUMNS } from './certificate-row.js';
import type { SqliteConnection } from './sqlite-connection.js';

const TABLE = 'device_trust_certificates';

export type CertificateStatements = ReturnType<typeof prepareCertificateStatements>;

/**
 * Prepares every statement of the certificate store but its searches, once. A plus before a column keeps SQLite from choosing its index:
 * where rows come in order of intent, that order is the index to follow.
 */
export function prepareCertificateStatements(connection: SqliteConnection) {
  return {
    /** device: its latest certificate is about to be another one */
    clearLatest: connection.prepare(`UPDATE ${TABLE} SET latest = 0 WHERE device_id = ? AND latest = 1`),
    /** the columns of an intent */
    insert: connection.prepare(
      `INSERT INTO ${TABLE} (${INTENT_COLUMNS}, latest)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''), ?, 1) RETURNING sequence`,
    ),
    /** provider, sequence of the certificate */
    insertProvider: connection.prepare(
      `INSERT INTO device_trust_certificate_providers (provider, certificate_sequence) VALUES (?, ?)`,
    ),
    /** serial number, issuer */
    findByName: connection.prepare(
      `SELECT ${RECORD_COLUMNS} FROM ${TABLE} WHERE serial_number = ? AND issuer_id = ?`,
    ),
    /** request */
    findByRequest: connection.prepare(`SELECT ${RECORD_COLUMNS} FROM ${TABLE} WHERE request_id = ?`),
    /** key */
    findByKey: connection.prepare(
      `SELECT ${RECORD_COLUMNS} FROM ${TABLE} WHERE public_key_sha256 = ?
       ORDER BY not_after DESC, sequence DESC LIMIT 1`,
    ),
    /** device */
    findByDevice: connection.prepare(
      `SELECT ${RECORD_COLUMNS} FROM ${TABLE} WHERE device_id = ? ORDER BY sequence DESC LIMIT 1`,
    ),
    /** key, least end, device: another device that holds the key */
    findHolder: connection.prepare(
      `SELECT ${RECORD_COLUMNS} FROM ${TABLE} WHERE public_key_sha256 = ? AND not_after >= ? AND +device_id <> ?
       ORDER BY not_after DESC, sequence DESC LIMIT 1`,
    ),
    /** certificate, time, serial number, issuer */
    recordIssued: connection.prepare(
      `UPDATE ${TABLE} SET certificate = ?, issued_at = ?
       WHERE serial_number = ? AND issuer_id = ? AND certificate IS NULL`,
    ),
    /** time, serial number, issuer */
    recordFirstUse: connection.prepare(
      `UPDATE ${TABLE} SET first_used_at = ?
       WHERE serial_number = ? AND issuer_id = ? AND first_used_at IS NULL RETURNING device_id, sequence`,
    ),
    /** time, device, sequence */
    supersede: connection.prepare(
      `UPDATE ${TABLE} SET superseded_at = ?
       WHERE device_id = ? AND sequence < ? AND superseded_at IS NULL RETURNING issuer_id, serial_number`,
    ),
    /** sequence, end, rows */
    listAll: connection.prepare(
      `SELECT ${RECORD_COLUMNS} FROM ${TABLE} WHERE sequence > ? AND +not_after > ? ORDER BY sequence LIMIT ?`,
    ),
    /** device, sequence, end, rows */
    listByDevice: connection.prepare(
      `SELECT ${RECORD_COLUMNS} FROM ${TABLE} WHERE device_id = ? AND sequence > ? AND +not_after > ?
       ORDER BY sequence LIMIT ?`,
    ),
    /** device, sequence, end, key, rows */
    listByDeviceAndKey: connection.prepare(
      `SELECT ${RECORD_COLUMNS} FROM ${TABLE} WHERE device_id = ? AND sequence > ? AND +not_after > ?
       AND +public_key_sha256 = ? ORDER BY sequence LIMIT ?`,
    ),
    /** key, sequence, end, rows; sorts the rows of one key, which are few */
    listByKey: connection.prepare(
      `SELECT ${RECORD_COLUMNS} FROM ${TABLE} WHERE public_key_sha256 = ? AND +sequence > ? AND not_after > ?
       ORDER BY sequence LIMIT ?`,
    ),
    /** end, rows; at the latest what has ended by the clock of SQLite, whose seconds are rounded down */
    prune: connection.prepare(
      `DELETE FROM ${TABLE} WHERE sequence IN
       (SELECT sequence FROM ${TABLE} WHERE not_after < min(?, unixepoch() * 1000) ORDER BY not_after LIMIT ?)
       RETURNING issuer_id, serial_number, device_id, latest`,
    ),
    /** device: of what is left, the one that was intended last */
    setLatest: connection.prepare(
      `UPDATE ${TABLE} SET latest = 1 WHERE sequence = (SELECT max(sequence) FROM ${TABLE} WHERE device_id = ?)`,
    ),
  };
}
