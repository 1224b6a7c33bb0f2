import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listFiles } from '../list-files.js';

interface Manifest {
  exports: Record<string, string | { types: string; default: string }>;
  bin: Record<string, string>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const doors = Object.keys(manifest.exports).filter((door) => typeof manifest.exports[door] === 'object');
const fileOf = (door: string) => (door === '.' ? 'index' : door.slice(2));

describe('the package', () => {
  let folder: string;
  let tarball: string;

  beforeAll(() => {
    if (!existsSync('dist/index.js')) throw new Error('run "npm run build" first');
    folder = mkdtempSync(join(tmpdir(), 'device-trust-pack-'));
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]);
    tarball = join(folder, listFiles(folder, '.tgz')[0]?.split('/').at(-1) ?? '');
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('has the same doors in the source, the exports map and the built files', () => {
    const source = listFiles('src', '.ts').filter((path) => path.split('/').length === 2);
    expect(source).toEqual(doors.map((door) => `src/${fileOf(door)}.ts`).sort());
    for (const door of doors) {
      expect(manifest.exports[door]).toEqual({
        types: `./dist/${fileOf(door)}.d.ts`,
        default: `./dist/${fileOf(door)}.js`,
      });
      expect(existsSync(`dist/${fileOf(door)}.js`) && existsSync(`dist/${fileOf(door)}.d.ts`)).toBe(true);
    }
    expect(existsSync(manifest.bin['device-trust'] ?? '')).toBe(true);
  });

  it('passes publint', async () => {
    const { messages, pkg } = await publint({
      strict: true,
      pack: { tarball: readFileSync(tarball).buffer },
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it('has types that resolve for every importer of ES modules', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(readFileSync(tarball)), {
      excludeEntrypoints: ['./openapi.yaml'],
    });
    if (!analysis.types) throw new Error('the package has no types');
    // The package is ES modules only: CommonJS importers get the same file through require(esm).
    const problems = analysis.problems.filter(({ kind }) => kind !== 'CJSResolvesToESM');
    // The oldest resolution of TypeScript does not know exports maps; Node.js 20 does not need it.
    expect(problems.filter((p) => !('resolutionKind' in p && p.resolutionKind === 'node10'))).toEqual([]);
  });

  it('carries no file of the sources, tests or examples', () => {
    const names = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    const strangers = names.filter(
      (name) =>
        !/^package\/(dist|docs)\/|^package\/(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(name),
    );
    expect(strangers).toEqual([]);
  });

  it('has one class identity across doors', async () => {
    const run = `
      import { MalformedError } from 'device-trust';
      import { createPlayIntegrityProvider, localDecryption } from 'device-trust/play-integrity';
      import { createFakePlay } from 'device-trust/testing';
      const play = createFakePlay();
      const provider = createPlayIntegrityProvider({
        packageName: play.packageName, certificateSha256: [play.certificateSha256], decode: localDecryption(play),
      });
      const expected = { challenge: new Uint8Array(32), publicKey: new Uint8Array(32), binding: new Uint8Array(32) };
      try { await provider.verify({ evidence: { provider: provider.name, token: 7 }, expected, now: new Date(0) }); }
      catch (error) { process.stdout.write(String(error instanceof MalformedError)); }`;
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', run], { encoding: 'utf8' })).toBe(
      'true',
    );
  });

  it('can be required from CommonJS', () => {
    const run = `process.stdout.write(typeof require('device-trust').createDeviceTrust)`;
    const output = execFileSync(process.execPath, ['--no-warnings', '--input-type=commonjs', '-e', run], {
      encoding: 'utf8',
    });
    expect(output).toBe('function');
  });
});
