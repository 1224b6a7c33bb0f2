// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { parseArgs } from 'node:util';
import { DeviceTrustError } from '../core/errors.js';
import { audit } from './audit.js';
import type { CommandContext, Verb } from './command-context.js';
import { crl } from './crl.js';
import { devices } from './devices.js';
import { initialize } from './initialize.js';
import { inspectFile } from './inspect-file.js';
import { Misuse } from './misuse.js';
import { observed } from './observed.js';
import { reinstate } from './reinstate.js';
import { describeError } from './report.js';
import { revoke } from './revoke.js';
import { USAGE } from './usage.js';

const verbs: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ['init', init],
  ['inspect', inspect],
  ['devices', devices],
  ['revoke', revoke],
  ['reinstate', reinstate],
  ['audit', audit],
  ['observed', observed],
  ['crl', crl],
]);

/** Runs a verb, and resolves to the exit code: 0 done, 1 refused or failed, 2 misuse. A failure is told in one line. */
export async function runVerb(words: readonly string[], context: CommandContext): Promise<number> {
  try {
    return await run(words, context);
  } catch (error) {
    if (isMisuse(error)) {
      context.report(`device-trust: ${describeError(error)}; see device-trust --help\n`);
      return 2;
    }
    if (error instanceof DeviceTrustError || (error instanceof Error && 'syscall' in error)) {
      context.report(`device-trust: ${describeError(error)}\n`);
      return 1;
    }
    throw error;
  }
}

async function run([name, ...words]: readonly string[], context: CommandContext): Promise<number> {
  if (name === undefined || name === 'help' || [name, ...words].some(isHelp)) {
    context.print(USAGE);
    return name === undefined ? 2 : 0;
  }
  const verb = verbs.get(name);
  if (verb === undefined) throw new Misuse(`there is no command ${name}`);
  return verb(words, context);
}

async function init(words: readonly string[], { clock, print }: CommandContext): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      dir: { type: 'string' },
      name: { type: 'string' },
      release: { type: 'string' },
      host: { type: 'string', multiple: true },
    },
  });
  if (values.dir === undefined) throw new Misuse('init needs --dir');
  const { name = 'device-trust', release = '1', host = ['localhost', '127.0.0.1'] } = values;
  print(await initialize({ directory: values.dir, name, release, hosts: host, now: clock.now() }));
  return 0;
}

async function inspect(words: readonly string[], { clock, print }: CommandContext): Promise<number> {
  const { positionals } = parseArgs({ args: [...words], allowPositionals: true });
  if (positionals.length === 0) throw new Misuse('inspect needs a file');
  for (const path of positionals) print(inspectFile(path, clock.now()));
  return 0;
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h';
}

function isMisuse(error: unknown): error is Error {
  if (error instanceof Misuse) return true;
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
