// testing: may import everything; nothing imports it.

import type { UnverifiedEvidence } from '../../contracts/evidence.js';

/** What may stand where a member of the evidence belongs. */
const GARBAGE: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1.5,
  Number.MAX_SAFE_INTEGER,
  '',
  ' ',
  '.',
  '..',
  '....',
  'a.b.c',
  'e30.e30.e30',
  'eyJhbGciOiJub25lIn0.e30.',
  '\u0000',
  '\ud800',
  '手机',
  '='.repeat(64),
  'A'.repeat(100_000),
  'MAA=',
  [],
  [null],
  [''],
  ['MAA=', 'MAA='],
  [[]],
  Array.from({ length: 1000 }, () => 'MAA='),
  {},
  { length: 1 },
  { toString: 'x' },
];

/** Evidence in which each member in turn is replaced, cut off or turned around. */
export function garbageEvidence(
  genuine: UnverifiedEvidence,
): readonly { readonly what: string; readonly evidence: UnverifiedEvidence }[] {
  const { provider } = genuine;
  const members = Object.entries(genuine).filter(([name]) => name !== 'provider');
  const replaced = members.flatMap(([name, value]) =>
    [...GARBAGE, ...spoil(value)].map((garbage, index) => ({
      what: `${name}, garbage ${index}`,
      evidence: { ...genuine, provider, [name]: garbage },
    })),
  );
  return [{ what: 'no member at all', evidence: { provider } }, ...replaced];
}

/** Values that look much like the genuine one. */
function spoil(value: unknown): readonly unknown[] {
  if (typeof value === 'string') {
    const middle = Math.floor(value.length / 2);
    return [
      value.slice(0, middle),
      value.slice(middle),
      `${value.slice(0, middle)}!${value.slice(middle + 1)}`,
      `${value}${value}`,
      ` ${value}`,
      [value],
    ];
  }
  if (!Array.isArray(value)) return [];
  const list: readonly unknown[] = value;
  const inside = list.flatMap((item, index) => spoil(item).map((garbage) => list.with(index, garbage)));
  return [list.slice(1), list.slice(0, -1), list.toReversed(), [...list, ...list], list.join(), ...inside];
}
