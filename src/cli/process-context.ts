// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { userInfo } from 'node:os';
import { env, getuid, stderr, stdout } from 'node:process';
import { systemClock } from '../core/clock.js';
import type { CommandContext } from './command-context.js';
import { openStores } from './open-stores.js';

/** The context of a verb that runs as a process. */
export function createProcessContext(): CommandContext {
  return {
    clock: systemClock,
    environment: env,
    print: (text) => void stdout.write(text),
    report: (text) => void stderr.write(text),
    openStores,
    userName: readUserName,
    listenForInterrupt: () => {
      const interrupt = new AbortController();
      process.once('SIGINT', () => {
        interrupt.abort();
      });
      return interrupt.signal;
    },
  };
}

/** In a container the user may be a number that has no name. */
function readUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${getuid?.() ?? 'unknown'}`;
  }
}
