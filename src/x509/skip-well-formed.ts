// x509: imports core and x509 only.

import { derTag } from './der-tag.js';
import { type DerReader, malformed } from './der-reader.js';

/** How deep elements may be nested where we do not know what they are. */
const MAX_DEPTH = 16;

/**
 * Passes over the next element, of any type, and checks that it and the elements inside it are strict DER.
 *
 * @throws MalformedError `der_malformed`
 */
export function skipWellFormed(reader: DerReader, depth = 0): void {
  if (depth > MAX_DEPTH) throw malformed('elements are nested too deeply');
  const tag = reader.nextTag();
  switch (tag) {
    case derTag.boolean:
      reader.boolean();
      return;
    case derTag.integer:
    case derTag.enumerated:
      reader.integer(tag);
      return;
    case derTag.null:
      reader.null();
      return;
    case derTag.objectIdentifier:
      reader.objectIdentifier();
      return;
    case derTag.set:
      reader.setOf(tag, (inside) => {
        skipWellFormed(inside, depth + 1);
      });
      return;
    default:
      skipOther(reader, tag, depth);
  }
}

function skipOther(reader: DerReader, tag: number, depth: number): void {
  const number = tag & 0x1f;
  const isConstructed = (tag & 0x20) !== 0;
  const isUniversal = (tag & 0xc0) === 0;
  // Of the universal types only SEQUENCE and SET are constructed in DER (X.690 section 10.2).
  if (isUniversal && (number === 0 || isConstructed !== (number === 0x10))) {
    throw malformed('an element is of no type that DER allows');
  }
  if (!isConstructed) {
    reader.skip(tag);
    return;
  }
  const inside = reader.enter(tag);
  while (!inside.atEnd()) skipWellFormed(inside, depth + 1);
}
