import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { listFiles } from '../list-files.js';

/** Every fenced `ts` block of the docs, as a module of its own. */
const blocks = ['README.md', ...listFiles('docs', '.md')].flatMap((path) =>
  [...readFileSync(path, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = ''], index) => ({
    name: `${path} block ${index + 1}`,
    file: resolve(join('test/docs', `${path.replaceAll(/[/.]/g, '-')}-${index + 1}.ts`)),
    code: `${code}\nexport {};\n`,
  })),
);

describe('code in the docs', () => {
  const byFile = new Map(blocks.map(({ file, code }) => [file, code]));
  const configuration = ts.parseJsonConfigFileContent(
    ts.readConfigFile('tsconfig.json', (path) => ts.sys.readFile(path)).config,
    ts.sys,
    '.',
  );
  const options = { ...configuration.options, noUnusedLocals: false, noUnusedParameters: false };
  const host = ts.createCompilerHost(options);
  const readFromDisk = host.getSourceFile.bind(host);
  host.getSourceFile = (file, ...rest) => {
    const code = byFile.get(resolve(file));
    return code === undefined
      ? readFromDisk(file, ...rest)
      : ts.createSourceFile(file, code, ts.ScriptTarget.ES2022);
  };
  const fileExists = host.fileExists.bind(host);
  host.fileExists = (file) => byFile.has(resolve(file)) || fileExists(file);
  const program = ts.createProgram([...byFile.keys()], options, host);

  it('is there', () => {
    expect(blocks.length).toBeGreaterThan(3);
  });

  it.each(blocks)('$name compiles', ({ file }) => {
    const source = program.getSourceFile(file);
    const diagnostics = ts.getPreEmitDiagnostics(program, source);
    expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual(
      [],
    );
  });
});
