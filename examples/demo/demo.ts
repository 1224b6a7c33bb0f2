// Stories of phones, over real mutual TLS. `npm run demo`: the life of an install; with `-- --fastify` or `-- --hono` on that framework, with
// `-- --replicas 2 --store postgres` on two servers over one database, with `-- --provider NAME` the story of another kind of
// phone: `android-key-attestation`, `apple-app-attest`, `huawei-sysintegrity`, or `none`.

import { parseArgs } from 'node:util';
import { createStage, type Stage } from './stage.js';
import { tellOfABarePhone } from './story-of-a-bare-phone.js';
import { tellOfAHuaweiPhone } from './story-of-a-huawei-phone.js';
import { tellOfAReplica } from './story-of-a-replica.js';
import { tellOfAnAndroidPhone } from './story-of-an-android-phone.js';
import { tellOfAnInstall } from './story-of-an-install.js';
import { tellOfAnIphone } from './story-of-an-iphone.js';
import { tellOfAnOutage, tellOfAPoisonedToken } from './story-of-an-outage.js';

const stories: ReadonlyMap<string, (stage: Stage) => Promise<void>> = new Map([
  [
    'play-integrity',
    async (stage) => {
      await tellOfAnInstall(stage);
      await tellOfAPoisonedToken(stage);
    },
  ],
  ['android-key-attestation', tellOfAnAndroidPhone],
  ['apple-app-attest', tellOfAnIphone],
  ['huawei-sysintegrity', tellOfAHuaweiPhone],
  ['none', tellOfABarePhone],
]);
const { values } = parseArgs({
  options: {
    fastify: { type: 'boolean' },
    hono: { type: 'boolean' },
    replicas: { type: 'string', default: '1' },
    store: { type: 'string', default: 'sqlite' },
    provider: { type: 'string', default: 'play-integrity' },
  },
});
const tell = stories.get(values.provider);
if (tell === undefined) throw new Error(`--provider must be one of ${[...stories.keys()].join(', ')}`);
const framework = values.hono ? 'hono' : values.fastify ? 'fastify' : 'express';
const stage = await createStage({ framework, replicas: Number(values.replicas), store: values.store });
try {
  process.stdout.write(
    `${1 + stage.replicas.length} x ${framework}, a ${values.store} store, and phones that speak to it over mutual TLS.\n`,
  );
  await tell(stage);
  await tellOfAnOutage(stage);
  for (const [index, replica] of stage.replicas.entries()) await tellOfAReplica(stage, replica, index + 2);
} finally {
  await stage.close();
}
process.exitCode = stage.story.end();
