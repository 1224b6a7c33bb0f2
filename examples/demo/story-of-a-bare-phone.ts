// A phone with no provider at all. The example lets it in on the weakest tier; `examples/no-provider` has the other ways.

import type { Stage } from './stage.js';
import { tellOfAWeakTier } from './tell-of-a-weak-tier.js';

export async function tellOfABarePhone(stage: Stage): Promise<void> {
  const { story, buyPhone, fromPlay } = stage;
  story.chapter('A phone with nothing to show');
  const bare = buyPhone(() => null);
  story.step(
    'It gets the weakest tier',
    { status: 201 },
    await bare.enroll(),
    `tier ${bare.certificate()?.tier}`,
  );
  await tellOfAWeakTier(stage, bare);
  story.step(
    'Renewal keeps it where it is',
    { status: 201 },
    await bare.renew(),
    `tier ${bare.certificate()?.tier}`,
  );
  story.step(
    'With evidence it rises, as the same device',
    { status: 201 },
    await bare.renew({ evidence: fromPlay() }),
    `tier ${bare.certificate()?.tier}`,
  );
  story.step(
    '... and without it falls again: leaving evidence out never pays',
    { status: 201 },
    await bare.renew(),
    `tier ${bare.certificate()?.tier}`,
  );
  story.fact(
    'A bad verdict is worse than none',
    (await bare.renew({ evidence: fromPlay({ labels: [] }) })).code === 'policy_denied',
    '403 · policy_denied',
  );
}
