import { describe, expect, it } from 'vitest';

import type { AttestedKey, AttestedKeyStore } from '../../../src/contracts/attested-key-store.js';
import { createMemoryStores } from '../../../src/memory.js';
import { attestedKeyStoreContract } from '../../../src/testing/contracts/attested-key-store-contract.js';
import { failingCases } from './failing-cases.js';

const failing = (spoil: (good: AttestedKeyStore) => Partial<AttestedKeyStore>) =>
  failingCases(
    attestedKeyStoreContract({
      create: async () => {
        const good = createMemoryStores().attestedKeys;
        return { store: { ...good, ...spoil(good) } };
      },
    }),
  );

/** A good store whose keys are changed before they are handed out. */
const finding = (change: (key: AttestedKey) => AttestedKey) =>
  failing((good) => ({
    findAttestedKey: async (name) => {
      const key = await good.findAttestedKey(name);
      return key && change(key);
    },
  }));

const WHOLE = 'a key comes back as it went in';
const NAMES = 'names are told apart exactly, by both of their parts';
const LEFT = 'a key that is registered for another use is left as it is';
const AGAIN = 'the same request again is answered as the first, and names the device anew';
const USED = 'a key that was used is not registered again';
const ONE_REGISTERS = 'of many who register one key for different uses at once exactly one does';
const HIGHER = 'a use with a higher counter is recorded';
const NOT_HIGHER = 'a counter that is not higher is refused, and changes nothing';
const REPLAY = 'the last use again is no replay and changes nothing; an earlier one is one';
const ONE_USES = 'of many who use one counter for different things at once exactly one does';
const OTHERS = 'the uses of one key are not those of another';
const HIGHEST = 'the highest of many counters at once stays';
const RECEIPT = 'a newer receipt takes the place of the last one';
const BOUNDS = 'what is out of bounds is refused, and changes nothing';

describe('the contract of a store of attested keys finds a store that', () => {
  it('is good: nothing', async () => {
    expect(await failing(() => ({}))).toEqual([]);
  });

  it('knows keys that nobody registered', async () => {
    const unknown = 'a key that was never registered is unknown';
    expect(await failing(() => ({ useAttestedKey: async () => ({ outcome: 'used' }) }))).toContain(unknown);
    expect(await failing(() => ({ replaceReceipt: async () => true }))).toContain(unknown);
  });

  it.each<[string, (key: AttestedKey) => AttestedKey]>([
    ['the public key', (key) => ({ ...key, publicKey: key.publicKey.slice(1) })],
    ['that there is no device', (key) => ({ ...key, deviceId: key.deviceId ?? '' })],
    ['that there is no receipt', (key) => ({ ...key, receipt: key.receipt ?? new Uint8Array() })],
    ['a part of the details', (key) => ({ ...key, details: key.details.slice(0, 1000) })],
    ['milliseconds', (key) => ({ ...key, lastUsedAt: toSecond(key.lastUsedAt) })],
    ['high bits of the counter', (key) => ({ ...key, counter: key.counter | 0 })],
  ])('loses %s', async (_, change) => {
    expect(await finding(change)).toContain(WHOLE);
  });

  it('takes names for the same that are not', async () => {
    for (const change of [
      (text: string) => text.toLowerCase(),
      (text: string) => text.trim(),
      (text: string) => text.normalize(),
      (text: string) => text.slice(0, 99),
    ])
      expect(await renaming((name) => ({ ...name, keyId: change(name.keyId) }))).toContain(NAMES);
    expect(await renaming((name) => ({ ...name, provider: 'p' }))).toContain(NAMES);
    const joined = await renaming(({ provider, keyId }) => ({
      provider: 'p',
      keyId: `${provider}:${keyId}`,
    }));
    expect(joined).toContain(NAMES);
  });

  it('replaces a key, or takes every registration for the same request', async () => {
    const replacing = await failing((good) => {
      const kept = new Map<string, AttestedKey>();
      return {
        registerAttestedKey: async (key) => {
          await good.registerAttestedKey(key);
          kept.set(`${key.provider}/${key.keyId}`, key);
          return { outcome: 'registered' };
        },
        findAttestedKey: async ({ provider, keyId }) => kept.get(`${provider}/${keyId}`) ?? null,
      };
    });
    expect(replacing).toContain(LEFT);
    const lax = await failing((good) => ({
      registerAttestedKey: async (key) => {
        await good.registerAttestedKey(key);
        return { outcome: 'registered' };
      },
    }));
    expect(lax).toEqual([LEFT, USED, ONE_REGISTERS]);
  });

  it('refuses the same request, or does not name the device anew', async () => {
    const strict = await failing((good) => ({
      registerAttestedKey: async (key) =>
        (await good.findAttestedKey(key)) ? { outcome: 'exists' } : good.registerAttestedKey(key),
    }));
    expect(strict).toContain(AGAIN);
    const forgetful = await failing((good) => ({
      registerAttestedKey: async (key) => {
        const kept = await good.findAttestedKey(key);
        return good.registerAttestedKey(kept ? { ...key, deviceId: kept.deviceId } : key);
      },
    }));
    expect(forgetful).toContain(AGAIN);
  });

  it('looks first and writes later', async () => {
    const registering = await failing((good) => ({
      registerAttestedKey: async (key) => {
        const kept = await good.findAttestedKey(key);
        await new Promise(setImmediate);
        return kept ? good.registerAttestedKey(key) : { outcome: 'registered' };
      },
    }));
    expect(registering).toContain(ONE_REGISTERS);
    const using = await failing((good) => {
      const counters = new Map<string, number>();
      return {
        useAttestedKey: async (request) => {
          const last = counters.get(request.keyId) ?? 0;
          await new Promise(setImmediate);
          if (request.counter <= last) return { outcome: 'counter_not_higher' };
          counters.set(request.keyId, request.counter);
          await good.useAttestedKey(request);
          return { outcome: 'used' };
        },
      };
    });
    expect(using).toContain(ONE_USES);
  });

  it('accepts every counter, or compares them as text', async () => {
    const all = await failing((good) => ({
      useAttestedKey: async (request) => {
        const { outcome } = await good.useAttestedKey(request);
        return { outcome: outcome === 'unknown' ? outcome : 'used' };
      },
    }));
    expect(all).toEqual([NOT_HIGHER, REPLAY, ONE_USES]);
    const text = await failing((good) => ({
      useAttestedKey: async (request) => {
        const kept = await good.findAttestedKey(request);
        const higher = String(request.counter) > String(kept?.counter ?? 0);
        return kept && !higher ? { outcome: 'counter_not_higher' } : good.useAttestedKey(request);
      },
    }));
    expect(text).toContain(HIGHER);
  });

  it('takes the last use for a replay, or any use with the last counter or of the last thing for the last', async () => {
    const strict = await failing((good) => ({
      useAttestedKey: async (request) => {
        const kept = await good.findAttestedKey(request);
        return kept && request.counter <= kept.counter
          ? { outcome: 'counter_not_higher' }
          : good.useAttestedKey(request);
      },
    }));
    expect(strict).toContain(REPLAY);
    const byCounter = await failing((good) => ({
      useAttestedKey: async (request) => {
        const kept = await good.findAttestedKey(request);
        return kept && request.counter === kept.counter ? { outcome: 'used' } : good.useAttestedKey(request);
      },
    }));
    expect(byCounter).toContain(NOT_HIGHER);
    const byUse = await failing((good) => ({
      useAttestedKey: async (request) => {
        const kept = await good.findAttestedKey(request);
        return kept && request.use === kept.lastUse ? { outcome: 'used' } : good.useAttestedKey(request);
      },
    }));
    expect(byUse).toEqual([USED, REPLAY]);
  });

  it('changes something when it refuses, or when it is asked again', async () => {
    const stamping = await failing((good) => {
      const seen = new Map<string, Date>();
      return {
        useAttestedKey: async (request) => {
          seen.set(request.keyId, request.at);
          return good.useAttestedKey(request);
        },
        findAttestedKey: async (name) => {
          const key = await good.findAttestedKey(name);
          return key && { ...key, lastUsedAt: seen.get(name.keyId) ?? key.lastUsedAt };
        },
      };
    });
    expect(stamping).toContain(NOT_HIGHER);
    expect(stamping).toContain(REPLAY);
  });

  it('keeps the counter that came last', async () => {
    const found = await failing((good) => {
      const last = new Map<string, number>();
      return {
        useAttestedKey: async (request) => {
          last.set(request.keyId, request.counter);
          return good.useAttestedKey(request);
        },
        findAttestedKey: async (name) => {
          const key = await good.findAttestedKey(name);
          return key && { ...key, counter: last.get(name.keyId) ?? key.counter };
        },
      };
    });
    expect(found).toContain(HIGHEST);
  });

  it('has one counter for all keys', async () => {
    const found = await failing((good) => {
      let last = 0;
      return {
        useAttestedKey: async (request) => {
          const result = await good.useAttestedKey(request);
          if (result.outcome !== 'used' || request.counter < last) return { outcome: 'counter_not_higher' };
          last = request.counter;
          return result;
        },
      };
    });
    expect(found).toContain(OTHERS);
  });

  it('does not keep a receipt, or keeps it for another key', async () => {
    expect(await failing(() => ({ replaceReceipt: async () => true }))).toContain(RECEIPT);
    const other = await failing((good) => ({
      replaceReceipt: async (request) => {
        await good.replaceReceipt({ ...request, keyId: 'k2' });
        return good.replaceReceipt(request);
      },
    }));
    expect(other).toContain(RECEIPT);
  });

  it('hands out what it keeps', async () => {
    const found = await failing((good) => {
      const kept = new Map<string, AttestedKey>();
      return {
        findAttestedKey: async (name) => {
          const key = await good.findAttestedKey(name);
          const id = JSON.stringify([key, name.keyId]);
          if (key && !kept.has(id)) kept.set(id, key);
          return kept.get(id) ?? null;
        },
      };
    });
    expect(found).toEqual(['what a caller changes afterwards does not change the key']);
  });

  it('takes what is out of bounds', async () => {
    const lax = await failing((good) => ({
      useAttestedKey: (request) =>
        good.useAttestedKey({ ...request, counter: Math.ceil(request.counter) || 1 }),
    }));
    expect(lax).toEqual([BOUNDS]);
    const cutting = await failing((good) => ({
      registerAttestedKey: (key) => good.registerAttestedKey({ ...key, details: key.details.slice(0, 8192) }),
    }));
    expect(cutting).toEqual([BOUNDS]);
  });

  it('shares nothing with its twin', async () => {
    const one = () => createMemoryStores().attestedKeys;
    const found = await failingCases(
      attestedKeyStoreContract({
        create: async () => ({ store: one() }),
        createPair: async () => ({ stores: [one(), one()] }),
      }),
    );
    expect(found).toEqual([
      'of two processes that use one counter for different things at once exactly one does',
      'the highest of many counters in two processes at once stays',
      'what one process registers and uses, another knows',
      'of two processes that register one key for different uses at once exactly one does',
    ]);
  });

  it('says nothing when it cannot keep or find keys', async () => {
    const found = await failingCases(
      attestedKeyStoreContract({
        create: async () => ({ store: createMemoryStores().attestedKeys }),
        createUnreachable: async () => ({ store: createMemoryStores().attestedKeys }),
      }),
    );
    expect(found).toEqual(['a store that cannot keep or find keys says so']);
  });
});

/** A good store that is asked for a key of another name, which is hidden in what it finds. */
function renaming(
  change: (name: Pick<AttestedKey, 'provider' | 'keyId'>) => Pick<AttestedKey, 'provider' | 'keyId'>,
) {
  const rename = <Request extends Pick<AttestedKey, 'provider' | 'keyId'>>(request: Request): Request => ({
    ...request,
    ...(request.keyId.length > 200 || request.provider.length > 100 ? {} : change(request)),
  });
  return failing((good) => ({
    registerAttestedKey: (key) => good.registerAttestedKey(rename(key)),
    findAttestedKey: async (name) => {
      const key = await good.findAttestedKey(rename(name));
      return key && { ...key, provider: name.provider, keyId: name.keyId };
    },
  }));
}

function toSecond(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}
