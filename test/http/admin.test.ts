import { describe, expect, it } from 'vitest';
import { createBackend, newKey, peerFrom } from '../backend.js';

describe('GET /admin/devices', () => {
  it('lists the latest certificate of each device, page by page, and counts', async () => {
    const backend = await createBackend();
    const first = await backend.enroll();
    await backend.renew({ peer: peerFrom(first) });
    await backend.enroll({ evidence: null });
    await backend.enroll();
    const seen: unknown[] = [];
    let after = '';
    do {
      const answer = await backend.administer('GET', `/admin/devices?limit=1&count=true&after=${after}`);
      expect(answer).toMatchObject({ status: 200, body: { count: 3 } });
      const devices = answer.body['devices'] as { deviceId: string }[];
      expect(devices).toHaveLength(1);
      seen.push(devices[0]?.deviceId);
      after = typeof answer.body['after'] === 'string' ? answer.body['after'] : '';
    } while (after !== '' && seen.length < 10);
    expect(new Set(seen).size).toBe(3);
    expect(seen).toContain(first.body['deviceId']);
  });

  it('finds by tier, provider and end', async () => {
    const backend = await createBackend();
    const weak = await backend.enroll({ evidence: null });
    await backend.enroll();
    const soon = new Date(backend.clock.now().getTime() + 2 * 24 * 3600_000).toISOString();
    for (const query of ['tier=none', 'provider=', `notAfterBefore=${soon}`]) {
      const { body } = await backend.administer('GET', `/admin/devices?${query}`);
      expect(body['devices'], query).toMatchObject([{ deviceId: weak.body['deviceId'], tier: 'none' }]);
      expect(body['devices'], query).toHaveLength(1);
    }
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'after=nonsense', 'notAfterBefore=soon'])(
    'answers %s with 400',
    async (query) => {
      const answer = await (await createBackend()).administer('GET', `/admin/devices?${query}`);
      expect(answer).toMatchObject({ status: 400, body: { code: 'request_malformed' } });
    },
  );
});

describe('GET /admin/devices/<id>', () => {
  it('shows the certificates of a device, its state and every decision about it, the latest first', async () => {
    const backend = await createBackend();
    const key = newKey();
    const { body } = await backend.enroll({ key });
    const deviceId = String(body['deviceId']);
    await backend.revoke({
      deviceId,
      state: 'banned',
      reason: 'privilegeWithdrawn',
      note: 'fraud',
      actor: 'dora',
    });
    await backend.enroll({ key });
    const answer = await backend.administer('GET', `/admin/devices/${deviceId}`);
    expect(answer).toMatchObject({
      status: 200,
      body: {
        deviceId,
        state: 'banned',
        certificates: [
          {
            serialNumber: body['serialNumber'],
            tier: 'strong',
            appraisal: { verdicts: [{ provider: 'play-integrity' }] },
            revoked: { reason: 'privilegeWithdrawn', note: 'fraud' },
          },
        ],
      },
    });
    const decisions = answer.body['decisions'] as { event: { type: string } }[];
    expect(decisions.map(({ event }) => event.type)).toEqual(['revoked', 'certificate_issued']);
    expect(decisions[0]).toMatchObject({
      event: { actor: 'dora', note: 'fraud', reason: 'privilegeWithdrawn' },
    });
  });

  it('holds no token', async () => {
    const backend = await createBackend();
    const challenge = await backend.challenge();
    const key = newKey();
    const evidence = backend.evidenceFor(challenge, key);
    const { body } = await backend.enroll({ key, challenge, evidence });
    const answer = await backend.administer('GET', `/admin/devices/${String(body['deviceId'])}`);
    const text = JSON.stringify(answer.body);
    expect(text).not.toContain(String(evidence['token']).slice(0, 40));
    expect(text).not.toContain(challenge);
  });

  it('answers 404 for a device that is not known', async () => {
    const answer = await (
      await createBackend()
    ).administer('GET', '/admin/devices/11111111-2222-4333-8444-555555555555');
    expect(answer).toMatchObject({ status: 404, body: { code: 'subject_unknown' } });
  });
});

describe('GET /admin/status', () => {
  it('tells the bound, how current the replica is, and the lists that were published', async () => {
    const backend = await createBackend();
    await backend.authenticate(peerFrom(await backend.enroll()));
    backend.clock.advance(2);
    const { issuerId } = backend.pki.authority.issuers[0];
    await backend.trust.crls.find(issuerId, 3);
    backend.clock.advance(1);
    expect(await backend.administer('GET', '/admin/status')).toMatchObject({
      status: 200,
      body: {
        revocations: { maxStalenessSeconds: 5, ageSeconds: 3, logSequence: 0 },
        crls: [{ issuerId, shard: 3, entryCount: 0, ageSeconds: 1 }],
      },
    });
  });
});

describe('every administrative endpoint', () => {
  const ID = '11111111-2222-4333-8444-555555555555';
  it.each([
    ['POST', '/admin/revocations'],
    ['GET', '/admin/devices'],
    ['GET', `/admin/devices/${ID}`],
    ['POST', `/admin/devices/${ID}/reinstate`],
    ['GET', '/admin/status'],
  ])('%s %s needs the administrator token', async (method, path) => {
    const backend = await createBackend();
    expect(await backend.send(method, path)).toMatchObject({
      status: 401,
      body: { code: 'access_token_missing' },
    });
    const headers = { authorization: 'Bearer someone-else-entirely' };
    expect(await backend.send(method, path, { headers })).toMatchObject({
      status: 401,
      body: { code: 'admin_token_invalid' },
    });
  });
});
