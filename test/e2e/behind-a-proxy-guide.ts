import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import type { PeerCertificateSource } from '../../src/index.js';
import * as proxy from '../../src/proxy.js';

// What docs/guides/behind-a-proxy.md tells people to write is what is tested: nothing but names and places is replaced.

const guide = readFileSync(new URL('../../docs/guides/behind-a-proxy.md', import.meta.url), 'utf8');

/** The one fenced block in that language in a section of the guide. */
export function readGuide(section: string, language: string): string {
  return only(textOf(section).matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm')));
}

/** What the section says to write instead, where proxy and server are on two machines. */
export function readGuideOverTcp(section: string): string {
  return only(textOf(section).matchAll(/^- Over TCP: `([^`]+)`/gm));
}

/** Puts names and places of the test into a text of the guide. All of them must be there, and none may be left. */
export function fill(text: string, places: Readonly<Record<string, string>>): string {
  let filled = text;
  for (const [place, value] of Object.entries(places)) {
    if (!filled.includes(place)) throw new Error(`the guide does not say ${place}`);
    filled = filled.replaceAll(place, value);
  }
  const left = /\/etc\/\S*|\/run\/\S*|10\.0\.\S*|\S*example\.com|:443\b/.exec(filled);
  if (left) throw new Error(`nothing was put in place of ${left[0]}`);
  return filled;
}

/** What the TypeScript of a section makes; `names` are the variables that it declares and does not set. */
export function peerCertificatesOf(
  section: string,
  names: Readonly<Record<string, unknown>> = {},
): PeerCertificateSource {
  const expression = only(
    readGuide(section, 'ts').matchAll(/^export const peerCertificates = ([\s\S]*);\n$/gm),
  );
  return runInNewContext(expression, { ...proxy, ...names }) as PeerCertificateSource;
}

function textOf(section: string): string {
  const [, text] = guide.split(`\n## ${section}\n`);
  if (text === undefined) throw new Error(`the guide has no section ${section}`);
  return text.split('\n## ', 1)[0] ?? '';
}

function only(matches: Iterable<RegExpMatchArray>): string {
  const [first, ...others] = [...matches];
  if (first?.[1] === undefined || others.length > 0)
    throw new Error('the guide is not in the form that is due');
  return first[1];
}
