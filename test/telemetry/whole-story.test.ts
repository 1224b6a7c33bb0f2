import { AsyncLocalStorage } from 'node:async_hooks';
import { context, ROOT_CONTEXT, type Context, type ContextManager } from '@opentelemetry/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceTrustEvent } from '../../src/contracts/event-sink.js';
import type { IntegrityProvider } from '../../src/contracts/integrity-provider.js';
import { createMemoryStores } from '../../src/memory.js';
import { createPlayIntegrityProvider, localDecryption } from '../../src/play-integrity.js';
import { createBackend, newKey, peerFrom } from '../backend.js';
import { createCollecting, type Point } from './collecting.js';

/** A whole backend with telemetry around every part of it. */
async function createObserved() {
  const collecting = createCollecting();
  const { clock, telemetry } = collecting;
  const secrets = new Set<string>();
  const events: DeviceTrustEvent[] = [];
  let inner: IntegrityProvider | null = null;
  const provider: IntegrityProvider = {
    name: 'play-integrity',
    verify: async (request) => {
      secrets.add(String(request.evidence['token']));
      if (inner === null) throw new Error('no provider yet');
      return inner.verify(request);
    },
  };
  const stores = telemetry.stores(createMemoryStores({ clock }));
  const backend = await createBackend({
    clock,
    monotonicClock: clock,
    stores,
    providers: [telemetry.provider(provider)],
    events: telemetry.events({ record: (event) => void events.push(event) }),
  });
  const { play } = backend;
  inner = createPlayIntegrityProvider({
    packageName: play.packageName,
    certificateSha256: [play.certificateSha256],
    decode: localDecryption(play),
  });
  telemetry.observe(backend.trust, { crls: stores.crls, certificates: stores.certificates });
  return { ...collecting, backend, events, secrets };
}

describe('a backend with telemetry', () => {
  let observed: Awaited<ReturnType<typeof createObserved>>;
  let points: readonly Point[];
  let spans: ReturnType<Awaited<ReturnType<typeof createObserved>>['spans']>;

  const counted = (name: string) =>
    points.filter((point) => point.name === name).map(({ attributes, value }) => ({ ...attributes, value }));

  beforeAll(async () => {
    observed = await createObserved();
    const { backend, clock, secrets } = observed;
    const key = newKey();
    const enrolled = await backend.enroll({ key });
    const peer = peerFrom(enrolled);
    await backend.authenticate(peer);
    const rooted = await backend.enroll({ play: { labels: [] } });
    expect(rooted.status).toBe(403);
    const unbound = await backend.enroll({ play: { binding: new Uint8Array(32) } });
    expect(unbound.status).toBe(403);
    clock.advance(60);
    const renewed = await backend.renew({ peer });
    const deviceId = String(renewed.body['deviceId']);
    const serialNumber = String(renewed.body['serialNumber']);
    expect((await backend.revoke({ serialNumber, reason: 'keyCompromise' })).status).toBeLessThan(300);
    await backend.authenticate(peerFrom(renewed)).catch(() => undefined);
    expect((await backend.revoke({ deviceId, state: 'suspended' })).status).toBeLessThan(300);
    const { crls } = backend.trust;
    const [issuer] = backend.pki.authority.issuers;
    await crls.find(issuer.issuerId, 0);
    for (const text of [deviceId, serialNumber, String(enrolled.body['serialNumber'])]) secrets.add(text);
    for (const answer of [enrolled, renewed]) secrets.add(String(answer.body['certificate']));
    for (const event of observed.events) {
      for (const member of ['deviceId', 'serialNumber', 'publicKeySha256'] as const) {
        if (member in event) secrets.add(String(Reflect.get(event, member)));
      }
    }
    secrets.delete('null');
    points = (await observed.collect()).points;
    spans = observed.spans();
  });

  it('counts what happened', () => {
    const labels = { tier: 'strong', provider: 'play-integrity', value: 1 };
    expect(counted('device_trust.certificates.issued')).toEqual([
      { action: 'enroll', ...labels },
      { action: 'renew', ...labels },
    ]);
    expect(counted('device_trust.issuance.refused')).toContainEqual({
      action: 'enroll',
      code: 'evidence_rejected',
      reason: 'binding_mismatch',
      value: 1,
    });
    expect(counted('device_trust.bootstrap.requests')).toEqual([{ release: 'test release', value: 6 }]);
    expect(counted('device_trust.requests.refused')).toEqual([{ code: 'certificate_revoked', value: 1 }]);
    expect(counted('device_trust.revocations')).toContainEqual({
      kind: 'certificate',
      reason: 'keyCompromise',
      value: 1,
    });
  });

  it('measures its providers and stores', () => {
    expect(counted('device_trust.provider.duration')).toEqual([
      { provider: 'play-integrity', outcome: 'verdict', value: 3 },
      { provider: 'play-integrity', outcome: 'rejected', value: 1 },
    ]);
    expect(counted('device_trust.store.duration')).toContainEqual({
      operation: 'certificates.recordIntent',
      outcome: 'done',
      value: 2,
    });
  });

  it('says how current its knowledge and its lists are', () => {
    expect(counted('device_trust.status.max_staleness')).toEqual([{ value: 5 }]);
    expect(counted('device_trust.crl.age')).toMatchObject([{ shard: '0', value: 0 }]);
    expect(counted('device_trust.certificates.expiring')).toEqual([{ value: 0 }]);
  });

  it('gives no token, key, certificate, device or serial number away', () => {
    const told = JSON.stringify([
      points,
      spans.map(({ name, attributes, events, links, status }) => [name, attributes, events, links, status]),
    ]);
    const { secrets, events } = observed;
    expect(secrets.size).toBeGreaterThan(8);
    expect([...secrets].filter((secret) => secret.length < 16)).toEqual([]);
    expect([...secrets].some((secret) => JSON.stringify(events).includes(secret))).toBe(true);
    expect([...secrets].filter((secret) => told.includes(secret))).toEqual([]);
    // Neither what nobody thought of: the longest word that is not ours is the identifier of the issuing CA.
    const values = [...points, ...spans].flatMap(({ attributes }) => Object.values(attributes));
    const { issuerId } = observed.backend.pki.authority.issuers[0];
    const known = [issuerId, 'test release'];
    const strangers = values.filter(
      (value) => !known.includes(String(value)) && !/^[A-Za-z_.+-]{1,40}$|^[0-9]{1,3}$/.test(String(value)),
    );
    expect(strangers).toEqual([]);
  });
});

describe('spans', () => {
  const storage = new AsyncLocalStorage<Context>();
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (next, work, _self, ...args) => storage.run(next, () => work(...args)),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  };

  beforeAll(() => {
    context.setGlobalContextManager(manager);
  });

  afterAll(() => {
    context.disable();
  });

  it('of what a provider does are children of its own', async () => {
    const { telemetry, tracer, spans } = createCollecting();
    const asking = telemetry.provider({
      name: 'sample',
      verify: async () => {
        await new Promise(setImmediate);
        tracer.startSpan('a call to the vendor').end();
        throw new Error('no answer');
      },
    });
    const expected = { challenge: new Uint8Array(), publicKey: new Uint8Array(), binding: new Uint8Array() };
    await asking
      .verify({ evidence: { provider: 'sample' }, expected, now: new Date(0) })
      .catch(() => undefined);
    const [child, parent] = spans();
    expect([child?.name, parent?.name]).toEqual(['a call to the vendor', 'device_trust.provider.verify']);
    expect(child?.parentSpanContext?.spanId).toBe(parent?.spanContext().spanId);
  });
});
