import { describe, expect, it } from 'vitest';
import { untilAborted } from '../../src/core/until-aborted.js';
import { rejectionOf } from '../thrown-by.js';

const gaveUp = (reason: unknown) => new Error('gave up', { cause: reason });

describe('waiting until a signal fires', () => {
  it('gives what the work gives, or throws what it throws', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(async () => 1, signal, gaveUp)).toBe(1);
    const failure = new Error('failed');
    expect(await rejectionOf(untilAborted(() => Promise.reject(failure), signal, gaveUp))).toBe(failure);
  });

  it('ends when the signal fires, with its reason', async () => {
    const controller = new AbortController();
    const waiting = rejectionOf(untilAborted(() => new Promise(() => undefined), controller.signal, gaveUp));
    controller.abort('reason');
    expect(await waiting).toMatchObject({ message: 'gave up', cause: 'reason' });
  });

  it('does not start work that nobody waits for', async () => {
    let started = false;
    const work = async () => {
      started = true;
    };
    expect(await rejectionOf(untilAborted(work, AbortSignal.abort(), gaveUp))).toMatchObject({
      message: 'gave up',
    });
    expect(started).toBe(false);
  });
});
