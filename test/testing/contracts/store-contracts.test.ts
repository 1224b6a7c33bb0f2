import { describe, expect, it } from 'vitest';

import { UnavailableError } from '../../../src/core/errors.js';
import type { CertificateStore } from '../../../src/contracts/certificate-store.js';
import type { ReplayStore } from '../../../src/contracts/replay-store.js';
import type { Revocation, RevocationStore } from '../../../src/contracts/revocation-store.js';
import { createMemoryStores } from '../../../src/memory.js';
import { certificateStoreContract } from '../../../src/testing/contracts/certificate-store-contract.js';
import { replayStoreContract } from '../../../src/testing/contracts/replay-store-contract.js';
import { revocationStoreContract } from '../../../src/testing/contracts/revocation-store-contract.js';
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
    const whole = 'an intent is recorded and found by name, request and key, as it went in';
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
