// `npm run verify-samples -- FOLDER`: judges real evidence from the field with the built library. Build it first.

import { verifyAndroidSamples } from './samples/android.js';
import { verifyAppleSamples } from './samples/apple.js';
import { verifyHarmonyOsSamples } from './samples/harmonyos.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: npm run verify-samples -- FOLDER\n');
  process.exit(2);
}

const verifiers = [verifyAndroidSamples, verifyAppleSamples, verifyHarmonyOsSamples];
const outcomes = (await Promise.all(verifiers.map((verify) => verify(folder)))).flat();
for (const { sample, rule, expected, got, asExpected } of outcomes) {
  const mark = asExpected ? 'ok ' : 'NOT';
  process.stdout.write(`${mark} ${sample} | ${rule} | expected ${expected} | got ${got}\n`);
}
const right = outcomes.filter(({ asExpected }) => asExpected).length;
process.stdout.write(`${right} as expected, ${outcomes.length - right} not\n`);
process.exitCode = right > 0 && right === outcomes.length ? 0 : 1;
