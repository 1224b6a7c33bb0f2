// A CRL with a million entries: encoded and signed in a process of its own, so that its memory is its own.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { figure, type Bench } from './figure.js';

const ROUNDS = 5;
/** `openssl ca -gencrl` for as many entries. */
const OPENSSL_SECONDS = 5.4;
const OPENSSL_MB = 405;

export const crlBench: Bench = {
  names: ['crl.1m', 'crl.1m.memory'],
  async run() {
    const seconds: number[] = [];
    const megabytes: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const child = fork(fileURLToPath(new URL('crl-process.ts', import.meta.url)), [], {
        execArgv: ['--import', 'tsx'],
      });
      const [message] = (await once(child, 'message')) as [{ seconds: number; megabytes: number }];
      seconds.push(message.seconds);
      megabytes.push(message.megabytes);
      child.disconnect();
    }
    const against = (value: string) => `openssl ca -gencrl, ${value}, in another run`;
    return [
      figure('crl.1m', middle(seconds), OPENSSL_SECONDS, against('5.4 s'), 's'),
      figure('crl.1m.memory', middle(megabytes), OPENSSL_MB, against('405 MB'), 'MB'),
    ];
  },
};

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
