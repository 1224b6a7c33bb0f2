// testing: may import everything; nothing imports it.

import { env } from 'node:process';
import { ConfigurationError } from '../core/errors.js';

/**
 * Keeps a fake out of production: everything it says is made up, and its keys are known to whoever made it.
 *
 * @param name of the function that was called, such as `createFakePlay`
 * @throws ConfigurationError if `NODE_ENV` is `production`
 */
export function refuseProduction(name: string): void {
  if (env['NODE_ENV'] === 'production') {
    throw new ConfigurationError('NODE_ENV', { message: `${name} makes a fake, and this is production` });
  }
}
