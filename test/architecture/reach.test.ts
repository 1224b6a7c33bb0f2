import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Packages that a built file loads, by itself or through the files it imports at once. */
function packagesOf(entry: string, seen = new Set<string>()): ReadonlySet<string> {
  const packages = new Set<string>();
  if (seen.has(entry)) return packages;
  seen.add(entry);
  const text = readFileSync(entry, 'utf8');
  for (const [, specifier = ''] of text.matchAll(/^\s*(?:import|export)\b[^'"]*?["']([^'"]+)["'];?$/gm)) {
    if (!specifier.startsWith('.')) packages.add(specifier);
    else for (const name of packagesOf(join(dirname(entry), specifier), seen)) packages.add(name);
  }
  return packages;
}

const thirdParty = (door: string) =>
  [...packagesOf(`dist/${door}.js`)]
    .filter((name) => !/^(node:|https?$|crypto$|tls$|process$)/.test(name))
    .sort();

describe('what a front door loads', () => {
  it.each([
    ['index', ['jose']],
    ['play-integrity', ['google-auth-library', 'jose']],
    ['huawei-sysintegrity', []],
    ['android-key-attestation', []],
    ['harmonyos-key-attestation', []],
    ['app-attest', ['jose']],
    ['memory', []],
    ['sqlite', []],
    ['proxy', []],
    ['x509', []],
    ['opentelemetry', []],
    // Drivers are the caller's, and are loaded when a store is opened.
    ['cli', ['@peculiar/x509', 'pkijs', 'reflect-metadata']],
  ])('%s: %j', (door, packages) => {
    expect(thirdParty(door)).toEqual(packages);
  });
});
