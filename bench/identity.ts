// What a verified certificate costs in memory, and whether memory stays flat, in a process of its own.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { figure, type Bench } from './figure.js';

/** What a certificate of the size measured takes as it is. */
const DER_BYTES = 480;

export const identityBench: Bench = {
  names: ['authenticate.memory', 'authenticate.growth'],
  async run() {
    const child = fork(fileURLToPath(new URL('identity-process.ts', import.meta.url)), [], {
      execArgv: ['--expose-gc', '--import', 'tsx'],
    });
    const [{ bytes, growth }] = (await once(child, 'message')) as [{ bytes: number; growth: number }];
    child.disconnect();
    return [
      figure('authenticate.memory', bytes, DER_BYTES, 'the DER of a certificate, 480 bytes', 'B'),
      figure('authenticate.growth', growth, 1, 'the heap after the first 200,000 of 1,000,000 requests', 'x'),
    ];
  },
};
