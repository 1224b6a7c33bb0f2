// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import type { Clock } from '../core/clock.js';
import type { OpenedStores, StoreChoice } from './open-stores.js';

/** What a verb finds around it. */
export interface CommandContext {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What was asked for: standard output. */
  readonly print: (text: string) => void;
  /** What a person should know meanwhile: standard error. */
  readonly report: (text: string) => void;
  readonly openStores: (choice: StoreChoice) => Promise<OpenedStores>;
  /** Name of the person at this machine, for the audit trail. */
  readonly userName: () => string;
  /** From now on an interrupt (Ctrl-C) aborts this signal, and a second one ends the process. */
  readonly listenForInterrupt: () => AbortSignal;
}

/** A verb of the command: takes the words after its name, resolves to the exit code. */
export type Verb = (words: readonly string[], context: CommandContext) => Promise<number>;
