// integrity/apple: imports core and this folder only.

import { UnavailableError } from '../../core/errors.js';
import type { AppAttestDetails } from './app-attest-verdict.js';

/** What is kept with an attested key. */
export type KeyDetails = Omit<AppAttestDetails, 'keyId' | 'counter' | 'riskMetric'>;

/** The JSON that is kept. */
export function encodeKeyDetails(details: KeyDetails): string {
  const { appId, environment, osVersion, osBuild, bundleVersion, validationCategory } = details;
  return JSON.stringify({ appId, environment, osVersion, osBuild, bundleVersion, validationCategory });
}

/**
 * Reads what was kept.
 *
 * @throws UnavailableError `store_unavailable` if it is not what {@link encodeKeyDetails} wrote: the store is not to be trusted
 */
export function parseKeyDetails(text: string): KeyDetails {
  const json = parseJson(text);
  const member = (name: string): unknown =>
    typeof json === 'object' && json !== null
      ? Object.getOwnPropertyDescriptor(json, name)?.value
      : undefined;
  const textOrNull = (name: string): string | null => {
    const value = member(name);
    if (value === null || typeof value === 'string') return value;
    throw unreadable();
  };
  const appId = member('appId');
  const environment = member('environment');
  const validationCategory = member('validationCategory');
  const isCategory =
    validationCategory === null ||
    validationCategory === 'unreadable' ||
    typeof validationCategory === 'number';
  const isEnvironment = environment === 'production' || environment === 'development';
  if (typeof appId !== 'string' || !isEnvironment || !isCategory) throw unreadable();
  return {
    appId,
    environment,
    osVersion: textOrNull('osVersion'),
    osBuild: textOrNull('osBuild'),
    bundleVersion: textOrNull('bundleVersion'),
    validationCategory,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause?: unknown): UnavailableError {
  return new UnavailableError('store_unavailable', {
    message: 'the store holds details of an attested key that nobody wrote',
    ...(cause === undefined ? {} : { cause }),
  });
}
