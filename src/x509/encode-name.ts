// x509: imports core and x509 only.

import { ConfigurationError } from '../core/errors.js';
import { der } from './der-writer.js';
import { oid } from './oid.js';

/** What a subject name may hold: enough for a private PKI. */
export interface SubjectName {
  /** Two capital letters (ISO 3166-1). */
  readonly country?: string;
  readonly organization?: string;
  readonly organizationalUnit?: string;
  readonly commonName: string;
}

/** Upper bound of the three texts in characters (RFC 5280 appendix A.1: `ub-common-name` and its like). */
const MAX_CHARACTERS = 64;

/**
 * Writes a DER Name (RFC 5280 section 4.1.2.4), one attribute in each RDN, most significant first; text as UTF8String.
 *
 * @throws ConfigurationError if a text is empty, longer than 64 characters or not well-formed Unicode, or the country is
 *   not two capital letters
 */
export function encodeName(name: SubjectName): Uint8Array {
  const { country, organization, organizationalUnit, commonName } = name;
  const attributes: Uint8Array[] = [];
  if (country !== undefined) {
    if (!/^[A-Z]{2}$/.test(country)) {
      throw new ConfigurationError('country', { message: 'must be two capital letters' });
    }
    attributes.push(encodeAttribute(oid.countryName, der.printableString(country)));
  }
  if (organization !== undefined) {
    attributes.push(encodeAttribute(oid.organizationName, encodeText('organization', organization)));
  }
  if (organizationalUnit !== undefined) {
    attributes.push(
      encodeAttribute(oid.organizationalUnitName, encodeText('organizationalUnit', organizationalUnit)),
    );
  }
  attributes.push(encodeAttribute(oid.commonName, encodeText('commonName', commonName)));
  return der.sequence(...attributes);
}

function encodeAttribute(type: string, value: Uint8Array): Uint8Array {
  return der.setOf(der.sequence(der.objectIdentifier(type), value));
}

function encodeText(option: string, text: string): Uint8Array {
  const characters = Array.from(text).length;
  // A lone surrogate has no UTF-8 form: it would turn into another character. (The `u` flag makes the class match only lone ones.)
  if (characters < 1 || characters > MAX_CHARACTERS || /\p{Surrogate}|\p{Control}/u.test(text)) {
    throw new ConfigurationError(option, {
      message: `must be 1 to ${MAX_CHARACTERS} characters of well-formed text without control characters`,
    });
  }
  return der.utf8String(text);
}
