// What a device of a weak tier may do, wherever a story has one.

import type { SimulatedDevice } from 'device-trust/testing';
import type { Stage } from './stage.js';

export async function tellOfAWeakTier(stage: Stage, phone: SimulatedDevice): Promise<void> {
  const headers = await stage.authorize('alice');
  stage.story.step(
    '... which sees the account',
    { status: 200 },
    await phone.send({ path: '/account/resource', headers }),
  );
  stage.story.step(
    '... and nothing sensitive',
    { status: 403, code: 'tier_insufficient' },
    await phone.send({ path: '/account/sensitive', headers }),
  );
}
