// policy: imports core, contracts and this folder only.

import type { ClientAction } from '../core/client-action.js';

/** How much a client has to do, or give up, from least to most. */
const FINALITY: Readonly<Record<ClientAction, number>> = {
  retry: 0,
  renew: 1,
  reattest: 2,
  reenroll: 3,
  update: 4,
  stop: 5,
};

/** What a client must do where several things stand in its way: all of them must go, so the hardest counts. */
export function hardestAction(actions: readonly ClientAction[]): ClientAction {
  return actions.reduce(
    (hardest, action) => (FINALITY[action] > FINALITY[hardest] ? action : hardest),
    'retry',
  );
}

/** What a client must do where any one of several ways would do: the easiest counts. */
export function easiestAction(actions: readonly ClientAction[]): ClientAction {
  return actions.reduce(
    (easiest, action) => (FINALITY[action] < FINALITY[easiest] ? action : easiest),
    'stop',
  );
}

export function isClientAction(value: unknown): value is ClientAction {
  return typeof value === 'string' && Object.hasOwn(FINALITY, value);
}
