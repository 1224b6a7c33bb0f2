// Enrolments a second from two replicas over one PostgreSQL database, and what bounds them.

import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import {
  createFakePlay,
  createSimulatedDevice,
  type SimulatedDevice,
  type TestCertificate,
} from 'device-trust/testing';
import { figure, type Bench } from './figure.js';

const REPLICAS = 2;
const DEVICES = 8;
const ENROLMENTS = 800;
const WARM_UP = 200;

/** What a replica says when it is ready. */
interface Ready {
  readonly port: number;
  readonly serverCa: string;
  readonly bootstrap: TestCertificate;
}

export const enrollPostgresBench: Bench = {
  names: ['enroll.postgres', 'enroll.postgres.cpu'],
  async run() {
    const server = new URL(env['POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres');
    const database = `device_trust_bench_${randomBytes(6).toString('hex')}`;
    await execute(server, `CREATE DATABASE ${database}`);
    const url = new URL(server);
    url.pathname = `/${database}`;
    const children: ChildProcess[] = [];
    const devices: SimulatedDevice[] = [];
    try {
      const play = createFakePlay();
      const settings = [play.packageName, play.certificateSha256, play.decryptionKey, play.verificationKey];
      for (let index = 0; index < REPLICAS; index++) {
        const child = fork(
          fileURLToPath(new URL('enroll-server.ts', import.meta.url)),
          [...settings, url.href],
          { execArgv: ['--import', 'tsx'] },
        );
        children.push(child);
        const [{ port, serverCa, bootstrap }] = (await once(child, 'message')) as [Ready];
        for (let number = 0; number < DEVICES / REPLICAS; number++) {
          devices.push(
            createSimulatedDevice({
              serverUrl: `https://127.0.0.1:${port}`,
              serverCa,
              bootstrap,
              evidence: ({ binding }) => ({
                provider: 'play-integrity',
                token: play.createToken({ binding }),
              }),
            }),
          );
        }
      }
      await enrollMany(devices, WARM_UP);
      const cpuBefore = await readCpu(children);
      const start = process.hrtime.bigint();
      await enrollMany(devices, ENROLMENTS);
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const cpu = ((await readCpu(children)) - cpuBefore) / 1e6;
      const perSecond = ENROLMENTS / seconds;
      return [
        figure(
          'enroll.postgres',
          perSecond,
          1,
          'one enrolment a second; clients and server on the same cores',
          '/s',
        ),
        figure('enroll.postgres.cpu', cpu / seconds, 2, 'two cores: what the replicas take of them', 'cores'),
      ];
    } finally {
      for (const device of devices) device.close();
      await Promise.all(children.map(end));
      await execute(server, `DROP DATABASE ${database} WITH (FORCE)`);
    }
  },
};

async function enrollMany(devices: readonly SimulatedDevice[], count: number): Promise<void> {
  await Promise.all(
    devices.map(async (device) => {
      for (let index = 0; index < count / devices.length; index++) {
        device.createKey();
        const { status } = await device.enroll();
        if (status !== 201) throw new Error(`an enrolment was answered with ${status}`);
      }
    }),
  );
}

/** Microseconds of all replicas. */
async function readCpu(children: readonly ChildProcess[]): Promise<number> {
  const used = await Promise.all(
    children.map(async (child) => {
      child.send('cpu');
      const [{ cpu }] = (await once(child, 'message')) as [{ readonly cpu: NodeJS.CpuUsage }];
      return cpu.user + cpu.system;
    }),
  );
  return used.reduce((sum, each) => sum + each, 0);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}

async function execute(server: URL, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.href });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
