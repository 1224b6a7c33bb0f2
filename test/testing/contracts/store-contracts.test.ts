import { describe, expect, it } from 'vitest';

import { MalformedError, UnavailableError } from '../../../src/core/errors.js';
import type { AuditEntry, AuditStore } from '../../../src/contracts/audit-store.js';
import type { CertificateFilter, CertificateSearch } from '../../../src/contracts/certificate-search.js';
import type { CertificateStore } from '../../../src/contracts/certificate-store.js';
import type { CrlStore, StoredCrl } from '../../../src/contracts/crl-store.js';
import type { LeaseStore } from '../../../src/contracts/lease-store.js';
import type { ReplayStore } from '../../../src/contracts/replay-store.js';
import type { PruneRequest } from '../../../src/contracts/retention.js';
import type { Revocation, RevocationStore } from '../../../src/contracts/revocation-store.js';
import type { Stores } from '../../../src/contracts/stores.js';
import { createMemoryStores } from '../../../src/memory.js';
import { auditStoreContract } from '../../../src/testing/contracts/audit-store-contract.js';
import { certificateSearchContract } from '../../../src/testing/contracts/certificate-search-contract.js';
import { certificateStoreContract } from '../../../src/testing/contracts/certificate-store-contract.js';
import { changeFeedContract } from '../../../src/testing/contracts/change-feed-contract.js';
import { crlStoreContract } from '../../../src/testing/contracts/crl-store-contract.js';
import { leaseStoreContract } from '../../../src/testing/contracts/lease-store-contract.js';
import { replayStoreContract } from '../../../src/testing/contracts/replay-store-contract.js';
import { retentionContract } from '../../../src/testing/contracts/retention-contract.js';
import { revocationStoreContract } from '../../../src/testing/contracts/revocation-store-contract.js';
import { revokedCertificatesContract } from '../../../src/testing/contracts/revoked-certificates-contract.js';
import { NOTHING_PRUNED } from '../../../src/testing/contracts/sample-prune.js';
import { storesContract } from '../../../src/testing/contracts/stores-contract.js';
import { failingCases } from './failing-cases.js';

describe('the contract of a replay store finds a store that', () => {
  const failing = (spoil: (good: ReplayStore) => ReplayStore) =>
    failingCases(
      replayStoreContract({ create: async () => ({ store: spoil(createMemoryStores().replays) }) }),
    );

  it('is good: nothing', async () => {
    expect(await failing((good) => good)).toEqual([]);
  });

  it('forgets', async () => {
    const found = await failing(() => ({ consume: async () => ({ outcome: 'consumed' }) }));
    expect(found).toContain('an id that was consumed is not consumed again, and the first holder is named');
    expect(found).toContain('an id is remembered until it expires, whatever else is consumed meanwhile');
    expect(found).toContain('of many who consume one id at once exactly one is told that it did');
  });

  it('forgets too early', async () => {
    const found = await failing(() => {
      const kept = new Map<string, { readonly holder: string; readonly until: number }>();
      return {
        consume: async ({ id, holder, now }) => {
          const first = kept.get(id);
          if (first && first.until > now.getTime())
            return { outcome: 'already_consumed', holder: first.holder };
          kept.set(id, { holder, until: now.getTime() + 300_000 });
          return { outcome: 'consumed' };
        },
      };
    });
    expect(found).toEqual([
      'an id is remembered until it expires, whatever else is consumed meanwhile',
      'the first expiry counts, not that of a later attempt',
    ]);
  });

  it('looks first and writes later', async () => {
    const found = await failing(() => {
      const holders = new Map<string, string>();
      return {
        consume: async ({ id, holder }) => {
          const first = holders.get(id);
          if (first !== undefined) return { outcome: 'already_consumed', holder: first };
          await new Promise(setImmediate);
          holders.set(id, holder);
          return { outcome: 'consumed' };
        },
      };
    });
    expect(found).toEqual(['of many who consume one id at once exactly one is told that it did']);
  });

  it('names the last holder, not the first', async () => {
    const found = await failing((good) => {
      const last = new Map<string, string>();
      return {
        consume: async (request) => {
          const result = await good.consume(request);
          const holder = last.get(request.id) ?? '';
          last.set(request.id, request.holder);
          return result.outcome === 'consumed' ? result : { outcome: 'already_consumed', holder };
        },
      };
    });
    expect(found).toContain('an id that was consumed is not consumed again, and the first holder is named');
  });

  it('welcomes the first holder a second time', async () => {
    const found = await failing((good) => ({
      consume: async (request) => {
        const result = await good.consume(request);
        const again = result.outcome === 'already_consumed' && result.holder === request.holder;
        return again ? { outcome: 'consumed' } : result;
      },
    }));
    expect(found).toEqual(['the same holder asking again is told that it was first']);
  });

  it('compares ids without regard to case', async () => {
    const found = await failing((good) => ({
      consume: (request) => good.consume({ ...request, id: request.id.toLowerCase() }),
    }));
    expect(found).toEqual(['ids are told apart exactly']);
  });

  it('cuts long ids', async () => {
    const found = await failing((good) => ({
      consume: (request) => good.consume({ ...request, id: request.id.slice(0, 64) }),
    }));
    expect(found).toEqual(['id and holder of 200 characters are kept whole']);
  });

  it('shares nothing with its twin', async () => {
    const found = await failingCases(
      replayStoreContract({
        create: async () => ({ store: createMemoryStores().replays }),
        createPair: async () => ({ stores: [createMemoryStores().replays, createMemoryStores().replays] }),
      }),
    );
    expect(found).toEqual([
      'what one process consumed, another finds consumed',
      'of two processes that consume one id at once exactly one is told that it did',
    ]);
  });

  it.each([
    ['says yes when it cannot find out', async () => ({ outcome: 'consumed' as const })],
    ['fails with an error of its own', async () => Promise.reject(new Error('ECONNREFUSED'))],
    [
      'fails with another code',
      async () => Promise.reject(new UnavailableError('authority_unavailable', { message: 'odd' })),
    ],
  ])('%s', async (_, consume) => {
    const found = await failingCases(
      replayStoreContract({
        create: async () => ({ store: createMemoryStores().replays }),
        createUnreachable: async () => ({ store: { consume } }),
      }),
    );
    expect(found).toEqual(['a store that cannot find out says so']);
  });
});

describe('the contract of a revocation store finds a store that', () => {
  const failing = (spoil: (good: RevocationStore) => Partial<RevocationStore>) =>
    failingCases(
      revocationStoreContract({
        create: async () => {
          const good = createMemoryStores().revocations;
          return { store: { ...good, ...spoil(good) } };
        },
      }),
    );

  it('is good: nothing', async () => {
    expect(await failing((good) => good)).toEqual([]);
  });

  it('overwrites', async () => {
    const found = await failingCases(
      revocationStoreContract({ create: async () => ({ store: createOverwritingStore() }) }),
    );
    expect(found).toContain('a certificate is revoked once: again, the first entry stays and is the answer');
    expect(found).toContain(
      'a suspended device is reinstated by a further entry, and nothing is taken out of the log',
    );
    expect(found).toContain('a ban does not become a suspension; only reinstating ends it');
  });

  it('finds nothing', async () => {
    const found = await failing(() => ({
      find: async () => ({ certificate: null, device: null, key: null }),
    }));
    expect(found).toContain('a revoked certificate is found as soon as revoke has resolved');
    expect(found).toContain('a revoked key is found as soon as revoke has resolved');
    expect(found).toContain('a revoked device (banned) is found as soon as revoke has resolved');
  });

  it('forgets which issuer it was', async () => {
    const found = await failing((good) => ({
      revoke: (revocation) => {
        const { subject } = revocation;
        return good.revoke(
          subject.kind === 'certificate'
            ? { ...revocation, subject: { ...subject, issuerId: 'one' } }
            : revocation,
        );
      },
      find: (query) => good.find({ ...query, issuerId: 'one' }),
    }));
    expect(found).toContain('a revocation says nothing of another certificate, device or key');
  });

  it('softens a ban', async () => {
    const found = await failing((good) => ({
      revoke: async (revocation) => {
        const { subject } = revocation;
        if (subject.kind === 'device' && subject.state === 'suspended') {
          const { device } = await good.find({
            issuerId: '',
            serialNumber: '',
            publicKeySha256: '',
            deviceId: subject.deviceId,
          });
          const banned = device?.subject.kind === 'device' && device.subject.state === 'banned';
          if (banned) await good.revoke({ ...revocation, subject: { ...subject, state: 'active' } });
        }
        return good.revoke(revocation);
      },
    }));
    expect(found).toEqual(['a ban does not become a suspension; only reinstating ends it']);
  });

  it('shows a reinstated device as its latest word', async () => {
    const found = await failing((good) => ({
      find: async (query) => {
        const status = await good.find(query);
        const log = await good.list({ afterSequence: 0, limit: 1000 });
        const last = log.findLast(
          ({ subject }) => subject.kind === 'device' && subject.deviceId === query.deviceId,
        );
        return { ...status, device: last ?? null };
      },
    }));
    expect(found).toEqual([
      'a suspended device is reinstated by a further entry, and nothing is taken out of the log',
      'a ban does not become a suspension; only reinstating ends it',
    ]);
  });

  it('loses the note, the reason or the milliseconds', async () => {
    const drop = (change: (revocation: Revocation) => Revocation) =>
      failing((good) => ({ list: async (query) => (await good.list(query)).map(change) }));
    const kept = 'every reason, the time to the millisecond and an absent note come back as they went in';
    expect(await drop((one) => ({ ...one, reason: 'unspecified' }))).toContain(kept);
    expect(
      await drop((one) => ({ ...one, at: new Date(Math.floor(one.at.getTime() / 1000) * 1000) })),
    ).toContain(kept);
    expect(await drop((one) => ({ ...one, note: one.note ?? '' }))).toContain(kept);
    const cut = await failing((good) => ({
      revoke: (one) => good.revoke(one.note === undefined ? one : { ...one, note: one.note.slice(0, 255) }),
    }));
    expect(cut).toEqual(['a note of 500 characters is kept whole']);
  });

  it('starts each page at the entry before, or turns pages around', async () => {
    const paged = 'the log is listed in order of sequence, page by page';
    const early = await failing((good) => ({
      list: ({ afterSequence, limit }) => good.list({ afterSequence: Math.max(0, afterSequence - 1), limit }),
    }));
    expect(early).toContain(paged);
    const turned = await failing((good) => ({
      list: async (query) => [...(await good.list(query))].reverse(),
    }));
    expect(turned).toContain(paged);
  });

  it('hands out what it keeps', async () => {
    const kept = new Map<number, Revocation>();
    const found = await failing((good) => ({
      find: async (query) => {
        const status = await good.find(query);
        const { certificate } = status;
        if (certificate === null) return status;
        const same = kept.get(certificate.sequence) ?? certificate;
        kept.set(certificate.sequence, same);
        return { ...status, certificate: same };
      },
    }));
    expect(found).toContain('what a caller changes in an answer does not change the log');
  });

  it('looks first and writes later', async () => {
    const found = await failing((good) => {
      let sequence = 0;
      const log: Revocation[] = [];
      return {
        revoke: async (revocation) => {
          const known = log.find(
            ({ subject }) => JSON.stringify(subject) === JSON.stringify(revocation.subject),
          );
          if (known) return good.revoke(revocation);
          await new Promise(setImmediate);
          sequence += 1;
          log.push({ ...revocation, sequence });
          await good.revoke(revocation);
          return { recorded: true, revocation: { ...revocation, sequence } };
        },
      };
    });
    expect(found).toContain('of many who revoke the same at once exactly one records it');
  });
});

describe('the contract of a certificate store finds a store that', () => {
  const failing = (spoil: (good: CertificateStore) => Partial<CertificateStore>) =>
    failingCases(
      certificateStoreContract({
        create: async () => {
          const good = createMemoryStores().certificates;
          return { store: { ...good, ...spoil(good) } };
        },
      }),
    );

  it('is good: nothing', async () => {
    expect(await failing((good) => good)).toEqual([]);
  });

  it('records the same request twice', async () => {
    let count = 0;
    const found = await failing((good) => ({
      recordIntent: (intent, options) => {
        count += 1;
        return good.recordIntent({ ...intent, requestId: `${intent.requestId}-${count}` }, options);
      },
    }));
    expect(found).toContain('the same request again is told so, and the first record stays');
    expect(found).toContain('of many intents of one request at once exactly one is recorded');
  });

  it('gives a key to two devices', async () => {
    const found = await failing((good) => ({
      recordIntent: (intent) => good.recordIntent(intent, { keyHeldFrom: new Date(8.64e15) }),
    }));
    expect(found).toEqual([
      'a key of another device is refused while that device holds it',
      'a key is held up to and at its end, and free after it',
      'a key is held by the device even if a later certificate names it less long',
      'of many devices that claim one key at once exactly one gets it',
    ]);
  });

  it('never gives a key free', async () => {
    const found = await failing((good) => ({
      recordIntent: (intent) => good.recordIntent(intent, { keyHeldFrom: new Date(0) }),
    }));
    expect(found).toEqual(['a key is held up to and at its end, and free after it']);
  });

  it('records the last certificate, not the first', async () => {
    const found = await failing((good) => ({
      recordIssued: async (name, issued) => {
        const record = await good.recordIssued(name, issued);
        return record && { ...record, ...issued };
      },
    }));
    expect(found).toEqual([
      'the first certificate stays: a second one is answered with it',
      'of many certificates of one intent at once one is recorded, and all are told which',
    ]);
  });

  it('supersedes nothing', async () => {
    const found = await failing((good) => ({
      find: async (query) => {
        const record = await good.find(query);
        return record && { ...record, supersededAt: null };
      },
    }));
    expect(found).toContain(
      'the first use supersedes every earlier certificate of the device, issued or not',
    );
  });

  it('records each use as the first', async () => {
    const found = await failing((good) => {
      const uses = new Map<string, Date>();
      return {
        recordFirstUse: async (name, at) => {
          uses.set(name.serialNumber, at);
          await good.recordFirstUse(name, at);
        },
        find: async (query) => {
          const record = await good.find(query);
          const at = record && uses.get(record.serialNumber);
          return at ? { ...record, firstUsedAt: at } : record;
        },
      };
    });
    expect(found).toEqual(['the first use of a certificate is recorded, the second is not']);
  });

  it('answers from an old copy', async () => {
    const copies = new Map<string, Awaited<ReturnType<CertificateStore['find']>>>();
    const found = await failing((good) => {
      copies.clear();
      return {
        find: async (query) => {
          const key = JSON.stringify(query);
          if (!copies.has(key)) copies.set(key, await good.find(query));
          return copies.get(key) ?? null;
        },
      };
    });
    expect(found).toContain('every find sees what was recorded before it, however often it was asked');
  });

  it('loses the milliseconds, the other alphabet or the second verdict', async () => {
    const whole = 'an intent is recorded and found by name, request, key and device, as it went in';
    const spoiled = (
      change: (record: NonNullable<Awaited<ReturnType<CertificateStore['find']>>>) => object,
    ) =>
      failing((good) => ({
        find: async (query) => {
          const record = await good.find(query);
          return record && { ...record, ...change(record) };
        },
      }));
    expect(
      await spoiled(({ notAfter }) => ({ notAfter: new Date(Math.floor(notAfter.getTime() / 1000) * 1000) })),
    ).toContain(whole);
    expect(
      await spoiled(({ toBeSigned }) => ({
        toBeSigned: Buffer.from(Buffer.from(toBeSigned).toString('utf8')),
      })),
    ).toContain(whole);
    expect(
      await spoiled(({ appraisal }) => ({
        appraisal: { ...appraisal, verdicts: appraisal.verdicts.slice(0, 1) },
      })),
    ).toContain(whole);
  });

  it('lists a page too many, or the wrong device', async () => {
    const endless = await failing((good) => ({
      list: async (query) => {
        const page = await good.list(query);
        return { ...page, cursor: page.cursor ?? (page.records.length === query.limit ? String(999) : null) };
      },
    }));
    expect(endless).toContain(
      'pages follow each other without gap or repetition; the last one has no cursor',
    );
    const deaf = await failing((good) => ({
      list: ({ limit, cursor }) => good.list(cursor === undefined ? { limit } : { limit, cursor }),
    }));
    expect(deaf).toEqual([
      'the list of a device has its certificates and no others',
      'the list of a key has its certificates and no others, in order of intent',
      'a list by device and key has what is of both',
      'a list from an end on has what ends later, not what ends then',
    ]);
  });
});

describe('the contract of a search finds a store that', () => {
  type Store = CertificateStore & CertificateSearch;
  const failing = (spoil: (good: Store) => Partial<Store>) =>
    failingCases(
      certificateSearchContract({
        create: async () => {
          const good = createMemoryStores().certificates;
          return { store: { ...good, ...spoil(good) } };
        },
      }),
    );
  /** A search and a count that change what is asked for. */
  const asking = (change: (filter: CertificateFilter) => CertificateFilter) =>
    failing((good) => ({
      search: ({ cursor, limit, ...filter }) =>
        good.search({ ...change(filter), limit, ...(cursor === undefined ? {} : { cursor }) }),
      count: (filter) => good.count(change(filter)),
    }));
  const earlier = (time: Date, milliseconds = 1) => new Date(time.getTime() - milliseconds);

  it('is good: nothing', async () => {
    expect(await failing(() => ({}))).toEqual([]);
  });

  it.each([
    ['tier', 'a tier'],
    ['provider', 'no provider at all'],
    ['appVersion', 'a version of the app'],
    ['bootstrapCertificateSha256', 'the release that the device enrolled with'],
    ['enrolledFrom', 'an enrolment at a time or later'],
    ['enrolledBefore', 'an enrolment before a time'],
    ['notAfterFrom', 'an end after a time'],
    ['notAfterBefore', 'an end before a time'],
    ['latestOnly', 'the latest of each device: the one that was intended last, whatever its dates'],
  ] as const)('does not look at %s', async (member, what) => {
    const found = await asking((filter) =>
      Object.fromEntries(Object.entries(filter).filter(([name]) => name !== member)),
    );
    expect(found).toContain(`a search finds and a count counts ${what}`);
    expect(found).toContain('a search finds and a count counts everything at once');
  });

  it.each([
    ['enrolledFrom', (time: Date) => earlier(time, -1), 'an enrolment at a time or later'],
    ['enrolledBefore', (time: Date) => earlier(time, -1), 'an enrolment before a time'],
    ['notAfterFrom', (time: Date) => earlier(time), 'an end after a time'],
    ['notAfterBefore', (time: Date) => earlier(time, -1), 'an end before a time'],
  ] as const)('is off by a moment in %s', async (member, move, what) => {
    const found = await asking((filter) => {
      const time = filter[member];
      return time === undefined ? filter : { ...filter, [member]: move(time) };
    });
    expect(found).toContain(`a search finds and a count counts ${what}`);
  });

  it('takes the latest that matches for the latest', async () => {
    const found = await failing((good) => ({
      search: async ({ latestOnly, ...query }) => {
        const page = await good.search(query);
        if (latestOnly !== true) return page;
        const last = new Map(page.records.map((record) => [record.deviceId, record.requestId]));
        const records = page.records.filter(({ deviceId, requestId }) => last.get(deviceId) === requestId);
        return { ...page, records };
      },
    }));
    expect(found).toContain(
      'a search finds and a count counts the latest of each device, and that of a tier: an older one of that tier does not count',
    );
  });

  it('counts a page, or a certificate once for each piece of evidence', async () => {
    const paged = await failing((good) => ({
      count: async (filter) => (await good.search({ ...filter, limit: 5 })).records.length,
    }));
    expect(paged).toContain('pages of a search for everything follow each other without gap or repetition');
    const multiplied = await failing((good) => ({
      count: async (filter) => {
        const { records } = await good.search({ ...filter, limit: 100 });
        return records.reduce((total, { appraisal }) => total + Math.max(1, appraisal.verdicts.length), 0);
      },
    }));
    expect(multiplied).toContain(
      'a search finds and a count counts a provider that verified two pieces, once',
    );
  });

  it('comes in another order, or loses what is at the seam of two pages', async () => {
    const byEnd = await failing((good) => ({
      search: async (query) => {
        const page = await good.search(query);
        const records = [...page.records].sort((a, b) => a.notAfter.getTime() - b.notAfter.getTime());
        return { ...page, records };
      },
    }));
    expect(byEnd).toContain('pages of a search for a tier follow each other without gap or repetition');
    const gaps = await failing((good) => ({
      search: async (query) => {
        const page = await good.search(query);
        return query.cursor === undefined ? page : { ...page, records: page.records.slice(1) };
      },
    }));
    expect(gaps).toContain('pages of a search for a tier follow each other without gap or repetition');
  });

  it('begins anew at a cursor that it does not know, or gives more than it may', async () => {
    const refused = ['a cursor or limit that is none is refused'];
    const lenient = await failing((good) => ({
      search: ({ cursor, ...query }) =>
        good.search(/^[1-9]/.test(cursor ?? '') ? { ...query, cursor: cursor ?? '' } : query),
    }));
    expect(lenient).toEqual(refused);
    const generous = await failing((good) => ({
      search: (query) => good.search({ ...query, limit: Math.min(1000, query.limit) }),
    }));
    expect(generous).toEqual(refused);
  });
});

describe('the contract of revoked certificates finds a store that', () => {
  type Store = Stores['revocations'];
  const failing = (spoil: (good: Store) => Partial<Store>) =>
    failingCases(
      revokedCertificatesContract({
        create: async () => {
          const good = createMemoryStores().revocations;
          return { store: { ...good, ...spoil(good) } };
        },
      }),
    );

  it('is good: nothing', async () => {
    expect(await failing(() => ({}))).toEqual([]);
  });

  it('forgets', async () => {
    const found = await failing(() => ({ listRevoked: async () => [], findLastRevoked: async () => 0 }));
    expect(found).toContain('a revoked certificate is listed, whole, as soon as revoke has resolved');
  });

  it('does not look at the shard or the end', async () => {
    const everywhere = await failing((good) => ({
      listRevoked: (query) => good.listRevoked({ ...query, crlShard: null }),
    }));
    expect(everywhere).toContain('each shard has its own; the complete list has all');
    const ended = await failing((good) => ({
      listRevoked: (query) => good.listRevoked({ ...query, notAfterFrom: new Date(0) }),
    }));
    expect(ended).toEqual([
      'certificates that end at the time asked for are listed, those that ended before are not',
    ]);
    const early = await failing((good) => ({
      listRevoked: async (query) =>
        (await good.listRevoked(query)).filter(({ notAfter }) => notAfter > query.notAfterFrom),
    }));
    expect(early).toEqual([
      'certificates that end at the time asked for are listed, those that ended before are not',
    ]);
  });

  it('mixes up issuers', async () => {
    const found = await failing((good) => ({
      listRevoked: async (query) => {
        const issuers = ['a1', 'b2', 'c3'].map((octet) => octet.repeat(20));
        const lists = await Promise.all(issuers.map((issuerId) => good.listRevoked({ ...query, issuerId })));
        return lists.flat().sort((a, b) => a.sequence - b.sequence);
      },
    }));
    expect(found).toContain('each issuer has its own, even of the same serial number');
  });

  it('has an order of its own', async () => {
    const found = await failing((good) => ({
      listRevoked: async (query) =>
        [...(await good.listRevoked(query))].sort((a, b) => a.serialNumber.localeCompare(b.serialNumber)),
    }));
    expect(found).toContain('pages of a shard come in order of the log, without gap or repetition');
    expect(found).toContain('pages of a complete list come in order of the log, without gap or repetition');
  });

  it('takes the head of the log for the last place of a scope', async () => {
    const found = await failing((good) => ({
      findLastRevoked: async () => (await good.list({ afterSequence: 0, limit: 1000 })).at(-1)?.sequence ?? 0,
    }));
    expect(found).toContain('devices and keys are on no list');
    expect(found).toContain('the last place of a scope is that of its own latest entry, ended or not');
  });

  it('moves a certificate that is revoked again', async () => {
    const found = await failing((good) => {
      const shards = new Map<string, number>();
      return {
        revoke: (one) => {
          const { subject } = one;
          if (subject.kind === 'certificate') shards.set(subject.serialNumber, subject.crlShard);
          return good.revoke(one);
        },
        listRevoked: async (query) => {
          const all = await good.listRevoked({ ...query, crlShard: null });
          return query.crlShard === null
            ? all
            : all.filter(({ serialNumber }) => shards.get(serialNumber) === query.crlShard);
        },
      };
    });
    expect(found).toContain('a certificate that is revoked again stays where it was first');
  });
});

describe('the contract of a revocation store finds a store whose entries', () => {
  it('become visible out of order', async () => {
    const found = await failingCases(
      revocationStoreContract({
        create: async () => {
          const good = createMemoryStores().revocations;
          const hidden = new Set<number>();
          const revoke: RevocationStore['revoke'] = async (one) => {
            const result = await good.revoke(one);
            const sequence = result.revocation?.sequence ?? 0;
            // A transaction that got its place first and commits last.
            if (result.recorded && sequence % 5 === 1) {
              hidden.add(sequence);
              for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
              hidden.delete(sequence);
            }
            return result;
          };
          const list: RevocationStore['list'] = async (query) =>
            (await good.list(query)).filter(({ sequence }) => !hidden.has(sequence));
          return { store: { ...good, revoke, list } };
        },
      }),
    );
    expect(found).toEqual([
      'entries become visible in order: who reads along while others revoke misses none',
    ]);
  });

  it('lose their shard or end', async () => {
    const found = await failingCases(
      revocationStoreContract({
        create: async () => {
          const good = createMemoryStores().revocations;
          const revoke: RevocationStore['revoke'] = (one) => {
            const { subject } = one;
            return good.revoke(
              subject.kind === 'certificate' ? { ...one, subject: { ...subject, crlShard: 0 } } : one,
            );
          };
          return { store: { ...good, revoke } };
        },
      }),
    );
    expect(found).toContain(
      'a certificate is known by issuer and serial number; its shard and end come back as they first went in',
    );
  });
});

describe('the contract of a CRL store finds a store that', () => {
  const failing = (spoil: (good: CrlStore) => Partial<CrlStore>) =>
    failingCases(
      crlStoreContract({
        create: async () => {
          const good = createMemoryStores().crls;
          return { store: { ...good, ...spoil(good) } };
        },
      }),
    );
  /** What the caller would have had to see for the list to be published. */
  const seen = async (good: CrlStore, crl: StoredCrl): Promise<bigint | null> => {
    const current = await good.findCrl(crl);
    return current === null || current === 'unchanged' ? null : current.number;
  };

  it('is good: nothing', async () => {
    expect(await failing(() => ({}))).toEqual([]);
  });

  it('publishes whatever the caller saw', async () => {
    const found = await failing((good) => ({
      publishCrl: async (crl) => good.publishCrl(crl, { expectedNumber: await seen(good, crl) }),
    }));
    expect(found).toContain('the first list is published if there is none');
    expect(found).toContain('a list takes the place of the one that the caller saw, and of no other');
  });

  it('lets numbers shrink', async () => {
    const crls = new Map<string, StoredCrl>();
    const found = await failing((good) => ({
      findCrl: async (scope) => crls.get(JSON.stringify(scope)) ?? good.findCrl(scope),
      publishCrl: async (crl, options) => {
        if (await good.publishCrl(crl, options)) return true;
        return options.expectedNumber === (await seen(good, crl));
      },
    }));
    expect(found).toContain('numbers only grow');
  });

  it('looks first and writes later', async () => {
    const found = await failing((good) => ({
      publishCrl: async (crl, { expectedNumber }) => {
        const current = await seen(good, crl);
        if (current !== expectedNumber || (current !== null && crl.number <= current)) return false;
        await new Promise(setImmediate);
        await good.publishCrl(crl, { expectedNumber: await seen(good, crl) });
        return true;
      },
    }));
    expect(found).toEqual(['of many who publish in one place at once exactly one does']);
  });

  it('keeps numbers as text, or as numbers of JavaScript', async () => {
    const kept = 'numbers are compared and kept as numbers, up to the greatest';
    const asText = await failing((good) => ({
      publishCrl: async (crl, options) =>
        String(crl.number) > String(options.expectedNumber ?? '') && good.publishCrl(crl, options),
    }));
    expect(asText).toContain(kept);
    const asNumber = await failing((good) => ({
      publishCrl: (crl, options) => good.publishCrl({ ...crl, number: BigInt(Number(crl.number)) }, options),
    }));
    expect(asNumber).toContain(kept);
  });

  it('always sends the bytes, never does, or sends them in descriptions', async () => {
    const unchanged = 'a list of just the number that the caller has does not travel again';
    expect(await failing((good) => ({ findCrl: (scope) => good.findCrl(scope) }))).toContain(unchanged);
    const never = await failing((good) => ({
      findCrl: async (scope, options) =>
        options?.unlessNumber !== undefined && (await good.findCrl(scope)) !== null
          ? 'unchanged'
          : good.findCrl(scope),
    }));
    expect(never).toContain(unchanged);
    const heavy = await failing((good) => ({
      listCrls: async () => {
        const found = await Promise.all((await good.listCrls()).map((scope) => good.findCrl(scope)));
        return found.filter((crl) => crl !== null && crl !== 'unchanged');
      },
    }));
    expect(heavy).toContain('each scope has a list of its own');
  });

  it('takes the complete list for a shard, or loses the delta CRL', async () => {
    const mixed = await failing((good) => ({
      publishCrl: (crl, options) => good.publishCrl({ ...crl, crlShard: crl.crlShard ?? 0 }, options),
      findCrl: (scope, options) => good.findCrl({ ...scope, crlShard: scope.crlShard ?? 0 }, options),
    }));
    expect(mixed).toContain('each scope has a list of its own');
    for (const lost of [{ deltaCrl: null }, { base: null }]) {
      const found = await failing((good) => ({
        publishCrl: (crl, options) => good.publishCrl({ ...crl, ...lost }, options),
      }));
      expect(found).toContain('a delta CRL and what it is the difference to come back');
    }
  });

  it('shares nothing with its twin', async () => {
    const found = await failingCases(
      crlStoreContract({
        create: async () => ({ store: createMemoryStores().crls }),
        createPair: async () => ({ stores: [createMemoryStores().crls, createMemoryStores().crls] }),
      }),
    );
    expect(found).toEqual([
      'of two processes that publish in one place at once exactly one does',
      'what one process published, another finds',
    ]);
  });
});

describe('the contract of a lease store finds a store that', () => {
  const failing = (spoil: (good: LeaseStore) => Partial<LeaseStore>, clock: 'caller' | 'server' = 'caller') =>
    failingCases(
      leaseStoreContract({
        clock,
        create: async () => {
          const good = createMemoryStores().leases;
          return { store: { ...good, ...spoil(good) } };
        },
      }),
    );
  /** A store by the clock of the machine, as a server would have it. */
  const byServer = (good: LeaseStore): LeaseStore => ({
    ...good,
    acquireLease: (request) => good.acquireLease({ ...request, now: new Date() }),
  });

  it('is good: nothing', async () => {
    expect(await failing(() => ({}))).toEqual([]);
    expect(await failing(byServer, 'server')).toEqual([]);
  });

  it('gives a lease twice', async () => {
    const found = await failing(() => ({ acquireLease: async () => true }));
    expect(found).toContain('a lease that nobody holds is taken, and no other gets it');
    expect(found).toContain('of many who want a lease at once exactly one gets it');
  });

  it('looks first and writes later', async () => {
    const held = new Map<string, string>();
    const found = await failing(() => {
      held.clear();
      return {
        acquireLease: async ({ name, holder }) => {
          if (held.has(name) && held.get(name) !== holder) return false;
          await new Promise(setImmediate);
          held.set(name, holder);
          return true;
        },
      };
    });
    expect(found).toContain('of many who want a lease at once exactly one gets it');
  });

  it('never ends a lease, ends it early, or does not prolong it', async () => {
    const ends = 'a lease ends by itself after its lifetime, and not before';
    const eternal = await failing((good) => ({
      acquireLease: (request) => good.acquireLease({ ...request, now: new Date(0) }),
    }));
    expect(eternal).toContain(ends);
    const short = await failing((good) => ({
      acquireLease: (request) =>
        good.acquireLease({ ...request, lifetimeSeconds: Math.max(1, request.lifetimeSeconds / 2) }),
    }));
    expect(short).toContain(ends);
    const first = new Map<string, Date>();
    const fixed = await failing((good) => {
      first.clear();
      return {
        acquireLease: async (request) => {
          const key = `${request.name} ${request.holder}`;
          const since = first.get(key);
          if (since && since.getTime() + request.lifetimeSeconds * 1000 > request.now.getTime()) return true;
          const taken = await good.acquireLease(request);
          if (taken) first.set(key, request.now);
          return taken;
        },
      };
    });
    expect(fixed).toContain('a prolonged lease lives on from then');
  });

  it('believes the caller about the time though its server has a clock', async () => {
    const matters = 'what time the caller believes it to be does not matter';
    const cases = leaseStoreContract({
      clock: 'server',
      create: async () => ({ store: createMemoryStores().leases }),
    });
    expect(await failingCases(cases.filter(({ name }) => name === matters))).toEqual([matters]);
  });

  it('lets others give a lease back, or nobody', async () => {
    const holders = new Map<string, string>();
    const anyone = await failing((good) => {
      holders.clear();
      return {
        acquireLease: async (request) => {
          const taken = await good.acquireLease(request);
          if (taken) holders.set(request.name, request.holder);
          return taken;
        },
        releaseLease: (lease) =>
          good.releaseLease({ ...lease, holder: holders.get(lease.name) ?? lease.holder }),
      };
    });
    expect(anyone).toContain('nobody gives back the lease of another, or one that is free');
    const nobody = await failing(() => ({ releaseLease: async () => undefined }));
    expect(nobody).toContain('a lease that is given back is free');
  });

  it('cuts names, or takes any', async () => {
    const cut = await failing((good) => ({
      acquireLease: (request) => good.acquireLease({ ...request, name: request.name.slice(0, 64) }),
    }));
    expect(cut).toContain('names and holders of 200 characters are kept whole');
    const lenient = await failing((good) => ({
      acquireLease: (request) => good.acquireLease({ ...request, lifetimeSeconds: 60 }),
    }));
    expect(lenient).toContain('what is too long, or lives too long or too short, is refused');
  });
});

describe('the contract of an audit store finds a store that', () => {
  const failing = (spoil: (good: AuditStore) => Partial<AuditStore>) =>
    failingCases(
      auditStoreContract({
        create: async () => {
          const good = createMemoryStores().audit;
          return { store: { ...good, ...spoil(good) } };
        },
      }),
    );
  /** A store that appends whatever passes a check of its own. */
  const accepting = (accepts: (first: AuditEntry, head: AuditEntry | undefined) => boolean) =>
    failing(() => createListStore((trail, entries) => !entries[0] || accepts(entries[0], trail.at(-1))));

  it('is good: nothing', async () => {
    expect(await failing(() => ({}))).toEqual([]);
  });

  it('forgets', async () => {
    const found = await failing(() => ({ appendAudit: async () => true }));
    expect(found).toContain('the first entry is appended, found as the head and listed, as it went in');
    expect(found).toContain('entries of one call are all appended, in order');
  });

  it('allows a fork', async () => {
    const found = await accepting((first, head) => first.sequence === (head?.sequence ?? 0) + 1);
    expect(found).toContain('an entry whose place is right and whose hash before is not is not appended');
    expect(found).toContain('a trail does not begin with an entry that is of another trail');
  });

  it('allows a gap', async () => {
    const found = await accepting((first, head) => first.previousHash === (head?.hash ?? '0'.repeat(64)));
    expect(found).toContain('an entry whose hash before is right and whose place is not is not appended');
    expect(found).toContain('a trail does not begin with an entry that is second');
  });

  it('believes that the entries of a call are a chain', async () => {
    const found = await accepting(
      (first, head) =>
        first.sequence === (head?.sequence ?? 0) + 1 && first.previousHash === (head?.hash ?? '0'.repeat(64)),
    );
    expect(found).toEqual(
      ['have a gap', 'are turned around', 'fork', 'come twice', 'have a wrong place'].map(
        (what) => `entries of one call that ${what} are refused, all of them`,
      ),
    );
  });

  it('appends a part of what it refuses', async () => {
    const found = await failing((good) => ({
      appendAudit: async (entries) => {
        for (const entry of entries) if (!(await good.appendAudit([entry]))) break;
        return good.appendAudit(entries);
      },
    }));
    expect(found).toContain('entries of one call that have a gap are refused, all of them');
  });

  it('looks first and writes later', async () => {
    const found = await failing(() =>
      createListStore(
        (trail, [first]) => first === undefined || first.sequence === (trail.at(-1)?.sequence ?? 0) + 1,
        () => new Promise(setImmediate),
      ),
    );
    expect(found).toContain('of many who append after one head at once exactly one does');
    expect(found).toContain('many who try until they succeed make one chain');
  });

  it('keeps the meaning of the text, not the text', async () => {
    const found = await failing((good) => ({
      listAudit: async (query) =>
        (await good.listAudit(query)).map((entry) => ({ ...entry, body: tidy(entry.body) })),
    }));
    expect(found).toEqual(['the first entry is appended, found as the head and listed, as it went in']);
  });

  it('lists another device too, or turns pages around', async () => {
    const deaf = await failing((good) => ({
      listAudit: ({ afterSequence, limit }) => good.listAudit({ afterSequence, limit }),
    }));
    expect(deaf).toEqual(['the trail of a device has its entries and no others']);
    const turned = await failing((good) => ({
      listAudit: async (query) => [...(await good.listAudit(query))].reverse(),
    }));
    expect(turned).toContain('the trail is listed in order, page by page');
  });
});

describe('the contract of retention finds stores that', () => {
  const failing = (spoil: (good: Stores) => Partial<Stores>) =>
    failingCases(
      retentionContract({
        create: async () => {
          const good = createMemoryStores();
          return { store: { ...good, ...spoil(good) } };
        },
      }),
    );
  /** Retention that gives its own stores something else to do. */
  const pruning = (change: (request: PruneRequest) => PruneRequest) =>
    failing(({ retention }) => ({ retention: { prune: (request) => retention.prune(change(request)) } }));

  it('are good: nothing', async () => {
    expect(await failing(() => ({}))).toEqual([]);
  });

  it('forget nothing', async () => {
    const found = await failing(() => ({
      retention: { prune: async () => NOTHING_PRUNED },
    }));
    expect(found).toContain('certificates that ended before the time are forgotten, and no others');
    expect(found).toContain(
      'revocations of certificates that ended before the time are forgotten, and no others',
    );
  });

  it('forget a moment too early, or do not look at the limit', async () => {
    const early = await pruning(({ before, limit }) => ({ before: new Date(before.getTime() + 1), limit }));
    expect(early).toContain('certificates that ended before the time are forgotten, and no others');
    const greedy = await pruning(({ before, limit }) => ({ before, limit: limit === 2 ? 100 : limit }));
    expect(greedy).toContain('no more certificates are forgotten at once than asked for');
    expect(greedy).toContain('no more revocations are forgotten at once than asked for');
  });

  it('believe the caller about the time', async () => {
    const found = await failingCases(
      retentionContract({
        create: async () => ({
          store: createMemoryStores({ clock: { now: () => new Date('2300-01-01') } }),
        }),
      }),
    );
    expect(found).toEqual([
      'nothing whose time is not over by the clock is forgotten, whatever time is given',
      'a bucket that is not full is kept, whatever time is given',
      'keys and counters whose time is not over by the clock are kept, whatever time is given',
    ]);
  });

  it('keep orders of renewal, or forget those that have not ended, or buckets', async () => {
    const ended = 'orders of renewal that ended before the time are forgotten, and no others';
    const keeping = await failing(({ renewalOrders, retention }) => ({
      renewalOrders: { ...renewalOrders, listOrders: async () => [] },
      retention: { prune: async (request) => ({ ...(await retention.prune(request)), renewalOrders: 0 }) },
    }));
    expect(keeping).toContain(ended);
    const early = await failing((good) => {
      let pruned = false;
      return {
        renewalOrders: {
          ...good.renewalOrders,
          listOrders: async (now) => (pruned ? [] : good.renewalOrders.listOrders(now)),
        },
        retention: {
          prune: (request) => {
            pruned = true;
            return good.retention.prune(request);
          },
        },
      };
    });
    expect(early).toContain(ended);
    expect(early).toContain(
      'nothing whose time is not over by the clock is forgotten, whatever time is given',
    );
    const buckets = await failing((good) => {
      let rateLimits = createMemoryStores().rateLimits;
      return {
        rateLimits: { takeToken: (request) => rateLimits.takeToken(request) },
        retention: {
          prune: (request) => {
            rateLimits = createMemoryStores().rateLimits;
            return good.retention.prune(request);
          },
        },
      };
    });
    expect(buckets).toEqual(['a bucket that is not full is kept, whatever time is given']);
  });

  it('forget the orders that ended last first, or do not look at the limit', async () => {
    const first = 'the orders that ended first are forgotten first, no more than asked for';
    expect(
      await pruning((request) => ({ ...request, limit: Math.min(request.limit * 2, 10_000) })),
    ).toContain(first);
    const wrong = await failing((good) => ({
      renewalOrders: {
        ...good.renewalOrders,
        listOrders: async (now) => (await good.renewalOrders.listOrders(now)).slice(-2),
      },
    }));
    expect(wrong).toContain(first);
  });

  it('forget a ban or a key', async () => {
    const found = await failing((good) => {
      let pruned = false;
      return {
        retention: {
          prune: async (request) => {
            pruned = true;
            return good.retention.prune(request);
          },
        },
        revocations: {
          ...good.revocations,
          find: async (query) => ({
            ...(await good.revocations.find(query)),
            ...(pruned && { device: null, key: null }),
          }),
        },
      };
    });
    expect(found).toEqual(['what was said of devices and keys is kept for ever']);
  });

  it('forget the newest entry of the log', async () => {
    const found = await failing((good) => {
      let last = 0;
      return {
        retention: {
          prune: async (request) => {
            last = (await good.revocations.list({ afterSequence: 0, limit: 1000 })).at(-1)?.sequence ?? 0;
            return good.retention.prune(request);
          },
        },
        revocations: {
          ...good.revocations,
          list: async (query) =>
            (await good.revocations.list(query)).filter(
              ({ sequence, subject }) => sequence !== last || subject.kind !== 'certificate',
            ),
        },
      };
    });
    expect(found).toContain('the newest entry of the log stays, and places go on after it');
  });

  it('lose a challenge as soon as it is over, or count what they keep', async () => {
    const late = await failing((good) => {
      const forgotten = new Set<string>();
      let before = new Date(0);
      return {
        retention: {
          prune: async (request) => {
            before = request.before;
            return good.retention.prune(request);
          },
        },
        replays: {
          consume: async (request) => {
            const over = request.expiresAt < before && request.expiresAt.getUTCFullYear() < 2100;
            if (!over || forgotten.has(request.id)) return good.replays.consume(request);
            forgotten.add(request.id);
            return { outcome: 'consumed' };
          },
        },
      };
    });
    expect(late).toContain(
      'a challenge is remembered for five minutes after its end, for callers whose clock is behind',
    );
    const wrong = await failing(({ retention }) => ({
      retention: { prune: async (request) => ({ ...(await retention.prune(request)), replays: 0 }) },
    }));
    expect(wrong).toEqual(['a challenge is counted as forgotten if and only if it is']);
  });

  it('find what they have forgotten', async () => {
    const found = await failing((good) => {
      const kept = new Map<string, Awaited<ReturnType<CertificateStore['find']>>>();
      return {
        certificates: {
          ...good.certificates,
          find: async (query) => {
            const record = kept.get(JSON.stringify(query)) ?? (await good.certificates.find(query));
            kept.set(JSON.stringify(query), record);
            return record;
          },
        },
      };
    });
    expect(found).toContain('a forgotten certificate is forgotten by who has just read it');
  });
});

describe('the contract of a change feed finds a feed that', () => {
  /** Wakes up when something is announced, which the tests do for themselves. */
  const failing = (
    spoil: (
      good: Pick<Stores, 'revocations' | 'changes'>,
    ) => Partial<Pick<Stores, 'revocations' | 'changes'>>,
  ) =>
    failingCases(
      changeFeedContract({
        patienceMilliseconds: 100,
        create: async () => {
          const good = createMemoryStores();
          return { store: { ...good, ...spoil(good) } };
        },
      }),
    );

  it('is good: nothing', async () => {
    expect(await failing(() => ({}))).toEqual([]);
  });

  it('never wakes up', async () => {
    const found = await failing(() => ({ changes: { subscribe: async () => async () => undefined } }));
    expect(found).toContain('who subscribes is woken up by a revocation, and finds it in the log');
  });

  it('wakes up before there is something to find', async () => {
    const found = await failing((good) => {
      const listeners = new Set<() => void>();
      return {
        changes: {
          subscribe: async (onChange) => {
            listeners.add(onChange);
            return async () => {
              listeners.delete(onChange);
            };
          },
        },
        revocations: {
          ...good.revocations,
          revoke: async (one) => {
            for (const listener of listeners) listener();
            await new Promise(setImmediate);
            return good.revocations.revoke(one);
          },
        },
      };
    });
    expect(found).toContain('who subscribes is woken up by a revocation, and finds it in the log');
  });

  it('does not let go', async () => {
    const found = await failing(({ changes }) => ({
      changes: {
        subscribe: async (onChange) => {
          await changes.subscribe(onChange);
          return async () => undefined;
        },
      },
    }));
    expect(found).toEqual(['all who subscribed are woken up, and who ended it is not any more']);
  });

  it('wakes up one, the last that came', async () => {
    const found = await failing(({ changes }) => {
      let last: () => void = () => undefined;
      void changes.subscribe(() => {
        last();
      });
      return {
        changes: {
          subscribe: async (onChange) => {
            last = onChange;
            return async () => {
              if (last === onChange) last = () => undefined;
            };
          },
        },
      };
    });
    expect(found).toContain('all who subscribed are woken up, and who ended it is not any more');
    expect(found).toContain('one function may subscribe twice, and end one of the two');
  });

  it('does not hear of another process', async () => {
    const found = await failingCases(
      changeFeedContract({
        patienceMilliseconds: 100,
        create: async () => ({ store: createMemoryStores() }),
        createPair: async () => {
          const [here, there] = [createMemoryStores(), createMemoryStores()];
          return { stores: [here, { ...there, revocations: here.revocations }] };
        },
      }),
    );
    expect(found).toEqual(['who subscribes in one process is woken up by a revocation in another']);
  });
});

describe('the contract of a package of stores', () => {
  it('has the cases of every suite, each under a name of its own', () => {
    const options = {
      clock: 'caller' as const,
      create: async () => ({ store: createMemoryStores() }),
      createUnreachable: async () => ({ store: createMemoryStores() }),
    };
    const names = storesContract(options).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const suites = new Set(names.map((name) => name.slice(0, name.indexOf(':'))));
    expect([...suites]).toEqual([
      'certificates',
      'search',
      'revocations',
      'revoked',
      'replays',
      'audit',
      'crls',
      'leases',
      'limits',
      'orders',
      'attested',
      'usage',
      'retention',
      'changes',
    ]);
    const unreachable = names.filter((name) => name.endsWith('says so'));
    expect(unreachable).toHaveLength(14);
  });

  it('finds the one store that is spoiled, and disposes of what it made', async () => {
    let open = 0;
    const found = await failingCases(
      storesContract({
        clock: 'caller',
        create: async () => {
          open += 1;
          const dispose = (): void => {
            open -= 1;
          };
          return { store: { ...createMemoryStores(), replays: forgetful }, dispose };
        },
      }),
    );
    expect(open).toBe(0);
    expect(new Set(found.map((name) => name.slice(0, name.indexOf(':'))))).toEqual(
      new Set(['replays', 'retention']),
    );
  });
});

const forgetful: ReplayStore = { consume: async () => ({ outcome: 'consumed' }) };

/** The same JSON in another text. */
function tidy(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    return body;
  }
}

/** A trail in a list: appends what passes a check, perhaps some time after the check. */
function createListStore(
  accepts: (trail: readonly AuditEntry[], entries: readonly AuditEntry[]) => boolean,
  pause?: () => Promise<unknown>,
): AuditStore {
  const trail: AuditEntry[] = [];
  return {
    appendAudit: async (entries) => {
      if (!accepts(trail, entries)) return false;
      if (pause) await pause();
      trail.push(...entries);
      return true;
    },
    findAuditHead: async () => trail.at(-1) ?? null,
    listAudit: async ({ afterSequence, deviceId, limit }) => {
      if (!(limit >= 1 && limit <= 1000 && Number.isInteger(limit))) {
        throw new MalformedError('request_malformed', { message: 'the limit must be 1 to 1000' });
      }
      return trail
        .filter(({ sequence }) => sequence > afterSequence)
        .filter((entry) => deviceId === undefined || entry.deviceId === deviceId)
        .slice(0, limit);
    },
  };
}

/** A log that keeps the last word only. */
function createOverwritingStore(): RevocationStore {
  const entries = new Map<string, Revocation>();
  const toKey = ({ subject }: Pick<Revocation, 'subject'>) =>
    subject.kind === 'certificate'
      ? subject.issuerId + subject.serialNumber
      : subject.kind === 'device'
        ? subject.deviceId
        : subject.publicKeySha256;
  return {
    revoke: async (revocation) => {
      const recorded = { ...revocation, sequence: entries.size + 1 };
      entries.set(toKey(revocation), recorded);
      return { recorded: true, revocation: recorded };
    },
    find: async ({ issuerId, serialNumber, deviceId, publicKeySha256 }) => ({
      certificate: entries.get(issuerId + serialNumber) ?? null,
      device: entries.get(deviceId) ?? null,
      key: entries.get(publicKeySha256) ?? null,
    }),
    list: async ({ afterSequence, limit }) =>
      [...entries.values()].slice(afterSequence, afterSequence + limit),
  };
}
