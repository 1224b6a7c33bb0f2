import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ConfigurationError } from '../../src/core/errors.js';
import { createLocalDays } from '../../src/vendor/local-day.js';
import { thrownBy } from '../thrown-by.js';

const pacific = createLocalDays('zone', 'America/Los_Angeles');

describe('the day of a time zone', () => {
  it.each([
    // Winter: UTC-8.
    ['2026-01-15T07:59:59.999Z', '2026-01-14', '2026-01-15T08:00:00Z'],
    ['2026-01-15T08:00:00.000Z', '2026-01-15', '2026-01-16T08:00:00Z'],
    // Summer: UTC-7.
    ['2026-07-01T06:59:59.999Z', '2026-06-30', '2026-07-01T07:00:00Z'],
    ['2026-07-01T07:00:00.000Z', '2026-07-01', '2026-07-02T07:00:00Z'],
    // Clocks go forward on 8 March and back on 1 November: days of 23 and of 25 hours.
    ['2026-03-08T08:00:00.000Z', '2026-03-08', '2026-03-09T07:00:00Z'],
    ['2026-11-01T07:00:00.000Z', '2026-11-01', '2026-11-02T08:00:00Z'],
    ['2026-12-31T23:00:00.000Z', '2026-12-31', '2027-01-01T08:00:00Z'],
    ['2028-02-29T20:00:00.000Z', '2028-02-29', '2028-03-01T08:00:00Z'],
  ])('Pacific: %s is %s, until %s', (moment, date, endsAt) => {
    expect(pacific(new Date(moment))).toEqual({ date, endsAt: new Date(endsAt) });
  });

  it.each([
    ['UTC', '2026-05-05', '2026-05-06T00:00:00Z'],
    ['Asia/Kathmandu', '2026-05-05', '2026-05-05T18:15:00Z'],
    ['Pacific/Kiritimati', '2026-05-06', '2026-05-06T10:00:00Z'],
    ['Pacific/Pago_Pago', '2026-05-05', '2026-05-06T11:00:00Z'],
  ])('%s: half a day of UTC is %s, until %s', (zone, date, endsAt) => {
    const day = createLocalDays('zone', zone)(new Date('2026-05-05T12:00:00Z'));
    expect(day).toEqual({ date, endsAt: new Date(endsAt) });
  });

  it('ends where the next one begins, whenever it is', () => {
    const moments = fc.date({
      min: new Date('2000-01-01'),
      max: new Date('2100-01-01'),
      noInvalidDate: true,
    });
    const zones = ['America/Los_Angeles', 'Africa/Cairo', 'America/Santiago', 'Australia/Lord_Howe', 'UTC'];
    fc.assert(
      fc.property(moments, fc.constantFrom(...zones), (moment, zone) => {
        const findDay = createLocalDays('zone', zone);
        const { date, endsAt } = findDay(moment);
        expect(endsAt.getTime()).toBeGreaterThan(moment.getTime());
        expect(findDay(new Date(endsAt.getTime() - 1)).date).toBe(date);
        expect(findDay(endsAt).date > date).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it.each(['', 'Pacific', 'Mars/Olympus_Mons'])('refuses the zone "%s"', (zone) => {
    const error = thrownBy(() => createLocalDays('resetTimeZone', zone));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'resetTimeZone' });
  });
});
