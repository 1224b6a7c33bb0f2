// Another server over the same store.

import { createTlsClient } from 'device-trust/testing';
import type { Stage } from './stage.js';
import type { RunningExample } from './start-example.js';

/** The bound within which every replica knows what another one revoked, and a second for the request itself. */
const BOUND_SECONDS = 6;

/** What one server does, another one knows. */
export async function tellOfAReplica(stage: Stage, replica: RunningExample, number: number): Promise<void> {
  const { story, server, buyPhone, fromPlay } = stage;
  story.chapter(`Replica ${number}: another server over the same store`);
  const authorization = await stage.authorize('bob');
  const phone = buyPhone(fromPlay());
  story.step('A phone enrols at the first server', { status: 201 }, await phone.enroll());
  const device = phone.certificate();
  const there = createTlsClient({
    serverUrl: replica.mtlsUrl,
    serverCa: server.readFile('root-ca.pem'),
    certificate: [device?.certificate, ...(device?.chain ?? [])].join(''),
    privateKey: phone.key().export({ format: 'pem', type: 'pkcs8' }).toString(),
  });
  const request = { path: '/account/resource', headers: authorization };
  story.step('... and is let in by the replica', { status: 200 }, await there.send(request));
  const revoked = await phone.sendAsBootstrap({
    path: '/device-trust/v1/admin/revocations',
    headers: { authorization: `Bearer ${server.adminToken}` },
    body: { deviceId: device?.deviceId, reason: 'privilegeWithdrawn' },
  });
  story.step('An administrator suspends it at the first server', { status: 200 }, revoked);
  const started = performance.now();
  let answer = await there.send(request);
  while (answer.status === 200 && performance.now() - started < BOUND_SECONDS * 1000) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = await there.send(request);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  story.step(
    'The replica refuses it within the bound, on the connection that is open',
    { status: 403, code: 'device_suspended' },
    answer,
    `after ${seconds} s`,
  );
  there.close();
}
