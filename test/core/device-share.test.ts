import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertPercent, isInShare } from '../../src/core/device-share.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { thrownBy } from '../thrown-by.js';

const percent = fc.double({ min: 0, max: 100, noNaN: true });

describe('a share of devices', () => {
  it('is nobody at 0, and everybody at 100', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (deviceId, salt) => {
        expect(isInShare(deviceId, 0, salt)).toBe(false);
        expect(isInShare(deviceId, 100, salt)).toBe(true);
      }),
    );
  });

  it('keeps those that are in as it grows', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), percent, percent, (deviceId, salt, one, other) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        if (isInShare(deviceId, less, salt)) expect(isInShare(deviceId, more, salt)).toBe(true);
      }),
    );
  });

  it('is about as large as it says, and another one under another salt', () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `device ${index}`);
    const share = (salt: string) => new Set(ids.filter((id) => isInShare(id, 5, salt)));
    const one = share('rule:a');
    expect(one.size).toBeGreaterThan(400);
    expect(one.size).toBeLessThan(600);
    const both = [...share('rule:b')].filter((id) => one.has(id));
    expect(both.length).toBeLessThan(100);
  });

  it('does not run salt and device together', () => {
    const places = (deviceId: string, salt: string) =>
      Array.from({ length: 100 }, (_, index) => isInShare(deviceId, index, salt));
    expect(places('bc', 'a')).not.toEqual(places('c', 'ab'));
  });

  it('never moves a device: these are in by these shares', () => {
    const first = (deviceId: string) =>
      Array.from({ length: 101 }, (_, index) => index).find((index) => isInShare(deviceId, index, 'policy'));
    expect(['a', 'b', 'c', 'd'].map(first)).toEqual([13, 7, 31, 53]);
  });

  it.each([NaN, -0.001, 100.001, Infinity])('is not %d percent', (value) => {
    const error = thrownBy(() => {
      assertPercent('enforcePercent', value);
    });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'enforcePercent' });
  });
});
