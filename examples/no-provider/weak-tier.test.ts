import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type Service } from './service.js';
import { createLenientPolicy } from './weak-tier.js';

describe('a policy with a weak tier for phones without a provider', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService(createLenientPolicy());
  });
  afterAll(() => service.close());

  it('gives a phone without services a certificate of an hour, that opens what proves nothing', async () => {
    const phone = service.createPhone({ hasServices: false });
    expect(await phone.enroll()).toMatchObject({ status: 201, body: { tier: 'none' } });
    const { notAfter = '', notBefore = '' } = phone.certificate() ?? {};
    // It begins five minutes back.
    expect(Date.parse(notAfter) - Date.parse(notBefore)).toBe((3600 + 300) * 1000);
    expect(await service.read(phone, '/catalogue')).toMatchObject({ status: 200, body: { tier: 'none' } });
    expect(await service.read(phone, '/orders')).toMatchObject({ status: 403, code: 'tier_insufficient' });
  });

  it('keeps the weak tier at renewal, and lets the phone rise once it can prove more', async () => {
    const phone = service.createPhone({ hasServices: false });
    await phone.enroll();
    expect(await phone.renew()).toMatchObject({ status: 201, body: { tier: 'none' } });
    const other = service.createPhone({ hasServices: true });
    await other.enroll({ evidence: () => null });
    expect(await other.renew()).toMatchObject({ status: 201, body: { tier: 'strong' } });
    expect(await service.read(other, '/orders')).toMatchObject({ status: 200 });
  });

  it('gives up this: a script that has the bootstrap certificate gets the tier too', async () => {
    const script = service.createPhone({ hasServices: false, claimed: { model: 'anything it likes' } });
    expect(await script.enroll()).toMatchObject({ status: 201, body: { tier: 'none' } });
    expect(await service.read(script, '/catalogue')).toMatchObject({ status: 200 });
  });
});
