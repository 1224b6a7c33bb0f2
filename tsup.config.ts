import { readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

interface Manifest {
  exports: Record<string, string | { default: string }>;
  bin: Record<string, string>;
}

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as Manifest;

/** The exports map is the one list of front doors; what it names is what is built. Its plain files are as they are. */
const doors = Object.keys(manifest.exports)
  .filter((door) => typeof manifest.exports[door] === 'object')
  .map((door) => (door === '.' ? 'index' : door.slice('./'.length)));

export default defineConfig({
  entry: { ...Object.fromEntries(doors.map((door) => [door, `src/${door}.ts`])), cli: 'src/cli/main.ts' },
  format: 'esm',
  target: 'node20.19',
  removeNodeProtocol: false,
  splitting: true, // one class identity across doors
  clean: true,
  sourcemap: true,
  dts: { entry: Object.fromEntries(doors.map((door) => [door, `src/${door}.ts`])) },
});
