import { describe, expect, it, onTestFinished } from 'vitest';
import { createScoringPolicy } from './risk-based.js';
import { startService, type Service } from './service.js';

const plausible = { hasServices: false, claimed: { model: 'Acme One', appVersion: '2.1' } };
const odd = { hasServices: false, claimed: { model: 'Popular 9', appVersion: '2.1' } };

async function start(...score: Parameters<typeof createScoringPolicy>): Promise<Service> {
  const service = await startService(createScoringPolicy(...score));
  onTestFinished(() => service.close());
  return service;
}

describe('a policy with a risk score for phones without a provider', () => {
  it('gives a phone of a low score the weak tier', async () => {
    const service = await start();
    const phone = service.createPhone(plausible);
    expect(await phone.enroll()).toMatchObject({ status: 201, body: { tier: 'none' } });
    expect(await service.read(phone, '/catalogue')).toMatchObject({ status: 200 });
    expect(await service.read(phone, '/orders')).toMatchObject({ status: 403, code: 'tier_insufficient' });
  });

  it('refuses one of a high score, and takes its evidence all the same', async () => {
    const service = await start();
    expect(await service.createPhone(odd).enroll()).toMatchObject({ status: 403, code: 'policy_denied' });
    expect(await service.createPhone({ ...odd, hasServices: true }).enroll()).toMatchObject({
      status: 201,
      body: { tier: 'strong' },
    });
  });

  it('gives up this: a script that claims what the score likes gets the tier too', async () => {
    const service = await start();
    expect(await service.createPhone(odd).enroll()).toMatchObject({ status: 403 });
    expect(await service.createPhone({ ...odd, claimed: plausible.claimed }).enroll()).toMatchObject({
      status: 201,
    });
  });

  it('gives up this too: without the score nobody without evidence gets in, and others do', async () => {
    const service = await start(() => Promise.reject(new Error('the engine is down')));
    expect(await service.createPhone(plausible).enroll()).toMatchObject({
      status: 503,
      code: 'policy_unavailable',
    });
    expect(await service.createPhone({ hasServices: true }).enroll()).toMatchObject({ status: 201 });
  });
});
