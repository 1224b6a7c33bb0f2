// HarmonyOS key attestations, as Huawei's documentation shows them.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceTrustError } from 'device-trust';
import { createHarmonyOsKeyAttestationProvider } from 'device-trust/harmonyos-key-attestation';
import { parseCertificate } from 'device-trust/x509';
import type { SampleOutcome } from './sample-outcome.js';

interface Sample {
  readonly certsDerBase64: readonly string[];
  readonly rootSha256: string;
  readonly challengeUtf8: string;
  readonly verifyAt: string;
  readonly expected: string;
  readonly claims: readonly { readonly type: string; readonly value: unknown }[];
}

/** Reads `harmonyos/*.json`: each chain by the rules for any build, and by those for releases. */
export async function verifyHarmonyOsSamples(folder: string): Promise<readonly SampleOutcome[]> {
  const directory = join(folder, 'harmonyos');
  if (!existsSync(directory)) return [];
  const outcomes: SampleOutcome[] = [];
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.json'))) {
    const sample = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Sample;
    const app = findApp(sample);
    const accepted = sample.expected.startsWith('ACCEPT');
    const released = accepted && app.appMode !== 'debug';
    for (const [rule, expected, acceptDebug] of [
      ['any build', accepted, true],
      ['release', released, false],
    ] as const) {
      const got = await verify(sample, app, acceptDebug);
      const want = expected ? 'ACCEPT' : 'REJECT';
      outcomes.push({
        sample: `harmonyos/${file}`,
        rule,
        expected: want,
        got,
        asExpected: got.startsWith(want),
      });
    }
  }
  return outcomes;
}

interface App {
  readonly appId: string;
  readonly bundleName: string;
  readonly appMode?: string;
}

/** The sample says which app it is of. */
function findApp({ claims }: Sample): App {
  const claim = claims.find(({ type }) => type === '1.3.6.1.4.1.2011.2.376.2.1.3');
  return JSON.parse((claim?.value as { value: string }).value) as App;
}

async function verify(sample: Sample, app: App, acceptDebug: boolean): Promise<string> {
  const provider = createHarmonyOsKeyAttestationProvider({
    bundleName: app.bundleName,
    appIds: [app.appId],
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the sample of the documentation is a debug build
    dangerouslyAcceptDebugBuilds: acceptDebug,
  });
  const chain = sample.certsDerBase64;
  try {
    const publicKey = parseCertificate(Buffer.from(chain[0] ?? '', 'base64')).publicKey.spki;
    const challenge = Buffer.from(sample.challengeUtf8);
    await provider.verify({
      evidence: { provider: provider.name, chain },
      expected: { challenge, publicKey, binding: new Uint8Array(32) },
      now: new Date(sample.verifyAt),
    });
    return 'ACCEPT';
  } catch (error) {
    if (!(error instanceof DeviceTrustError)) throw error;
    return `REJECT ${'reasons' in error ? String(error.reasons) : error.code}`;
  }
}
