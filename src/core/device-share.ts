// core: imports core only.

import { sha256 } from './bytes.js';
import { ConfigurationError } from './errors.js';

/** Six bytes of a digest are a whole number below this. */
const PLACES = 2 ** 48;

/**
 * True if the device is in this share of all devices. The same device is always in the same place, so it stays in when the
 * share grows; under another salt it is in another place, so that it is not always the same devices that come first.
 *
 * @param percent 0 (no device) to 100 (all)
 */
export function isInShare(deviceId: string, percent: number, salt: string): boolean {
  const digest = sha256(sha256(Buffer.from(salt, 'utf8')), Buffer.from(deviceId, 'utf8'));
  const place = Buffer.from(digest).readUIntBE(0, 6);
  return place * 100 < percent * PLACES;
}

/**
 * Checks a share that was given as an option.
 *
 * @throws ConfigurationError unless it is a number from 0 to 100
 */
export function assertPercent(option: string, percent: number): void {
  if (!(percent >= 0 && percent <= 100)) {
    throw new ConfigurationError(option, { message: 'must be a number from 0 to 100' });
  }
}
