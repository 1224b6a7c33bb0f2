// integrity/apple: imports core and this folder only.

import { equalBytes } from '../../core/bytes.js';
import { ConfigurationError } from '../../core/errors.js';

/** Which servers of Apple attested the key: those for apps that are distributed, or those for apps under development. */
export type AppAttestEnvironment = 'production' | 'development';

const appAttestEnvironments: readonly AppAttestEnvironment[] = ['production', 'development'];

/** The 16 octets that stand for each in authenticator data (Apple, "Validating apps that connect to your server", step 8). */
const aaguids: Readonly<Record<AppAttestEnvironment, Uint8Array>> = {
  production: Buffer.from('appattest\0\0\0\0\0\0\0', 'latin1'),
  development: Buffer.from('appattestdevelop', 'latin1'),
};

/** The environment of an aaguid, all 16 octets compared; `null` if it is of neither. */
export function findAppAttestEnvironment(aaguid: Uint8Array): AppAttestEnvironment | null {
  return appAttestEnvironments.find((name) => equalBytes(aaguids[name], aaguid)) ?? null;
}

/**
 * Reads the option `environments`.
 *
 * @throws ConfigurationError
 */
export function checkEnvironments(
  environments: readonly AppAttestEnvironment[] = ['production'],
): readonly AppAttestEnvironment[] {
  if (environments.length > 0 && environments.every((name) => appAttestEnvironments.includes(name))) {
    return environments;
  }
  throw new ConfigurationError('environments', { message: 'must name production, development or both' });
}
