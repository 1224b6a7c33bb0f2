// integrity/android: imports core and this folder only.

import { encodeHex, decodeSha256 } from '../../core/bytes.js';
import { ConfigurationError } from '../../core/errors.js';
import type { KnownReasonCode } from '../../core/reason-code.js';
import type { KeyDescription } from './key-description.js';

/** The app that keys must have been made by. */
export interface AppIdentity {
  readonly packageName: string;
  /** Other apps that may share its user id. */
  readonly sharedUserIdPackages: readonly string[];
  /** Hex. */
  readonly certificateSha256: readonly string[];
}

/**
 * Checks the options that name the app.
 *
 * @throws ConfigurationError `packageName`, `sharedUserIdPackages` or `certificateSha256`
 */
export function checkAppIdentity(options: {
  readonly packageName: string;
  readonly certificateSha256: readonly string[];
  readonly sharedUserIdPackages?: readonly string[];
}): AppIdentity {
  const { packageName, certificateSha256, sharedUserIdPackages = [] } = options;
  assertPackageName('packageName', packageName);
  for (const [index, name] of sharedUserIdPackages.entries()) {
    assertPackageName(`sharedUserIdPackages[${index}]`, name);
  }
  if (certificateSha256.length === 0) {
    throw new ConfigurationError('certificateSha256', { message: 'at least one digest is needed' });
  }
  const digests = certificateSha256.map((text, index) => {
    const digest = decodeSha256(text);
    if (digest) return encodeHex(digest);
    throw new ConfigurationError(`certificateSha256[${index}]`, {
      message: 'must be 32 bytes in hex or base64',
    });
  });
  return { packageName, sharedUserIdPackages, certificateSha256: digests };
}

/**
 * Why a key is not one of this app. Who made the key only the system knows, so that `softwareEnforced` is the one place to
 * look, and all of it is worth as much as the system is.
 *
 * Apps that share a user id share their keys, and the attestation names all of them: each must be known. Of several signers
 * one of ours is enough, for all of them have signed the app. A key for all applications is nobody's.
 */
export function* findAppFaults(
  { softwareEnforced, hardwareEnforced }: KeyDescription,
  app: AppIdentity,
): Generator<KnownReasonCode> {
  const isForAll = softwareEnforced.allApplications !== false || hardwareEnforced.allApplications !== false;
  const id = softwareEnforced.attestationApplicationId;
  if (id === null) yield 'attestation_incomplete';
  const names = id?.packages.map(({ name }) => name) ?? [];
  const known = [app.packageName, ...app.sharedUserIdPackages];
  const isOurs = names.includes(app.packageName) && names.every((name) => known.includes(name));
  if (isForAll || (id !== null && !isOurs)) yield 'app_package_mismatch';
  const isSigned = id?.signatureDigests.some((digest) => app.certificateSha256.includes(digest));
  if (isSigned === false) yield 'app_certificate_mismatch';
}

function assertPackageName(option: string, name: string): void {
  if (!/^[A-Za-z]\w*(\.[A-Za-z]\w*)+$/.test(name)) {
    throw new ConfigurationError(option, { message: 'must be a name such as com.example.app' });
  }
}
