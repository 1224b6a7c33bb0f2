// Started by killed.test.ts as a process of its own: waits for an act, does it with a whole backend over stores that others share,
// and kills itself in the middle of it.

import { createPrivateKey } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { createNoopMeter } from '@opentelemetry/api';

import { createLocalAuthority } from '../../src/index.js';
import { createPlayIntegrityProvider, localDecryption } from '../../src/play-integrity.js';
import { createStoresObserver } from '../../src/telemetry/observed-stores.js';
import { createFakeClock } from '../../src/testing.js';
import { createBackend } from '../backend.js';
import { perform, type Assignment, type Completion } from './act.js';
import { openStores } from './open-stores.js';

/** Operations that leave nothing behind. */
const READ = /\.(find|list|search|count)/;

async function run(assignment: Assignment): Promise<Completion> {
  const { issuer, bootstrapIssuer, play, act, signed } = assignment;
  const now = new Date(assignment.now);
  const operations: string[] = [];
  const count = createCount(operations, assignment.death);
  const { stores } = await openStores(assignment.stores);
  const observe = createStoresObserver(createNoopMeter(), ({ attributes }, work) =>
    count(attributes['operation'] ?? '', work),
  );
  const authority = createLocalAuthority({
    issuers: [{ certificate: issuer.certificate, privateKey: createPrivateKey(issuer.privateKey) }],
    statusUrl: 'http://127.0.0.1:8080',
    clock: createFakeClock(now),
  });
  const backend = await createBackend(
    {
      stores: observe(stores),
      authority: {
        ...authority,
        issue: (prepared) =>
          count('authority.issue', async () => {
            const issued = await authority.issue(prepared);
            append(signed, Buffer.from(issued.certificate).toString('base64'));
            return issued;
          }),
      },
      bootstrapIssuers: [bootstrapIssuer],
      providers: [
        createPlayIntegrityProvider({
          packageName: play.packageName,
          certificateSha256: [play.certificateSha256],
          decode: localDecryption(play),
        }),
      ],
    },
    now,
  );
  const { status, body } = await perform(backend, act);
  return { status, body, operations };
}

/** Counts operations, and ends the process at one of them. */
function createCount(operations: string[], { operation, moment, reads }: Assignment['death']) {
  return async <Value>(name: string, work: () => Promise<Value>): Promise<Value> => {
    if (!reads && READ.test(name)) return work();
    operations.push(name);
    if (operations.length !== operation) return work();
    if (moment === 'before') return die();
    const result = work();
    if (moment === 'after') await result;
    // Far enough for a driver to have sent what it has to send.
    else await nextTurn();
    return die();
  };
}

/** As the kernel does when memory is short: no handler runs, nothing is flushed. */
function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
}

/** On the disk before anybody else can see the certificate. */
function append(path: string, line: string): void {
  const file = openSync(path, 'a');
  writeSync(file, `${line}\n`);
  fsyncSync(file);
  closeSync(file);
}

process.once('message', (assignment: Assignment) => {
  void run(assignment).then((completion) => process.send?.(completion));
});
process.send?.('ready');
