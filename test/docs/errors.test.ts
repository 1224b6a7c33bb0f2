import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../src/core/error-code.js';
import { reasonCodes } from '../../src/core/reason-code.js';

const page = readFileSync('docs/errors.md', 'utf8');

/** Codes in the first column of the tables under a heading. */
function codesUnder(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';
  return [...section.matchAll(/^\| `([a-z0-9_]+)` \|/gm)].map(([, code = '']) => code).sort();
}

describe('docs/errors.md', () => {
  it.each(Object.entries(errorCodes))('lists the codes of %s, no more and no less', (name, codes) => {
    expect(codesUnder(name)).toEqual(Object.keys(codes).sort());
  });

  it('lists the reason codes, no more and no less', () => {
    expect(codesUnder('Reason codes')).toEqual(Object.keys(reasonCodes).sort());
  });

  it('gives each code the meaning that the source gives it', () => {
    const meanings = { ...reasonCodes };
    for (const codes of Object.values(errorCodes)) Object.assign(meanings, codes);
    for (const [code, meaning] of Object.entries(meanings)) {
      const row = page.split('\n').filter((line) => line.startsWith(`| \`${code}\` |`));
      expect(
        row.some((line) => line.includes(meaning)),
        code,
      ).toBe(true);
    }
  });
});
