// x509: imports core and x509 only.

import { constructedContextTag, derTag } from './der-tag.js';
import { type DerReader, malformed } from './der-reader.js';
import { createNames, type GeneralNames, readGeneralName } from './general-name.js';

/** Which names a CA and those below it may certify (RFC 5280 section 4.2.1.10). */
export interface NameConstraints {
  readonly permitted: GeneralNames;
  readonly excluded: GeneralNames;
}

/** Reads NameConstraints. `minimum` and `maximum` are not used in this profile, so that they are refused. */
export function readNameConstraints(reader: DerReader): NameConstraints {
  const fields = reader.enter(derTag.sequence);
  if (fields.atEnd()) throw malformed('name constraints are empty');
  const permitted = readSubtrees(fields, constructedContextTag(0));
  const excluded = readSubtrees(fields, constructedContextTag(1));
  fields.finish();
  return { permitted, excluded };
}

function readSubtrees(fields: DerReader, tag: number): GeneralNames {
  const names = createNames();
  if (fields.nextTag() !== tag) return names;
  const subtrees = fields.enter(tag);
  if (subtrees.atEnd()) throw malformed('a list of subtrees is empty');
  while (!subtrees.atEnd()) {
    const subtree = subtrees.enter(derTag.sequence);
    readGeneralName(subtree, names);
    subtree.finish();
  }
  return names;
}
