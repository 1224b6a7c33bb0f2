import { describe, expect, it } from 'vitest';
import {
  createCrlPublisher,
  UnavailableError,
  type CrlPublisherOptions,
  type HighWaterMark,
  type StoredCrl,
} from '../../src/index.js';
import { createMemoryStores } from '../../src/memory.js';
import { createFakeClock, createTestAuthority } from '../../src/testing.js';
import { parseCertificate, parseCrl, verifyCrl } from '../../src/x509.js';
import { parsePem } from '../../src/x509/pem.js';
import { rejectionOf } from '../thrown-by.js';

/** Two replicas with publishers of their own over the same stores. */
async function createFleet(overrides: Partial<CrlPublisherOptions> = {}) {
  const clock = createFakeClock(new Date('2026-06-01T12:00:00Z'));
  const pki = await createTestAuthority({ clock, crlShards: 4 });
  const stores = createMemoryStores();
  const signed: bigint[] = [];
  const authority: CrlPublisherOptions['authority'] = {
    issuers: pki.authority.issuers,
    signCrl: (request) => {
      signed.push(request.number);
      return pki.authority.signCrl(request);
    },
  };
  const options: CrlPublisherOptions = { ...stores, authority, shards: 4, clock, ...overrides };
  const [{ issuerId }] = pki.authority.issuers;
  let serials = 0;
  return {
    clock,
    pki,
    stores,
    options,
    issuerId,
    /** Numbers that were signed. */
    signed,
    here: createCrlPublisher(options),
    there: createCrlPublisher(options),
    revoke: async (crlShard = 0, lifetimeSeconds = 86_400) => {
      serials += 1;
      const serialNumber = serials.toString(16).padStart(2, '0').repeat(16);
      const notAfter = new Date(clock.now().getTime() + lifetimeSeconds * 1000);
      await stores.revocations.revoke({
        subject: { kind: 'certificate', issuerId, serialNumber, crlShard, notAfter },
        reason: 'privilegeWithdrawn',
        at: clock.now(),
      });
      return serialNumber;
    },
  };
}

const serialsOf = (crl: Uint8Array | undefined) =>
  [...parseCrl(crl ?? new Uint8Array()).entries()].map(({ serialNumber }) => serialNumber);

describe('CRLs of several replicas', () => {
  it('are the same list, made once', async () => {
    const fleet = await createFleet();
    const serial = await fleet.revoke();
    const here = await fleet.here.find(fleet.issuerId, 0);
    const there = await fleet.there.find(fleet.issuerId, 0);
    expect(serialsOf(here?.crl)).toEqual([serial]);
    expect(there?.sha256).toBe(here?.sha256);
    expect(fleet.signed).toHaveLength(1);
  });

  it('are made once when both are asked at the same time', async () => {
    const fleet = await createFleet();
    await fleet.revoke();
    await fleet.here.find(fleet.issuerId, 0);
    await fleet.revoke();
    fleet.clock.advance(5);
    const lists = await Promise.all([
      fleet.here.find(fleet.issuerId, 0),
      fleet.here.find(fleet.issuerId, 0),
      fleet.there.find(fleet.issuerId, 0),
    ]);
    expect(fleet.signed).toHaveLength(2);
    expect(lists.every((list) => list !== null)).toBe(true);
    fleet.clock.advance(5);
    expect(serialsOf((await fleet.there.find(fleet.issuerId, 0))?.crl)).toHaveLength(2);
  });

  it('hold a certificate within the refresh time, whichever replica revoked it', async () => {
    const fleet = await createFleet();
    expect(serialsOf((await fleet.there.find(fleet.issuerId, 1))?.crl)).toEqual([]);
    const serial = await fleet.revoke(1);
    fleet.clock.advance(5);
    expect(serialsOf((await fleet.there.find(fleet.issuerId, 1))?.crl)).toEqual([serial]);
  });

  it('hold only what is in their shard; the complete list holds all', async () => {
    const fleet = await createFleet();
    const serials = [await fleet.revoke(0), await fleet.revoke(1), await fleet.revoke(1)];
    expect(serialsOf((await fleet.here.find(fleet.issuerId, 0))?.crl)).toEqual([serials[0]]);
    expect(serialsOf((await fleet.here.find(fleet.issuerId, 1))?.crl)).toEqual(serials.slice(1));
    expect(serialsOf((await fleet.here.find(fleet.issuerId, null))?.crl)).toEqual(serials);
  });

  it('are not made anew because another shard has news', async () => {
    const fleet = await createFleet();
    await fleet.here.find(fleet.issuerId, 0);
    await fleet.revoke(1);
    fleet.clock.advance(60);
    await fleet.here.find(fleet.issuerId, 0);
    expect(fleet.signed).toHaveLength(1);
  });

  it('are served as they are while another replica makes the next one', async () => {
    const fleet = await createFleet();
    const first = await fleet.here.find(fleet.issuerId, 0);
    await fleet.revoke();
    fleet.clock.advance(5);
    const lease = { name: `crl/${fleet.issuerId}/0`, holder: 'another', lifetimeSeconds: 5 };
    await fleet.stores.leases.acquireLease({ ...lease, now: fleet.clock.now() });
    expect((await fleet.here.find(fleet.issuerId, 0))?.number).toBe(first?.number);
    fleet.clock.advance(5);
    expect(serialsOf((await fleet.here.find(fleet.issuerId, 0))?.crl)).toHaveLength(1);
  });

  it('are never served past their end: without a list and without the lease there is none', async () => {
    const fleet = await createFleet();
    await fleet.here.find(fleet.issuerId, 0);
    fleet.clock.advance(3600);
    const lease = { name: `crl/${fleet.issuerId}/0`, holder: 'another', lifetimeSeconds: 5 };
    await fleet.stores.leases.acquireLease({ ...lease, now: fleet.clock.now() });
    expect(await rejectionOf(fleet.here.find(fleet.issuerId, 0))).toMatchObject({
      code: 'store_unavailable',
    });
  });

  it('have growing numbers even if a clock is behind', async () => {
    const fleet = await createFleet();
    const first = await fleet.here.find(fleet.issuerId, 0);
    fleet.clock.advance(-7200);
    await fleet.revoke();
    const second = await fleet.there.find(fleet.issuerId, 0);
    expect(second?.number).toBeGreaterThan(first?.number ?? 0n);
  });

  it('are overtaken without harm: the list of the faster one is served', async () => {
    const fleet = await createFleet();
    const { crls } = fleet.stores;
    let overtaken = false;
    const slow = createCrlPublisher({
      ...fleet.options,
      // A replica that slept through its lease: another one publishes before it does.
      crls: {
        ...crls,
        publishCrl: async (crl, options) => {
          if (!overtaken) {
            overtaken = true;
            const faster: StoredCrl = { ...crl, number: crl.number + 10n };
            await crls.publishCrl(faster, options);
          }
          return crls.publishCrl(crl, options);
        },
      },
    });
    const list = await slow.find(fleet.issuerId, 0);
    expect(list?.number).toBe((fleet.signed[0] ?? 0n) + 10n);
  });
});

describe('a list that was signed', () => {
  it.each<[string, (honest: Uint8Array, other: Uint8Array) => Uint8Array]>([
    ['no CRL', () => Uint8Array.of(1, 2, 3)],
    [
      'a list with a broken signature',
      (honest) => honest.map((octet, at) => (at === honest.length - 1 ? octet ^ 1 : octet)),
    ],
    ['the list of another shard with other entries', (_, other) => other],
  ])('is not published if it is %s', async (_what, spoil) => {
    const fleet = await createFleet();
    await fleet.revoke(0);
    const other = await fleet.here.find(fleet.issuerId, 1);
    const publisher = createCrlPublisher({
      ...fleet.options,
      authority: {
        issuers: fleet.pki.authority.issuers,
        signCrl: async (request) =>
          spoil(await fleet.pki.authority.signCrl(request), other?.crl ?? new Uint8Array()),
      },
    });
    expect(await rejectionOf(publisher.find(fleet.issuerId, 0))).toMatchObject({
      code: 'authority_unavailable',
    });
    expect(await fleet.stores.crls.findCrl({ issuerId: fleet.issuerId, crlShard: 0 })).toBeNull();
  });

  it('gives the lease back when it could not be published', async () => {
    const fleet = await createFleet();
    const failing = createCrlPublisher({
      ...fleet.options,
      authority: {
        issuers: fleet.pki.authority.issuers,
        signCrl: () => Promise.reject(new UnavailableError('authority_unavailable', { message: 'no key' })),
      },
    });
    expect(await rejectionOf(failing.find(fleet.issuerId, 0))).toMatchObject({
      code: 'authority_unavailable',
    });
    expect(await fleet.there.find(fleet.issuerId, 0)).not.toBeNull();
  });
});

describe('a store of CRLs that was restored from a backup', () => {
  it('is not served from below what was served before', async () => {
    const fleet = await createFleet();
    let restored: StoredCrl | null | undefined;
    const publisher = createCrlPublisher({
      ...fleet.options,
      crls: {
        ...fleet.stores.crls,
        findCrl: async (scope, options) =>
          restored === undefined ? fleet.stores.crls.findCrl(scope, options) : restored,
      },
    });
    await publisher.find(fleet.issuerId, 0);
    const backup = await fleet.stores.crls.findCrl({ issuerId: fleet.issuerId, crlShard: 0 });
    await fleet.revoke();
    fleet.clock.advance(5);
    await publisher.find(fleet.issuerId, 0);
    for (const older of [backup === 'unchanged' ? null : backup, null]) {
      restored = older;
      fleet.clock.advance(5);
      expect(await rejectionOf(publisher.find(fleet.issuerId, 0))).toMatchObject({
        code: 'store_rolled_back',
      });
    }
    restored = undefined;
    expect(await publisher.find(fleet.issuerId, 0)).not.toBeNull();
  });

  it('is seen after a restart too, if there is a high-water mark', async () => {
    const marks = new Map<string, bigint>();
    const highWaterMark: HighWaterMark = {
      read: async (name) => marks.get(name) ?? null,
      raise: async (name, value) => void marks.set(name, value),
    };
    const fleet = await createFleet({ highWaterMark });
    await fleet.here.find(fleet.issuerId, 0);
    const emptied = createCrlPublisher({ ...fleet.options, ...createMemoryStores() });
    expect(await rejectionOf(emptied.find(fleet.issuerId, 0))).toMatchObject({ code: 'store_rolled_back' });
  });
});

describe('delta CRLs', () => {
  it('hold what was revoked since the base, under the number of the list that they go with', async () => {
    const fleet = await createFleet({ deltas: true });
    const old = await fleet.revoke();
    const base = await fleet.here.find(fleet.issuerId, 0);
    expect(base?.delta).toBeNull();
    const fresh = await fleet.revoke();
    fleet.clock.advance(5);
    const next = await fleet.here.find(fleet.issuerId, 0);
    expect(serialsOf(next?.crl)).toEqual([old, fresh]);
    const delta = parseCrl(next?.delta?.crl ?? new Uint8Array());
    expect(delta.number).toBe(next?.number);
    expect(delta.deltaBase).toBe(base?.number);
    expect(serialsOf(next?.delta?.crl)).toEqual([fresh]);
  });

  it('keep their base for half of the life of a list, and then take the list before', async () => {
    const fleet = await createFleet({ deltas: true });
    const numbers: (bigint | undefined)[] = [];
    const bases: (bigint | null | undefined)[] = [];
    for (let index = 0; index < 4; index += 1) {
      await fleet.revoke();
      const list = await fleet.here.find(fleet.issuerId, 0);
      numbers.push(list?.number);
      bases.push(list?.delta && parseCrl(list.delta.crl).deltaBase);
      fleet.clock.advance(600);
    }
    expect(bases).toEqual([null, numbers[0], numbers[0], numbers[2]]);
  });

  it('are not there unless asked for', async () => {
    const fleet = await createFleet();
    await fleet.here.find(fleet.issuerId, 0);
    await fleet.revoke();
    fleet.clock.advance(5);
    expect((await fleet.here.find(fleet.issuerId, 0))?.delta).toBeNull();
  });
});

describe('the lists', () => {
  it('verify under the issuing CA', async () => {
    const fleet = await createFleet();
    const list = await fleet.here.find(fleet.issuerId, 0);
    const [der = new Uint8Array()] = parsePem(fleet.pki.deviceCa.certificate, 'CERTIFICATE');
    const crl = parseCrl(list?.crl ?? new Uint8Array());
    expect(() => verifyCrl({ crl, issuer: parseCertificate(der), now: fleet.clock.now() })).not.toThrow();
  });
});
