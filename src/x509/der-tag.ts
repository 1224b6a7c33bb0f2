// x509: imports core and x509 only.

/** Identifier octets of the ASN.1 types that X.509 uses (ITU-T X.690 section 8.1.2). */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The identifier octet of a context-specific tag 0 to 30 in primitive form, such as `[0] IMPLICIT OCTET STRING`. */
export function contextTag(number: number): number {
  return 0x80 | number;
}

/** The identifier octet of a context-specific tag 0 to 30 in constructed form, such as `[0] EXPLICIT` anything. */
export function constructedContextTag(number: number): number {
  return 0xa0 | number;
}
