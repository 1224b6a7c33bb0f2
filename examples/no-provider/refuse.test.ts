import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRefusingPolicy } from './refuse.js';
import { startService, type Service } from './service.js';

describe('a policy that refuses phones without a provider', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService(createRefusingPolicy());
  });
  afterAll(() => service.close());

  it('gives a phone with services its certificate, and the routes', async () => {
    const phone = service.createPhone({ hasServices: true });
    expect(await phone.enroll()).toMatchObject({ status: 201, body: { tier: 'strong' } });
    expect(await service.read(phone, '/orders')).toMatchObject({ status: 200, body: { tier: 'strong' } });
  });

  it('gives up a phone without: it has nothing to call the API with', async () => {
    const phone = service.createPhone({ hasServices: false });
    expect(await phone.enroll()).toMatchObject({
      status: 403,
      body: { code: 'policy_denied', action: 'reattest' },
    });
    expect(phone.certificate()).toBeNull();
    expect(await phone.sendAsBootstrap({ path: '/catalogue' })).toMatchObject({
      status: 403,
      code: 'device_certificate_required',
    });
  });
});
