// x509: imports core and x509 only.

import { derTag } from './der-tag.js';
import { type DerReader, malformed } from './der-reader.js';

/** One extension (RFC 5280 section 4.1) as it stands in a certificate, request or CRL. */
export interface Extension {
  /** OID in dotted form. */
  readonly type: string;
  readonly critical: boolean;
  /** What is inside the OCTET STRING: DER of the extension's own type. */
  readonly value: Uint8Array;
}

/** Certificates in use have up to some fifteen. Each is compared with all before it, and more would be an attack on our time. */
const MAX_EXTENSIONS = 64;

/** Reads `Extensions`: 1 to 64, each type once, `critical` only where it is TRUE (the default is not encoded). */
export function readExtensions(reader: DerReader): readonly Extension[] {
  const list = reader.enter(derTag.sequence);
  const extensions: Extension[] = [];
  if (list.atEnd()) throw malformed('a list of extensions is empty');
  while (!list.atEnd()) {
    const fields = list.enter(derTag.sequence);
    const type = fields.objectIdentifier();
    const critical = fields.nextTag() === derTag.boolean;
    if (critical && !fields.boolean()) throw malformed('a default value is encoded');
    const value = fields.content(derTag.octetString);
    fields.finish();
    if (extensions.length >= MAX_EXTENSIONS) throw malformed('there are too many extensions');
    for (const earlier of extensions) if (earlier.type === type) throw malformed('an extension comes twice');
    extensions.push({ type, critical, value });
  }
  return extensions;
}
