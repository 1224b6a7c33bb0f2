import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/core/errors.js';
import { createTierScale, defaultTiers, MAX_LIFETIME_SECONDS, type Tier } from '../../src/core/tier-scale.js';
import { thrownBy } from '../thrown-by.js';

const DAY_SECONDS = 24 * 60 * 60;
const weak: Tier = { name: 'weak', oid: '1.2.3.1', lifetimeSeconds: 3600 };
const firm: Tier = { name: 'firm', oid: '1.2.3.2', lifetimeSeconds: 7200 };

describe('createTierScale', () => {
  it('has the four default tiers, weakest first', () => {
    const { tiers } = createTierScale();
    expect(tiers).toEqual(defaultTiers);
    expect(tiers.map(({ name }) => name)).toEqual(['none', 'basic', 'device', 'strong']);
    expect(tiers.map(({ lifetimeSeconds }) => lifetimeSeconds / DAY_SECONDS)).toEqual([1, 3, 7, 14]);
  });

  it('finds tiers by name and by OID, and nothing else', () => {
    const scale = createTierScale([weak, firm]);
    expect(scale.find('firm')).toEqual(firm);
    expect(scale.findByOid('1.2.3.1')).toEqual(weak);
    for (const name of ['', 'Firm', 'toString', '__proto__', '-1']) expect(scale.find(name)).toBeUndefined();
    expect(scale.findByOid('1.2.3')).toBeUndefined();
  });

  it('keeps its tiers when the caller changes theirs', () => {
    const mutable = { ...weak };
    const scale = createTierScale([mutable]);
    mutable.lifetimeSeconds = 1;
    expect(scale.tiers[0]?.lifetimeSeconds).toBe(3600);
    expect(scale.find('weak')?.lifetimeSeconds).toBe(3600);
  });

  it('keeps what it finds by OID when the caller changes theirs', () => {
    const mutable = { ...weak };
    const scale = createTierScale([mutable]);
    mutable.lifetimeSeconds = 1;
    expect(scale.findByOid(weak.oid)?.lifetimeSeconds).toBe(3600);
  });

  it('takes the longest and the shortest of what it allows', () => {
    const tiers: Tier[] = [
      { name: 'a', oid: '0.0', lifetimeSeconds: 60 },
      { name: `z${'-'.repeat(31)}`, oid: `2.25.${'9'.repeat(39)}`, lifetimeSeconds: MAX_LIFETIME_SECONDS },
    ];
    expect(createTierScale(tiers).tiers).toEqual(tiers);
  });

  const refused: [string, readonly Tier[], string][] = [
    ['no tier', [], 'tiers'],
    ['an empty name', [{ ...weak, name: '' }], 'tiers[0].name'],
    ['a capital letter', [{ ...weak, name: 'Weak' }], 'tiers[0].name'],
    ['a name that begins with a digit', [{ ...weak, name: '1a' }], 'tiers[0].name'],
    ['a name with a space', [{ ...weak, name: 'a b' }], 'tiers[0].name'],
    ['a name with a line end', [{ ...weak, name: 'weak\n' }], 'tiers[0].name'],
    ['a name of 33 characters', [{ ...weak, name: 'a'.repeat(33) }], 'tiers[0].name'],
    ['a name that comes twice', [weak, { ...firm, name: 'weak' }], 'tiers[1].name'],
    ['no OID', [{ ...weak, oid: '' }], 'tiers[0].oid'],
    ['an OID of one arc', [{ ...weak, oid: '1' }], 'tiers[0].oid'],
    ['an OID under no root', [{ ...weak, oid: '3.1' }], 'tiers[0].oid'],
    ['an OID with a leading zero', [{ ...weak, oid: '1.02' }], 'tiers[0].oid'],
    ['an OID with an empty arc', [{ ...weak, oid: '1..2' }], 'tiers[0].oid'],
    ['an OID with a name', [{ ...weak, oid: '1.a' }], 'tiers[0].oid'],
    ['an OID with an arc of 40 digits', [{ ...weak, oid: `2.${'9'.repeat(40)}` }], 'tiers[0].oid'],
    ['an OID that comes twice', [weak, { ...firm, oid: weak.oid }], 'tiers[1].oid'],
    ...[59, 0, -60, 60.5, MAX_LIFETIME_SECONDS + 1, Number.NaN, Infinity].map(
      (lifetimeSeconds): [string, readonly Tier[], string] => [
        `a lifetime of ${lifetimeSeconds} seconds`,
        [{ ...weak, lifetimeSeconds }],
        'tiers[0].lifetimeSeconds',
      ],
    ),
  ];
  it.each(refused)('refuses %s', (_, tiers, option) => {
    const error = thrownBy(() => createTierScale(tiers));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'configuration_invalid', option });
  });
});

describe('atLeast', () => {
  const scale = createTierScale();
  const position = (name: string) => defaultTiers.findIndex((tier) => tier.name === name);
  const known = fc.constantFrom(...defaultTiers.map(({ name }) => name));

  it('follows the order of the tiers', () => {
    fc.assert(
      fc.property(known, known, (name, minimum) => {
        expect(scale.atLeast(name, minimum)).toBe(position(name) >= position(minimum));
      }),
    );
  });

  it.each([
    ['an unknown name', 'gold', 'none'],
    ['an unknown minimum', 'strong', 'gold'],
    ['two unknown names', 'gold', 'gold'],
    ['names of object members', 'toString', 'constructor'],
  ])('is false for %s', (_, name, minimum) => {
    expect(scale.atLeast(name, minimum)).toBe(false);
  });
});
