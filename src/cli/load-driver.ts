// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError } from '../core/errors.js';

/**
 * Loads the driver of a database: the one that stands beside this package, else that of the project in the folder, for
 * a command that was installed elsewhere (`npx`, globally). Drivers are optional peers, so none is loaded before it is needed.
 *
 * @throws ConfigurationError if there is none, or it does not load
 */
export async function loadDriver(name: string, directory: string): Promise<unknown> {
  try {
    return await importByName(name);
  } catch {
    try {
      const path = createRequire(join(directory, 'package.json')).resolve(name);
      return await importByName(pathToFileURL(path).href);
    } catch (cause) {
      throw new ConfigurationError('store', {
        message: `this store needs the package ${name}, which is not here or does not load; npm install ${name}`,
        cause,
      });
    }
  }
}

/** What a module exports under a name; packages in CommonJS may have it one level down. */
export function readExport(module: unknown, name: string): unknown {
  const direct = readMember(module, name);
  return direct === undefined ? readMember(readMember(module, 'default'), name) : direct;
}

function readMember(value: unknown, name: string): unknown {
  const holds = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return holds ? Reflect.get(value, name) : undefined;
}

/** By a name that is not known when this is built, so that no bundler takes the package in. */
function importByName(name: string): Promise<unknown> {
  return import(name);
}
