// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../core/errors.js';
import { parseCertificate } from '../x509/certificate.js';
import { parsePem } from '../x509/pem.js';
import type { CommandContext } from './command-context.js';
import { Misuse } from './misuse.js';
import { parseHex } from './parse-option.js';

/** The options that say which CA a serial number is of. */
export const issuerOptions = {
  issuer: { type: 'string', multiple: true },
  dir: { type: 'string' },
} as const;

/** As `init` names it. */
const CA_FILE = 'device-ca.pem';
const DEFAULT_DIRECTORY = './data';
/** Of a subject key identifier of 20 bytes. */
const ISSUER_DIGITS = { exactly: 40 } as const;

/**
 * The ids of the issuing CAs: those that were named, else those in `device-ca.pem` of the folder, else of the folder that
 * the example servers keep their data in.
 *
 * @throws ConfigurationError if the folder that was named has no such file, or it holds no CA
 */
export function readIssuerIds(
  values: { readonly issuer?: readonly string[]; readonly dir?: string },
  { environment }: CommandContext,
): readonly string[] {
  const { issuer, dir } = values;
  if (issuer !== undefined) return issuer.map((id) => parseHex('--issuer', id, ISSUER_DIGITS));
  const path = join(dir ?? (environment['DATA_DIR'] || DEFAULT_DIRECTORY), CA_FILE);
  if (existsSync(path)) return readIds(path);
  if (dir === undefined) throw new Misuse('a serial number needs its issuer: pass --issuer or --dir');
  throw new ConfigurationError('dir', { message: `there is no file ${path}` });
}

function readIds(path: string): readonly string[] {
  const ids = parsePem(readFileSync(path, 'utf8'), 'CERTIFICATE').map((der) => {
    return parseCertificate(der).extensions.subjectKeyIdentifier;
  });
  const known = ids.filter((id) => id !== null);
  if (known.length > 0) return known;
  throw new ConfigurationError('dir', { message: `${path} holds no CA certificate` });
}
