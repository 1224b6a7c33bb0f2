import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  createStatusCache,
  UnavailableError,
  type HighWaterMark,
  type Revocation,
  type RevocationSubject,
  type StatusCacheOptions,
} from '../../src/index.js';
import { createMemoryStores } from '../../src/memory.js';
import { createFakeClock } from '../../src/testing.js';
import { days, sampleIntent } from '../../src/testing/contracts/sample-intent.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';

const HELD = { keyHeldFrom: days(0) };

/** A replica over stores that count how often they are asked, and that can be cut off. */
async function createReplica(overrides: Partial<StatusCacheOptions> = {}) {
  const clock = createFakeClock(days(0));
  const stores = createMemoryStores();
  const asked = { list: 0, find: 0, certificates: 0 };
  let reachable = true;
  const assertReachable = () => {
    if (!reachable) throw new UnavailableError('store_unavailable', { message: 'cut off' });
  };
  const options: StatusCacheOptions = {
    certificates: {
      ...stores.certificates,
      find: async (query) => {
        asked.certificates += 1;
        assertReachable();
        return stores.certificates.find(query);
      },
    },
    revocations: {
      ...stores.revocations,
      list: async (query) => {
        asked.list += 1;
        assertReachable();
        return stores.revocations.list(query);
      },
      find: async (query) => {
        asked.find += 1;
        assertReachable();
        return stores.revocations.find(query);
      },
    },
    clock,
    monotonicClock: clock,
    ...overrides,
  };
  const intent = sampleIntent(1);
  await stores.certificates.recordIntent(intent, HELD);
  await stores.certificates.recordIssued(intent, { certificate: Uint8Array.of(1), issuedAt: days(0) });
  const cache = createStatusCache(options);
  const { issuerId, serialNumber, crlShard, notAfter, deviceId, publicKeySha256 } = intent;
  const subjects: Record<Revocation['subject']['kind'], RevocationSubject> = {
    certificate: { kind: 'certificate', issuerId, serialNumber, crlShard, notAfter },
    device: { kind: 'device', deviceId, state: 'suspended' },
    key: { kind: 'key', publicKeySha256 },
  };
  return {
    clock,
    stores,
    asked,
    cache,
    options,
    intent,
    subjects,
    find: async () => cache.find(intent),
    revoke: (subject: RevocationSubject) =>
      stores.revocations.revoke({ subject, reason: 'unspecified', at: clock.now() }),
    cutOff: () => {
      reachable = false;
    },
    connect: () => {
      reachable = true;
    },
  };
}

describe('a status cache', () => {
  it('answers for a certificate in use without asking anybody', async () => {
    const replica = await createReplica();
    await replica.find();
    const before = { ...replica.asked };
    const answer = replica.cache.find(replica.intent);
    expect(answer).not.toBeInstanceOf(Promise);
    expect(answer).toMatchObject({
      certificate: { deviceId: replica.intent.deviceId },
      revocation: { certificate: null, device: null, key: null },
    });
    expect(replica.asked).toEqual(before);
  });

  it.each(['certificate', 'device', 'key'] as const)(
    'knows within the bound of a %s that another replica revoked, with all that the log says',
    async (kind) => {
      const replica = await createReplica();
      await replica.find();
      await replica.revoke(replica.subjects[kind]);
      replica.clock.advance(5.001);
      const { revocation } = await replica.find();
      expect(revocation).toMatchObject({ [kind]: { subject: replica.subjects[kind] } });
    },
  );

  it('knows at once what was revoked before it was told to refresh', async () => {
    const replica = await createReplica();
    await replica.find();
    await replica.revoke(replica.subjects.certificate);
    await replica.cache.refresh();
    expect((await replica.find()).revocation.certificate).not.toBeNull();
  });

  it('knows within the bound that another replica superseded the certificate', async () => {
    const replica = await createReplica();
    await replica.find();
    const { deviceId } = replica.intent;
    const next = sampleIntent(2, { deviceId });
    await replica.stores.certificates.recordIntent(next, HELD);
    await replica.stores.certificates.recordFirstUse(next, days(1));
    replica.clock.advance(5.001);
    expect((await replica.find()).certificate?.supersededAt).toEqual(days(1));
  });

  it('knows at once what it superseded itself', async () => {
    const replica = await createReplica();
    await replica.find();
    const next = sampleIntent(2, { deviceId: replica.intent.deviceId });
    await replica.stores.certificates.recordIntent(next, HELD);
    await replica.cache.recordFirstUse(next, days(1));
    expect((await replica.find()).certificate?.supersededAt).toEqual(days(1));
  });

  it('answers for as long as the bound allows when the store cannot be reached, and then refuses', async () => {
    const replica = await createReplica();
    await replica.find();
    replica.cutOff();
    replica.clock.advance(5);
    expect((await replica.find()).certificate).not.toBeNull();
    replica.clock.advance(0.001);
    expect(await rejectionOf(replica.find())).toMatchObject({ code: 'store_unavailable' });
    replica.connect();
    expect((await replica.find()).certificate).not.toBeNull();
  });

  it('reads the log in the background when half of the bound has passed', async () => {
    const replica = await createReplica();
    await replica.find();
    const { list } = replica.asked;
    replica.clock.advance(2.5);
    await replica.find();
    expect(replica.asked.list).toBe(list);
    replica.clock.advance(0.001);
    await replica.find();
    expect(replica.asked.list).toBe(list + 1);
  });

  it('is not fooled by a clock that is set back', async () => {
    const replica = await createReplica();
    await replica.find();
    await replica.revoke(replica.subjects.certificate);
    replica.clock.advance(5.001);
    replica.clock.advance(-3600);
    expect((await replica.find()).revocation.certificate).not.toBeNull();
  });

  it('asks the store each time for what it cannot rule out, so that a reinstated device is let in', async () => {
    const replica = await createReplica();
    await replica.revoke(replica.subjects.device);
    expect((await replica.find()).revocation.device).not.toBeNull();
    await replica.revoke({ kind: 'device', deviceId: replica.intent.deviceId, state: 'active' });
    expect((await replica.find()).revocation.device).toBeNull();
  });

  it('does not take a certificate of another issuer with the same serial number for one it knows', async () => {
    const replica = await createReplica();
    await replica.find();
    const other = { ...replica.intent, issuerId: 'b2'.repeat(20) };
    expect((await replica.cache.find(other)).certificate).toBeNull();
  });

  it('does not remember that a certificate is unknown', async () => {
    const replica = await createReplica();
    const late = sampleIntent(3);
    expect((await replica.cache.find(late)).certificate).toBeNull();
    await replica.stores.certificates.recordIntent(late, HELD);
    expect((await replica.cache.find(late)).certificate).not.toBeNull();
  });

  it('with a bound of 0 asks both stores each time', async () => {
    const replica = await createReplica({ maxStalenessSeconds: 0 });
    await replica.find();
    await replica.revoke(replica.subjects.key);
    expect((await replica.find()).revocation.key).not.toBeNull();
    expect(replica.asked).toEqual({ list: 0, find: 2, certificates: 2 });
  });

  it('reads a log of many pages once, and then only what is new', async () => {
    const replica = await createReplica();
    for (let index = 0; index < 10_050; index += 1) {
      await replica.revoke({ kind: 'key', publicKeySha256: index.toString(16).padStart(64, '0') });
    }
    await replica.cache.refresh();
    expect(replica.cache.describe()).toMatchObject({ logSequence: 10_050, revoked: 10_050 });
    const { list } = replica.asked;
    await replica.cache.refresh();
    expect(replica.asked.list).toBe(list + 1);
  });

  it('says how current it is', async () => {
    const replica = await createReplica();
    expect(replica.cache.describe()).toMatchObject({ maxStalenessSeconds: 5, ageSeconds: null });
    await replica.find();
    replica.clock.advance(2);
    expect(replica.cache.describe()).toMatchObject({ ageSeconds: 2, logSequence: 0, revoked: 0 });
  });

  it('is woken up by the change feed, until it stops listening', async () => {
    let wake = (): void => undefined;
    let ended = false;
    const replica = await createReplica({
      changes: {
        subscribe: async (onChange) => {
          wake = onChange;
          return async () => {
            ended = true;
          };
        },
      },
    });
    await replica.find();
    const stop = await replica.cache.listen();
    await replica.revoke(replica.subjects.certificate);
    wake();
    await new Promise(setImmediate);
    expect((await replica.find()).revocation.certificate).not.toBeNull();
    await stop();
    expect(ended).toBe(true);
  });

  it('reads the log once more if it is woken up while it reads', async () => {
    let wake = (): void => undefined;
    const changes = {
      subscribe: async (onChange: () => void) => {
        wake = onChange;
        return async () => undefined;
      },
    };
    const replica = await createReplica({ changes });
    await replica.find();
    const stop = await replica.cache.listen();
    const { list } = replica.asked;
    wake();
    await replica.revoke(replica.subjects.certificate);
    wake();
    wake();
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    expect(replica.asked.list).toBe(list + 2);
    expect((await replica.find()).revocation.certificate).not.toBeNull();
    await stop();
  });

  it.each([
    { maxStalenessSeconds: -1 },
    { maxStalenessSeconds: 301 },
    { maxStalenessSeconds: 0.5 },
    { cachedCertificates: 1 },
  ])('refuses %j at creation', async (change) => {
    const { options } = await createReplica();
    expect(thrownBy(() => createStatusCache({ ...options, ...change }))).toBeInstanceOf(ConfigurationError);
  });
});

describe('a status cache over a store that was restored from a backup', () => {
  /** A log that can be replaced as a whole. */
  async function createRestorable(highWaterMark?: HighWaterMark) {
    let log: Revocation[] = [];
    const revocations: StatusCacheOptions['revocations'] = {
      revoke: () => Promise.reject(new Error('not here')),
      find: async () => ({ certificate: null, device: null, key: null }),
      list: async ({ afterSequence, limit }) =>
        log.filter(({ sequence }) => sequence > afterSequence).slice(0, limit),
    };
    const replica = await createReplica({ revocations, ...(highWaterMark ? { highWaterMark } : {}) });
    const entry = (sequence: number, name = String(sequence)): Revocation => ({
      sequence,
      subject: { kind: 'key', publicKeySha256: name.padStart(64, '0') },
      reason: 'unspecified',
      at: days(0),
    });
    return {
      ...replica,
      entry,
      restore: (next: Revocation[]) => {
        log = next;
      },
    };
  }

  const isRolledBack = { code: 'store_rolled_back' };

  it('refuses when the log ends before what it had read', async () => {
    const replica = await createRestorable();
    replica.restore([replica.entry(1), replica.entry(2), replica.entry(3)]);
    await replica.cache.refresh();
    replica.restore([replica.entry(1), replica.entry(2)]);
    expect(await rejectionOf(replica.cache.refresh())).toMatchObject(isRolledBack);
    replica.clock.advance(6);
    expect(await rejectionOf(replica.find())).toMatchObject(isRolledBack);
  });

  it('refuses when the log is empty', async () => {
    const replica = await createRestorable();
    replica.restore([replica.entry(1)]);
    await replica.cache.refresh();
    replica.restore([]);
    expect(await rejectionOf(replica.cache.refresh())).toMatchObject(isRolledBack);
  });

  it('refuses when the log has grown again, with other entries', async () => {
    const replica = await createRestorable();
    replica.restore([replica.entry(1), replica.entry(2)]);
    await replica.cache.refresh();
    replica.restore([replica.entry(1), replica.entry(2, 'other'), replica.entry(3)]);
    expect(await rejectionOf(replica.cache.refresh())).toMatchObject(isRolledBack);
  });

  it('refuses when the entry at its place is gone and may not be', async () => {
    const replica = await createRestorable();
    replica.restore([replica.entry(1), replica.entry(2)]);
    await replica.cache.refresh();
    replica.restore([replica.entry(1), replica.entry(3)]);
    expect(await rejectionOf(replica.cache.refresh())).toMatchObject(isRolledBack);
  });

  it('goes on when the entry at its place was about a certificate that has ended', async () => {
    const replica = await createRestorable();
    const ended: RevocationSubject = {
      kind: 'certificate',
      issuerId: 'a1',
      serialNumber: 'b2',
      crlShard: 0,
      notAfter: days(-1),
    };
    replica.restore([{ ...replica.entry(1), subject: ended }]);
    await replica.cache.refresh();
    replica.restore([replica.entry(2)]);
    await replica.cache.refresh();
    expect(replica.cache.describe().logSequence).toBe(2);
  });

  it('goes on when the store is back as it was', async () => {
    const replica = await createRestorable();
    const log = [replica.entry(1), replica.entry(2)];
    replica.restore(log);
    await replica.cache.refresh();
    replica.restore([replica.entry(1)]);
    await rejectionOf(replica.cache.refresh());
    replica.restore([...log, replica.entry(3)]);
    await replica.cache.refresh();
    expect(replica.cache.describe().logSequence).toBe(3);
  });

  it('refuses after a restart too, if there is a high-water mark', async () => {
    const marks = new Map<string, bigint>();
    const highWaterMark: HighWaterMark = {
      read: async (name) => marks.get(name) ?? null,
      raise: async (name, value) => void marks.set(name, value),
    };
    const before = await createRestorable(highWaterMark);
    before.restore([before.entry(1), before.entry(2)]);
    await before.cache.refresh();
    const after = await createRestorable(highWaterMark);
    after.restore([after.entry(1)]);
    expect(await rejectionOf(after.cache.refresh())).toMatchObject(isRolledBack);
    expect(marks.get('revocation-log')).toBe(2n);
  });
});
