// stores/redis: imports core, contracts and this folder only.

/**
 * The key space. All keys begin with `{<keyPrefix>}:`, so that a cluster keeps them in one slot and one script may touch
 * them all. Times are milliseconds since 1970-01-01 UTC, binary is base64. A sorted set "by sequence" has the sequence
 * number both as score and as member, so its range is a page, and whether something is in it costs one look-up.
 *
 * - `instance`: string; the marker, a random id made with the key space. Without it nothing is read or written.
 *
 * Certificates; a record goes by the number in the order of intent:
 * - `certificate-sequence`: counter.
 * - `certificate:<sequence>`: hash; one field for each member of the record (absent for `null`), `sequence`, and `indexes`,
 *   a JSON list of the sets that it is in.
 * - `names`: hash; `<issuerId>/<serialNumber>` to sequence. `requests`: hash; request id to sequence.
 * - `by:all`, `by:device:<id>`, `by:key:<sha256>`, `by:tier:<name>`, `by:provider:<name>` (`by:provider:` for those without
 *   evidence), `by:appVersion:<text>`, `by:release:<sha256>`: sorted sets by sequence.
 * - `by:latest`: sorted set by sequence; the latest certificate of each device.
 * - `ends`: sorted set; sequence by end.
 *
 * Revocation log:
 * - `log-sequence`: counter. Drawn in the script that writes the entry, so entries appear in its order. Every script
 *   compares it with the highest place that the process has seen.
 * - `log`: sorted set; `<sequence>:<JSON>` by sequence.
 * - `words`: hash; subject to `<state>:<sequence>`, the last word on it.
 * - `revoked:<issuerId>:<shard>` and `revoked:<issuerId>:all`: sorted sets; `<sequence>:<end>` of certificates by sequence.
 * - `revoked-ends`: sorted set; `<sequence>/<shard>/<issuerId>/<serialNumber>` of entries about certificates by end.
 * - `changes`: channel; gets a message after each entry.
 *
 * The rest:
 * - `holders`: hash; consumed id to holder. `replays`: sorted set; consumed id by expiry.
 * - `audit`: sorted set; JSON of the entry by sequence. `audit-head`: string; `<sequence>:<hash>` of the last one.
 *   `audit-device:<id>`: sorted set by sequence.
 * - `crls`: hash; `<issuerId>/<shard or all>` to the JSON of the description. `crl:<scope>`: hash; `number` (decimal, of
 *   50 digits, so that text compares as numbers do), `description`, `base` (JSON), `crl`, `deltaCrl` ('' for none).
 * - `lease:<name>`: string with an expiry of the server; the holder.
 * - `bucket:<key>`: hash with an expiry of the server, when it is full again; `tokens` and `at`, the time of the last one taken.
 * - `renewal-orders`: hash; id to the JSON of the order. `renewal-order-ends`: sorted set; id by end.
 * - `attested-key:<name>`: hash; one field for each member of the key but its name (absent for `null`). A name is
 *   `<length of the provider>:<provider>:<key id>`. `attested-key-uses`: sorted set; name by the time of its last use.
 * - `usage:<key>`: hash with an expiry of the server; `total`, and `expiresAt`, when that is.
 */
export interface DataLayout {
  /** The marker's key: the one key that every script declares. */
  readonly instance: string;
  /** The channel of wake-ups. */
  readonly changes: string;
}

/** The keys of a prefix that are used outside scripts. */
export function layOut(keyPrefix: string): DataLayout {
  return { instance: `{${keyPrefix}}:instance`, changes: `{${keyPrefix}}:changes` };
}
