// OCSP over HTTP, answered from what was signed before: CPU time of the server for each request.

import { fork, type ChildProcess } from 'node:child_process';
import { Agent, request } from 'node:http';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { figure, type Bench } from './figure.js';

const REQUESTS = 10_000;
const WARM_UP = 3000;
const IN_FLIGHT = 8;
/** `openssl ocsp` as a responder. */
const OPENSSL_US = 160;

export const ocspBench: Bench = {
  names: ['ocsp'],
  async run() {
    const child = fork(fileURLToPath(new URL('ocsp-server.ts', import.meta.url)), [], {
      execArgv: ['--import', 'tsx'],
    });
    const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
    try {
      const [ready] = (await once(child, 'message')) as [{ port: number; question: string }];
      const question = Buffer.from(ready.question, 'base64');
      const askMany = (count: number) =>
        Promise.all(
          Array.from({ length: IN_FLIGHT }, async () => {
            for (let index = 0; index < count / IN_FLIGHT; index++) await ask(agent, ready.port, question);
          }),
        );
      await askMany(WARM_UP);
      const before = await readCpu(child);
      await askMany(REQUESTS);
      const microseconds = ((await readCpu(child)) - before) / REQUESTS;
      return [figure('ocsp', microseconds, OPENSSL_US, 'openssl ocsp, 160 us, in another run')];
    } finally {
      agent.destroy();
      child.disconnect();
    }
  },
};

function ask(agent: Agent, port: number, question: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/ocsp-request', 'content-length': question.length };
    const outgoing = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/ocsp', headers });
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`answered with ${response.statusCode}`));
      });
    });
    outgoing.end(question);
  });
}

async function readCpu(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const [message] = (await once(child, 'message')) as [{ cpu: NodeJS.CpuUsage }];
  return message.cpu.user + message.cpu.system;
}
