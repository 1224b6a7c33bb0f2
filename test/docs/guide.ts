import { readFileSync } from 'node:fs';

const folder = 'docs/guides';

/** The fenced blocks of a language on a page of the guides. */
export function codeBlocks(page: string, language: string): readonly string[] {
  const text = readFileSync(`${folder}/${page}`, 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, code = '']) => code,
  );
}

/** What the table row of this name on the page of rules says, without its back quotes. */
export function ruleRow(name: string): string {
  const text = readFileSync(`${folder}/client-rules.md`, 'utf8');
  const row = text.split('\n').find((line) => line.startsWith(`| ${name} |`));
  if (row === undefined) throw new Error(`client-rules.md has no row "${name}"`);
  return row.slice(`| ${name} |`.length, row.lastIndexOf('|')).replaceAll('`', '').trim();
}

/** The bytes that a row gives as hex. */
export const ruleBytes = (name: string) => Buffer.from(ruleRow(name), 'hex');
