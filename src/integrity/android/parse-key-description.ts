// integrity/android: imports x509 and this folder only.

import { malformed, type DerReader } from '../../x509/der-reader.js';
import { derTag } from '../../x509/der-tag.js';
import { parseDer } from '../../x509/parse-der.js';
import type { KeyDescription, KeySecurityLevel } from './key-description.js';
import { readAuthorizationList } from './parse-authorization-list.js';

/** Those seen have 200 to 700 bytes. */
const MAX_BYTES = 8 * 1024;

const securityLevels: readonly KeySecurityLevel[] = ['software', 'trusted-environment', 'strongbox'];

/**
 * Reads a KeyDescription: the value of extension 1.3.6.1.4.1.11129.2.1.17 (AOSP, `KeyCreationResult.aidl`). Of any version:
 * what a version to come adds is kept as unknown tags. Nothing in it is proven: see {@link verifyAttestationChain}.
 *
 * Strict where it matters: at most 8 KiB, eight elements, no byte after them, no tag twice. Tolerant of what phones do: tags in any order
 * (`tagsInOrder`), a BOOLEAN of any octet but zero, fields that are not in their form (`malformedFields`).
 *
 * @param value DER
 * @throws MalformedError `evidence_malformed`
 */
export function parseKeyDescription(value: Uint8Array): KeyDescription {
  return parseDer(
    { der: value, maxBytes: MAX_BYTES, code: 'evidence_malformed', what: 'a KeyDescription' },
    (reader) => {
      const fields = reader.enter(derTag.sequence);
      const attestationVersion = fields.smallInteger();
      if (attestationVersion === 0) throw malformed('there is no attestation version 0');
      const description = {
        attestationVersion,
        attestationSecurityLevel: readSecurityLevel(fields),
        keyMintVersion: fields.smallInteger(),
        keyMintSecurityLevel: readSecurityLevel(fields),
        attestationChallenge: fields.hex(derTag.octetString),
        uniqueId: fields.hex(derTag.octetString),
        softwareEnforced: readAuthorizationList(fields.content(derTag.sequence), attestationVersion),
        hardwareEnforced: readAuthorizationList(fields.content(derTag.sequence), attestationVersion),
      };
      fields.finish();
      return description;
    },
  );
}

function readSecurityLevel(reader: DerReader): KeySecurityLevel {
  return securityLevels[reader.smallInteger(derTag.enumerated)] ?? 'unknown';
}
