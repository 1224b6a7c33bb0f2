// cli: imports core, contracts, x509, ca, audit, revocation and stores.

import { parseArgs } from 'node:util';
import { actOptions, openDesk, parseAct } from './act-options.js';
import type { CommandContext } from './command-context.js';
import { Misuse } from './misuse.js';
import { escapeControls } from './report.js';
import { storeOptions, withStores } from './store-options.js';

/** Lets a suspended or banned device have certificates again. */
export async function reinstate(words: readonly string[], context: CommandContext): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: { ...storeOptions, ...actOptions, device: { type: 'string' } },
  });
  const { device } = values;
  if (device === undefined) throw new Misuse('reinstate needs --device');
  const act = parseAct(values, context);
  return withStores(values, context, async (stores) => {
    const { reinstated } = await openDesk(stores, [], context).reinstate({ deviceId: device, ...act });
    const outcome = reinstated ? 'reinstated; it must enrol again' : 'was active already';
    context.print(`device ${escapeControls(device)} ${outcome}\n`);
    return 0;
  });
}
