import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listFiles } from '../list-files.js';

const files = listFiles('src', '.ts').map((path) => ({ path, text: readFileSync(path, 'utf8') }));

const pathsWith = (pattern: RegExp, except: readonly string[] = []) =>
  files.filter(({ path, text }) => pattern.test(text) && !except.includes(path)).map(({ path }) => path);

describe('source files', () => {
  it('say in their first line which room they are in', () => {
    const strangers = files.filter(({ path, text }) => {
      const folders = path.split('/').slice(1, -1);
      const names = [folders.join('/'), folders[0], folders.at(-1)];
      const first = text.replace(/^#!.*\n/, '');
      return folders.length > 0 && !names.some((name) => first.startsWith(`// ${name ?? ''}:`));
    });
    expect(strangers.map(({ path }) => path)).toEqual([]);
  });

  it('have names of the domain', () => {
    const vague = /^(index|utils?|helpers?|common|manager|service)$|-(utils?|helpers?|manager|service)$/;
    const badly = files.map(({ path }) => path).filter((path) => vague.test(basename(path, '.ts')));
    expect(badly).toEqual(['src/index.ts']);
    expect(files.map(({ path }) => path).filter((path) => !/^src\/[a-z0-9/-]+\.ts$/.test(path))).toEqual([]);
  });

  it('are never longer than 400 lines', () => {
    expect(files.filter(({ text }) => text.split('\n').length > 400).map(({ path }) => path)).toEqual([]);
  });

  it('leave the time of day to the clock, and the network to one file', () => {
    expect(pathsWith(/\bDate\.now\(|new Date\(\)/, ['src/core/clock.ts'])).toEqual([]);
    expect(pathsWith(/globalThis\.fetch\(/, ['src/core/http-fetch.ts'])).toEqual([]);
    expect(pathsWith(/\bMath\.random\b/)).toEqual([]);
  });

  it('print nothing and read no environment, but for the command and the guard of the fakes', () => {
    const inside = files.filter(({ path }) => !path.startsWith('src/cli/'));
    expect(
      inside.filter(({ text }) => /\bconsole\.|process\.(stdout|stderr)/.test(text)).map((f) => f.path),
    ).toEqual([]);
    expect(
      inside
        .filter(({ text }) => /\bprocess\.env\b|\benv\b.*from 'node:process'/.test(text))
        .map((f) => f.path),
    ).toEqual(['src/testing/refuse-production.ts']);
  });

  it('ask no one by the name of a provider', () => {
    expect(pathsWith(/\bif \([^)]*provider(\.name)? === '/)).toEqual([]);
  });

  it('hold no unfinished work', () => {
    expect(pathsWith(/TODO|FIXME|XXX|not implemented/i)).toEqual([]);
  });

  it('throw only errors of the library, outside the command and the fakes', () => {
    // These rooms catch what goes wrong inside, TypeErrors of their own too, and turn it into one of the four classes.
    const library = files.filter(
      ({ path }) => !/^src\/(cli|testing|stores\/(format|sqlite|postgres|redis)|policy)\//.test(path),
    );
    const inside = files.filter(({ path }) =>
      /^src\/(stores\/(format|sqlite|postgres|redis)|policy)\//.test(path),
    );
    const foreign = (candidates: typeof files, pattern: RegExp) =>
      candidates.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
    expect(foreign(library, /throw new (Type|Range|Syntax)?Error\(/)).toEqual([]);
    expect(foreign(inside, /throw new (Range|Syntax)?Error\(/)).toEqual([]);
  });
});

describe('adapters in the examples', () => {
  it.each(['express', 'fastify', 'hono'].map((name) => `examples/${name}/adapter.ts`))(
    '%s has fewer than 80 lines',
    (path) => {
      expect(existsSync(path)).toBe(true);
      expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(80);
    },
  );
});
