import { describe, expect, it } from 'vitest';
import {
  createAuditTrail,
  inspectAuditTrail,
  UnavailableError,
  type AuditEntry,
  type AuditStore,
  type DeviceTrustEvent,
} from '../../src/index.js';
import { sha256Hex } from '../../src/core/bytes.js';
import { createMemoryStores } from '../../src/memory.js';
import { rejectionOf } from '../thrown-by.js';

const DEVICE = '0b6f2d3c-6a0e-4c55-9a55-2f1f7d3f0a01';
const AT = new Date('2026-03-01T12:00:00.123Z');

const reinstated = (note: string): DeviceTrustEvent => ({
  type: 'device_reinstated',
  at: AT,
  actor: 'alice',
  note,
  deviceId: DEVICE,
});
const refused: DeviceTrustEvent = {
  type: 'request_refused',
  at: AT,
  deviceId: DEVICE,
  serialNumber: 'ab',
  code: 'certificate_revoked',
  reasons: [],
};

const list = (audit: AuditStore) => audit.listAudit({ afterSequence: 0, limit: 1000 });

describe('the audit trail', () => {
  it('keeps events in order, each chained to the one before in the way that is documented', async () => {
    const { audit } = createMemoryStores();
    const trail = createAuditTrail({ audit });
    await trail.record(reinstated('one'));
    await trail.record(reinstated('two'));
    const [first, second] = await list(audit);
    expect(JSON.parse(first?.body ?? '')).toEqual({ ...reinstated('one'), at: AT.toISOString() });
    expect(first).toMatchObject({ sequence: 1, deviceId: DEVICE, previousHash: '0'.repeat(64) });
    const hashed = Buffer.concat([Buffer.alloc(32), Buffer.from(first?.body ?? '', 'utf8')]);
    expect(first?.hash).toBe(sha256Hex(hashed));
    expect(second).toMatchObject({ sequence: 2, previousHash: first?.hash });
  });

  it('hands an event to the sink only once it is kept', async () => {
    const { audit } = createMemoryStores();
    const seen: number[] = [];
    const trail = createAuditTrail({
      audit,
      events: { record: async () => void seen.push((await list(audit)).length) },
    });
    await trail.record(reinstated('one'));
    expect(seen).toEqual([1]);
  });

  it('rejects what cannot be kept, and what the sink does not take', async () => {
    const { audit } = createMemoryStores();
    const down = () => Promise.reject(new UnavailableError('store_unavailable', { message: 'down' }));
    const seen: DeviceTrustEvent[] = [];
    const events = { record: (event: DeviceTrustEvent) => void seen.push(event) };
    const broken = createAuditTrail({ audit: { ...audit, appendAudit: down }, events });
    expect(await rejectionOf(broken.record(reinstated('one')))).toMatchObject({
      code: 'store_unavailable',
    });
    expect(seen).toEqual([]);
    const refusing = createAuditTrail({ audit, events: { record: down } });
    expect(await rejectionOf(refusing.record(reinstated('one')))).toMatchObject({
      code: 'store_unavailable',
    });
  });

  it('goes on after a failure, whether or not the write got through', async () => {
    const { audit } = createMemoryStores();
    let fail = true;
    const trail = createAuditTrail({
      audit: {
        ...audit,
        appendAudit: async (entries) => {
          const appended = await audit.appendAudit(entries);
          if (!fail) return appended;
          fail = false;
          throw new UnavailableError('store_unavailable', { message: 'the answer got lost' });
        },
      },
    });
    await rejectionOf(trail.record(reinstated('one')));
    await trail.record(reinstated('two'));
    expect(await inspectAuditTrail({ audit })).toMatchObject({ intact: true, entries: 2 });
  });

  it('shares writes among events that come at the same time, and is one chain all the same', async () => {
    const { audit } = createMemoryStores();
    let writes = 0;
    const trail = createAuditTrail({
      audit: {
        ...audit,
        appendAudit: (entries) => {
          writes += 1;
          return audit.appendAudit(entries);
        },
      },
    });
    await Promise.all(Array.from({ length: 65 }, (_, index) => trail.record(reinstated(String(index)))));
    expect(writes).toBe(2);
    const notes = (await list(audit)).map(({ body }) => (JSON.parse(body) as { note: string }).note);
    expect(notes).toEqual(Array.from({ length: 65 }, (_, index) => String(index)));
  });

  it('is one chain when several processes write to it', async () => {
    const { audit } = createMemoryStores();
    const trails = Array.from({ length: 4 }, () => createAuditTrail({ audit }));
    const record = async (index: number) => trails[index % 4]?.record(reinstated(String(index)));
    await Promise.all(Array.from({ length: 200 }, (_, index) => record(index)));
    expect(await inspectAuditTrail({ audit })).toMatchObject({ intact: true, entries: 200 });
  });

  it('leaves refused requests to the sink unless told otherwise', async () => {
    const { audit } = createMemoryStores();
    const seen: DeviceTrustEvent[] = [];
    await createAuditTrail({ audit, events: { record: (event) => void seen.push(event) } }).record(refused);
    expect(seen).toEqual([refused]);
    expect(await list(audit)).toEqual([]);
    await createAuditTrail({ audit, keepRefusedRequests: true }).record(refused);
    expect(await list(audit)).toHaveLength(1);
  });
});

describe('the inspection of an audit trail', () => {
  const listOf = (entries: readonly AuditEntry[]) => ({
    listAudit: async ({ afterSequence, limit }: { afterSequence: number; limit: number }) =>
      entries.filter(({ sequence }) => sequence > afterSequence).slice(0, limit),
  });

  async function threeEntries(): Promise<AuditEntry[]> {
    const { audit } = createMemoryStores();
    const trail = createAuditTrail({ audit });
    for (const note of ['one', 'two', 'three']) await trail.record(reinstated(note));
    return [...(await list(audit))];
  }

  it('finds a whole one intact, and says where it ends', async () => {
    const entries = await threeEntries();
    expect(await inspectAuditTrail({ audit: listOf(entries) })).toEqual({
      intact: true,
      entries: 3,
      head: { sequence: 3, hash: entries[2]?.hash },
    });
    expect(await inspectAuditTrail({ audit: listOf([]) })).toEqual({ intact: true, entries: 0, head: null });
  });

  it.each<[string, string, number, (entries: AuditEntry[]) => AuditEntry[]]>([
    ['an entry was taken out', 'gap', 2, ([a, , c]) => [a, c].filter((e) => e !== undefined)],
    ['the first entries were taken out', 'gap', 1, (entries) => entries.slice(1)],
    [
      'a text was changed',
      'body_changed',
      2,
      (entries) => entries.map((e) => (e.sequence === 2 ? { ...e, body: e.body.replace('two', 'owt') } : e)),
    ],
    [
      'an entry was exchanged with its hash',
      'chain_broken',
      2,
      (entries) => entries.map((e) => (e.sequence === 2 ? { ...e, previousHash: '1'.repeat(64) } : e)),
    ],
    [
      'an entry names another device beside its text',
      'device_changed',
      2,
      (entries) => entries.map((e) => (e.sequence === 2 ? { ...e, deviceId: null } : e)),
    ],
  ])('sees that %s: %s', async (_what, problem, sequence, spoil) => {
    const audit = listOf(spoil(await threeEntries()));
    expect(await inspectAuditTrail({ audit })).toEqual({ intact: false, sequence, problem });
  });

  it('sees a trail that was cut off at its end, or made anew, by an anchor that was kept elsewhere', async () => {
    const entries = await threeEntries();
    const anchor = { sequence: 3, hash: entries[2]?.hash ?? '' };
    expect(await inspectAuditTrail({ audit: listOf(entries), anchor })).toMatchObject({ intact: true });
    for (const audit of [listOf(entries.slice(0, 2)), listOf([])]) {
      expect(await inspectAuditTrail({ audit, anchor })).toMatchObject({ problem: 'anchor_missing' });
    }
    const other = { sequence: 3, hash: entries[1]?.hash ?? '' };
    expect(await inspectAuditTrail({ audit: listOf(entries), anchor: other })).toMatchObject({
      problem: 'anchor_missing',
    });
  });
});
