// A whole enrolment over HTTP: challenge, evidence, CSR, policy, SQLite with full durability; CPU time of the server.

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createFakePlay, createSimulatedDevice, type TestCertificate } from 'device-trust/testing';
import { figure, type Bench } from './figure.js';

const ENROLMENTS = 600;
const WARM_UP = 200;
const IN_FLIGHT = 8;

/** Server CPU of step-ca with its Badger database for one request to sign. */
const STEP_CA_BADGER_US = 1350;

export const enrollBench: Bench = {
  names: ['enroll.http.sqlite'],
  async run() {
    const play = createFakePlay();
    const child = fork(
      fileURLToPath(new URL('enroll-server.ts', import.meta.url)),
      [play.packageName, play.certificateSha256, play.decryptionKey, play.verificationKey],
      { execArgv: ['--import', 'tsx'] },
    );
    try {
      const server = (await nextMessage(child)) as {
        port: number;
        serverCa: string;
        bootstrap: TestCertificate;
      };
      const devices = Array.from({ length: IN_FLIGHT }, () =>
        createSimulatedDevice({
          serverUrl: `https://127.0.0.1:${server.port}`,
          serverCa: server.serverCa,
          bootstrap: server.bootstrap,
          evidence: ({ binding }) => ({ provider: 'play-integrity', token: play.createToken({ binding }) }),
        }),
      );
      const enrollMany = async (count: number) => {
        await Promise.all(
          devices.map(async (device) => {
            for (let index = 0; index < count / IN_FLIGHT; index++) {
              device.createKey();
              const { status } = await device.enroll();
              if (status !== 201) throw new Error(`an enrolment was answered with ${status}`);
            }
          }),
        );
      };
      await enrollMany(WARM_UP);
      const before = await readCpu(child);
      await enrollMany(ENROLMENTS);
      const microseconds = ((await readCpu(child)) - before) / ENROLMENTS;
      for (const device of devices) device.close();
      const against = 'step-ca with Badger, 1,350 us, measured on the same kind of machine in another run';
      return [figure('enroll.http.sqlite', microseconds, STEP_CA_BADGER_US, against)];
    } finally {
      child.disconnect();
    }
  },
};

async function readCpu(child: ChildProcess): Promise<number> {
  child.send('cpu');
  const { cpu } = (await nextMessage(child)) as { cpu: NodeJS.CpuUsage };
  return cpu.user + cpu.system;
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => {
      reject(new Error(`the server ended with ${code}`));
    });
  });
}
