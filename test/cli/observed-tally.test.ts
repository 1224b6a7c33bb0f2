import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createObservedTally, OTHER, type ObservedCase } from '../../src/cli/observed-tally.js';

const refusal = (change: Partial<ObservedCase> = {}): ObservedCase => ({
  by: 'policy',
  reason: 'evidence_missing',
  model: 'A',
  'app-version': '1',
  ...change,
});

describe('a tally of what was observed', () => {
  it('takes two reasons of one refusal for one where reasons are not told apart', () => {
    const cases = [refusal(), refusal({ reason: 'evidence_stale' })];
    const tally = createObservedTally(['model']);
    tally.add('d', cases);
    expect(tally.rows()).toEqual([
      { values: ['policy', 'A'], requests: 1, devices: 1, devicesAtLeast: false },
    ]);
    const finer = createObservedTally(['reason']);
    finer.add('d', cases);
    expect(finer.rows()).toHaveLength(2);
    expect(finer.total()).toEqual({ requests: 1, devices: 1, devicesAtLeast: false });
  });

  it('puts claims that there is no room for together, and keeps who and why', () => {
    const tally = createObservedTally(['reason', 'model', 'app-version'], { maxRows: 2 });
    for (const model of ['A', 'B', 'C', 'D', 'A', 'C']) tally.add(`device ${model}`, [refusal({ model })]);
    expect(tally.rows()).toEqual([
      {
        values: ['policy', 'evidence_missing', OTHER, OTHER],
        requests: 3,
        devices: 2,
        devicesAtLeast: false,
      },
      { values: ['policy', 'evidence_missing', 'A', '1'], requests: 2, devices: 1, devicesAtLeast: false },
      { values: ['policy', 'evidence_missing', 'B', '1'], requests: 1, devices: 1, devicesAtLeast: false },
    ]);
  });

  it('puts all together that there is no room for at all', () => {
    const tally = createObservedTally(['reason'], { maxRows: 1 });
    for (let index = 0; index < 5; index += 1) tally.add('d', [refusal({ reason: `reason ${index}` })]);
    expect(tally.rows().map(({ values, requests }) => [...values, requests])).toEqual([
      [OTHER, OTHER, 3],
      ['policy', 'reason 0', 1],
      ['policy', 'reason 1', 1],
    ]);
  });

  it('says where there may be more devices than it could tell apart', () => {
    const tally = createObservedTally(['reason'], { maxDevices: 3 });
    tally.add('one', [refusal()]);
    expect(tally.total()).toEqual({ requests: 1, devices: 1, devicesAtLeast: false });
    tally.add('two', [refusal()]);
    expect(tally.total()).toEqual({ requests: 2, devices: 2, devicesAtLeast: false });
    expect(tally.rows()).toMatchObject([{ requests: 2, devices: 1, devicesAtLeast: true }]);
    tally.add('one', [refusal()]);
    expect(tally.rows()).toMatchObject([{ requests: 3, devices: 1, devicesAtLeast: true }]);
  });

  it('keeps each device once', () => {
    const tally = createObservedTally([], { maxDevices: 4 });
    for (const device of ['one', 'one', 'one', 'two']) tally.add(device, [refusal()]);
    expect(tally.total()).toEqual({ requests: 4, devices: 2, devicesAtLeast: false });
    expect(tally.rows()).toMatchObject([{ requests: 4, devices: 2, devicesAtLeast: false }]);
  });

  it('is bounded, and loses no request, whatever apps claim', () => {
    const text = fc.constantFrom('a', 'b', 'c', 'd', OTHER, '');
    const cases = fc.record({ by: text, reason: text, model: text, 'app-version': text });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(20).map(String), cases), { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.nat(10),
        (list, maxRows, maxDevices) => {
          const tally = createObservedTally(['reason', 'model'], { maxRows, maxDevices });
          for (const [device, each] of list) tally.add(device, [each]);
          const rows = tally.rows();
          expect(rows.length).toBeLessThanOrEqual(2 * maxRows + 1);
          expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(list.length);
          expect(tally.total().requests).toBe(list.length);
          const kept = [tally.total(), ...rows].reduce((sum, { devices }) => sum + devices, 0);
          expect(kept).toBeLessThanOrEqual(maxDevices);
        },
      ),
    );
  });
});
