// `npm run bench`: figures as ratios within one run. `--json`: one object a line; `--only NAME`: only figures that begin so.

import { arch, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { appAttestBench } from './app-attest.js';
import { authenticateBench } from './authenticate.js';
import { enrollBench } from './enroll.js';
import { enrollPostgresBench } from './enroll-postgres.js';
import { evidenceBench } from './evidence.js';
import { crlBench } from './crl.js';
import { identityBench } from './identity.js';
import { issueBench } from './issue.js';
import { ocspBench } from './ocsp.js';
import { statusBench } from './status.js';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, only: { type: 'string' } } });
const { json = false, only = '' } = values;
const write = (line: string) => process.stdout.write(`${line}\n`);

if (!json) {
  const processors = cpus();
  write(
    `Node.js ${process.version}, ${arch()}, ${processors.length} x ${processors[0]?.model.trim() ?? 'unknown'}\n`,
  );
}
for (const bench of [
  issueBench,
  authenticateBench,
  identityBench,
  evidenceBench,
  appAttestBench,
  statusBench,
  crlBench,
  ocspBench,
  enrollBench,
  enrollPostgresBench,
]) {
  if (!bench.names.some((name) => name.startsWith(only))) continue;
  for (const { name, value, unit, ratio, against } of await bench.run()) {
    if (!name.startsWith(only)) continue;
    if (json) {
      write(JSON.stringify({ name, value: round(value), unit, ratio: round(ratio), against }));
    } else {
      write(
        `${name.padEnd(20)} ${value.toFixed(1).padStart(9)} ${unit}  ${ratio.toFixed(2).padStart(7)} x  ${against}`,
      );
    }
  }
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
