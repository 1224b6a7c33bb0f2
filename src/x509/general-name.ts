// x509: imports core and x509 only.

import { constructedContextTag, contextTag } from './der-tag.js';
import { type DerReader, malformed } from './der-reader.js';
import { readName } from './distinguished-name.js';
import { skipWellFormed } from './skip-well-formed.js';

/** GeneralNames (RFC 5280 section 4.2.1.6), sorted by kind; each list in the order of the certificate. */
export interface GeneralNames {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  /** 4 or 16 octets each; 8 or 32 (address and mask) in name constraints. */
  readonly ipAddresses: readonly Uint8Array[];
  /** DER Names. */
  readonly directoryNames: readonly Uint8Array[];
  /** Tag numbers of names of kinds that we do not read: otherName 0, x400Address 3, ediPartyName 5, registeredID 8. */
  readonly otherKinds: readonly number[];
}

type MutableNames = { -readonly [K in keyof GeneralNames]: GeneralNames[K][number][] };

/** Reads `GeneralNames`, of which there must be at least one. */
export function readGeneralNames(reader: DerReader, tag: number): GeneralNames {
  const inside = reader.enter(tag);
  const names = createNames();
  if (inside.atEnd()) throw malformed('there is no general name where one is due');
  while (!inside.atEnd()) readGeneralName(inside, names);
  return names;
}

/** An empty list, for {@link readGeneralName} to add to. */
export function createNames(): MutableNames {
  return {
    uris: [],
    dnsNames: [],
    emailAddresses: [],
    ipAddresses: [],
    directoryNames: [],
    otherKinds: [],
  };
}

/** Reads one GeneralName and adds it to the names of its kind. */
export function readGeneralName(reader: DerReader, names: MutableNames): void {
  const tag = reader.nextTag();
  switch (tag) {
    case contextTag(1):
      names.emailAddresses.push(readText(reader, tag));
      return;
    case contextTag(2):
      names.dnsNames.push(readText(reader, tag));
      return;
    case contextTag(6):
      names.uris.push(readText(reader, tag));
      return;
    case contextTag(7):
      names.ipAddresses.push(reader.content(tag));
      return;
    case constructedContextTag(4): {
      const inside = reader.enter(tag);
      names.directoryNames.push(readName(inside));
      inside.finish();
      return;
    }
    case contextTag(8):
      reader.objectIdentifier(tag);
      names.otherKinds.push(8);
      return;
    case constructedContextTag(0):
    case constructedContextTag(3):
    case constructedContextTag(5):
      skipWellFormed(reader);
      names.otherKinds.push(tag & 0x1f);
      return;
    default:
      throw malformed('a general name is of an unknown kind');
  }
}

/** An IA5String; control characters, NUL above all, have no place in a name. */
function readText(reader: DerReader, tag: number): string {
  const text = reader.latin1(tag);
  if (!/^[ -~]*$/.test(text)) throw malformed('a general name is not printable ASCII');
  return text;
}
