// What a phone with and one without a provider get by each of the three policies: `npx tsx examples/no-provider/run.ts`

import type { Policy } from 'device-trust';
import { createRefusingPolicy } from './refuse.js';
import { createScoringPolicy } from './risk-based.js';
import { startService, type Phone } from './service.js';
import { createLenientPolicy } from './weak-tier.js';

const policies: Readonly<Record<string, Policy>> = {
  refuse: createRefusingPolicy(),
  'weak tier': createLenientPolicy(),
  'risk based': createScoringPolicy(),
};
const phones: Readonly<Record<string, Phone>> = {
  'with services': { hasServices: true },
  'without, of a model that has none': {
    hasServices: false,
    claimed: { model: 'Acme One', appVersion: '2.1' },
  },
  'without, of a model that should have them': { hasServices: false, claimed: { model: 'Popular 9' } },
};

for (const [name, policy] of Object.entries(policies)) {
  const service = await startService(policy);
  console.log(name);
  for (const [kind, phone] of Object.entries(phones)) {
    const device = service.createPhone(phone);
    const { code } = await device.enroll();
    const tier = device.certificate()?.tier;
    if (tier === undefined) {
      console.log(`  ${kind}: no certificate, ${String(code)}`);
      continue;
    }
    const opened = [];
    for (const path of ['/catalogue', '/orders'] as const) {
      if ((await service.read(device, path)).status === 200) opened.push(path);
    }
    console.log(`  ${kind}: tier ${tier}, opens ${opened.join(' and ')}`);
  }
  await service.close();
}
