import { describe, expect, it } from 'vitest';
import { createOutcomeMemory } from '../../../src/integrity/play/outcome-memory.js';

const at = (seconds: number) => new Date(seconds * 1000);

/** A memory, and a way to ask it that counts how often something was produced. */
function createCounted(limits = { maxEntries: 2, lifetimeSeconds: 60 }) {
  const memory = createOutcomeMemory<string>(limits);
  const produced: string[] = [];
  const once = (key: string, seconds = 0) =>
    memory.once(key, at(seconds), async () => {
      produced.push(key);
      return `${key}${produced.length}`;
    });
  return { memory, produced, once };
}

describe('createOutcomeMemory', () => {
  it('produces an outcome once', async () => {
    const { once, produced } = createCounted();

    expect([await once('a'), await once('a', 59)]).toEqual(['a1', 'a1']);
    expect(produced).toEqual(['a']);
  });

  it('shares an outcome that is still awaited', async () => {
    const { once, produced } = createCounted();

    expect(await Promise.all([once('a'), once('a'), once('a')])).toEqual(['a1', 'a1', 'a1']);
    expect(produced).toEqual(['a']);
  });

  it('forgets an outcome when its time is over', async () => {
    const { once } = createCounted();

    expect([await once('a'), await once('a', 60)]).toEqual(['a1', 'a2']);
  });

  it('forgets the oldest outcome when there are too many', async () => {
    const { once, produced } = createCounted();
    for (const key of ['a', 'b', 'c', 'b', 'c', 'a']) await once(key);

    expect(produced).toEqual(['a', 'b', 'c', 'a']);
  });

  it('shares a failure with those who wait for it and does not remember it', async () => {
    const { memory, once } = createCounted();
    const fail = () => memory.once('a', at(0), () => Promise.reject(new Error('down')));

    const failures = await Promise.allSettled([fail(), once('a')]);
    expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await once('a')).toBe('a1');
  });
});
