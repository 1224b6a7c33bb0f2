// ca: imports core, contracts, x509.

/** Length of the serial numbers that we give out. */
export const SERIAL_NUMBER_BYTES = 16;

/**
 * Makes a serial number of 16 random octets: 126 bits stay random. The top two become 01, so that the number is positive and its
 * first octet is never zero: all serial numbers have one length, in DER as in hex.
 */
export function createSerialNumber(random: Uint8Array): Uint8Array {
  const serialNumber = new Uint8Array(random);
  serialNumber[0] = ((serialNumber[0] ?? 0) & 0x3f) | 0x40;
  return serialNumber;
}
