import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { beforeAll, describe, expect, it } from 'vitest';

/** Which rooms a room may import from, besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  core: [],
  contracts: ['core'],
  x509: ['core'],
  cbor: ['core'],
  vendor: ['core', 'contracts'],
  'integrity/play': ['core', 'contracts', 'x509', 'vendor'],
  'integrity/huawei': ['core', 'contracts', 'x509'],
  'integrity/android': ['core', 'contracts', 'x509', 'cbor', 'vendor'],
  'integrity/apple': ['core', 'contracts', 'x509', 'cbor', 'vendor'],
  ca: ['core', 'contracts', 'x509'],
  revocation: ['core', 'contracts', 'x509'],
  audit: ['core', 'contracts'],
  policy: ['core', 'contracts'],
  'stores/format': ['core', 'contracts'],
  'stores/memory': ['core', 'contracts', 'stores/format'],
  'stores/sqlite': ['core', 'contracts', 'stores/format'],
  'stores/postgres': ['core', 'contracts', 'stores/format'],
  'stores/redis': ['core', 'contracts', 'stores/format'],
  telemetry: ['core', 'contracts'],
  enrolment: ['core', 'contracts', 'x509'],
  authentication: ['core', 'contracts', 'x509'],
  http: ['core', 'contracts', 'x509', 'enrolment', 'authentication', 'revocation', 'audit'],
  cli: [
    'core',
    'contracts',
    'x509',
    'ca',
    'audit',
    'revocation',
    'stores/sqlite',
    'stores/postgres',
    'stores/redis',
  ],
};

/** Which rooms may load a package; all others may not. */
const mayLoad: Readonly<Record<string, readonly string[]>> = {
  '@peculiar/': ['x509'],
  'reflect-metadata': ['x509'],
  pkijs: ['x509'],
  'google-auth-library': ['integrity/play'],
  jose: ['integrity/play', 'integrity/apple', 'authentication', 'testing'],
  'better-sqlite3': [],
  'pg/': [],
  'redis/': [],
  '@redis/': [],
  '@opentelemetry/': ['telemetry'],
};

const alternatives = (rooms: readonly string[]) => rooms.map((room) => `${room}/`).join('|');

const rules: IForbiddenRuleType[] = [
  ...Object.entries(mayImport).map(([room, others]): IForbiddenRuleType => ({
    name: `${room} stands on ${others.join(', ') || 'nothing'}`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: { path: '^src/', pathNot: `^src/(${alternatives([room, ...others])})` },
  })),
  {
    name: 'nobody sees the fakes',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/(testing/|testing\\.ts$)' },
    to: { path: '^src/testing' },
  },
  {
    name: 'nobody goes through a front door',
    severity: 'error',
    from: { path: '^src/.+/' },
    to: { path: '^src/[^/]+\\.ts$' },
  },
  { name: 'no cycles', severity: 'error', from: { path: '^src/' }, to: { circular: true } },
  ...Object.entries(mayLoad).map(([name, rooms]): IForbiddenRuleType => ({
    name: `${name} loads only through ${rooms.join(', ') || 'the caller'}`,
    severity: 'error',
    from: { path: '^src/', ...(rooms.length === 0 ? {} : { pathNot: `^src/(${alternatives(rooms)})` }) },
    to: { path: `(^|/)node_modules/${name}` },
  })),
];

describe('the house', () => {
  let result: ICruiseResult;

  beforeAll(async () => {
    const { output } = await cruise(['src'], {
      ruleSet: { forbidden: rules },
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      tsConfig: { fileName: 'tsconfig.json' },
      enhancedResolveOptions: {
        extensions: ['.ts', '.js', '.d.ts'],
        conditionNames: ['import', 'types', 'node'],
        exportsFields: ['exports'],
      },
    });
    if (typeof output === 'string') throw new Error('expected a result object');
    result = output;
  });

  it('sees all of the source and its packages', () => {
    expect(result.summary.totalCruised).toBeGreaterThan(50);
    const sources = result.modules.map(({ source }) => source);
    expect(sources).toContain('src/core/errors.ts');
    expect(sources.some((source) => source.includes('node_modules/jose'))).toBe(true);
    expect(result.modules.flatMap((module) => module.dependencies).filter((d) => d.couldNotResolve)).toEqual(
      [],
    );
  });

  it('has rooms that import only what they stand on, without cycles', () => {
    const violations = result.summary.violations.map(
      ({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`,
    );
    expect(violations).toEqual([]);
  });

  it('knows every room', () => {
    const rooms = Object.keys(mayImport);
    const strangers = result.modules
      .map(({ source }) => source)
      .filter((source) => /^src\/.+\//.test(source) && !source.startsWith('src/testing/'))
      .filter((source) => !rooms.some((room) => source.startsWith(`src/${room}/`)));
    expect(strangers).toEqual([]);
  });
});
