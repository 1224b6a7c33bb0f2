#!/usr/bin/env node
// cli: imports core, contracts, x509 and ca.

import { argv, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { DeviceTrustError } from '../core/errors.js';
import { initialize } from './initialize.js';
import { inspectFile } from './inspect-file.js';

const USAGE = `device-trust - certificates of devices

  device-trust init --dir DIR [--name NAME] [--release RELEASE] [--host HOST ...]
      Makes a root, an issuing CA for devices, a CA for bootstrap certificates, one
      bootstrap certificate (also as PKCS#12) and a server certificate. Overwrites nothing.

      --name      goes into the names of the CAs (default: device-trust)
      --release   name of the app release that the bootstrap certificate is for (default: 1)
      --host      a DNS name or IP address of the server; may be repeated
                  (default: localhost and 127.0.0.1)

  device-trust inspect FILE...
      Says in plain words what is in a CSR, certificate, CRL or evidence token, and
      what of it would be refused. PEM, DER or the text of a token; "-" reads standard input.

Exit codes: 0 done, 1 refused or failed, 2 not a call that there is.
`;

async function run(arguments_: readonly string[]): Promise<number> {
  const [command, ...rest] = arguments_;
  if (command === 'init') {
    const { values } = parseArgs({
      args: rest,
      options: {
        dir: { type: 'string' },
        name: { type: 'string' },
        release: { type: 'string' },
        host: { type: 'string', multiple: true },
      },
    });
    if (values.dir === undefined) return misuse('init needs --dir');
    const { name = 'device-trust', release = '1', host = ['localhost', '127.0.0.1'] } = values;
    stdout.write(await initialize({ directory: values.dir, name, release, hosts: host, now: new Date() }));
    return 0;
  }
  if (command === 'inspect') {
    const { positionals } = parseArgs({ args: rest, allowPositionals: true });
    if (positionals.length === 0) return misuse('inspect needs a file');
    for (const path of positionals) stdout.write(inspectFile(path, new Date()));
    return 0;
  }
  if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
    stdout.write(USAGE);
    return command === undefined ? 2 : 0;
  }
  return misuse(`there is no command ${command}`);
}

function misuse(message: string): number {
  stderr.write(`device-trust: ${message}\n\n${USAGE}`);
  return 2;
}

function isMisuse(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

try {
  process.exitCode = await run(argv.slice(2));
} catch (error) {
  if (isMisuse(error)) {
    process.exitCode = misuse(error.message);
  } else if (error instanceof DeviceTrustError || (error instanceof Error && 'syscall' in error)) {
    stderr.write(`device-trust: ${error.message}\n`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
