import { setTimeout as sleep } from 'node:timers/promises';

import type pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { RejectedError, UnavailableError, type DeviceTrust, type PeerCertificate } from '../../src/index.js';
import { createPostgresStores } from '../../src/postgres.js';
import { parseCertificate } from '../../src/x509/certificate.js';
import { createFakeClock, type FakeClock } from '../../src/testing.js';
import { connectionOf, createBackend, peerFrom, type Backend } from '../backend.js';
import { createTestDatabase, hasServer, type TestDatabase } from '../stores/postgres/server.js';
import { rejectionOf } from '../thrown-by.js';

const NOON = new Date('2026-06-01T12:00:00Z');
/** The default of `maxStalenessSeconds`. */
const BOUND_SECONDS = 5;

describe.skipIf(!hasServer)('two replicas over one database', () => {
  let database: TestDatabase;
  let running: DeviceTrust[];

  beforeEach(async () => {
    database = await createTestDatabase();
    running = [];
  });
  afterEach(async () => {
    for (const trust of running) await trust.close();
    await database.drop();
  });

  /** One that runs behind `first` or beside nobody, on connections of its own. */
  async function startReplica(options: {
    readonly first?: Backend;
    readonly now: Date;
    readonly feed: 'works' | 'never delivers';
  }): Promise<Replica> {
    const pool = database.openPool();
    const stores = await createPostgresStores({ pool });
    const clock = createFakeClock(options.now);
    const { first, feed } = options;
    const backend = await createBackend(
      {
        stores:
          feed === 'works'
            ? stores
            : { ...stores, changes: { subscribe: async () => async () => undefined } },
        clock,
        monotonicClock: clock,
        // The keys of one installation.
        ...(first === undefined ? {} : shared(first)),
      },
      options.now,
    );
    await backend.trust.start();
    running.push(backend.trust);
    return { backend, clock, pool };
  }

  it.each([
    ['behind', -2],
    ['ahead', 2],
  ])(
    'refuse within the bound what the other revoked, without news, with a clock that is 2 s %s',
    async (_, seconds) => {
      const a = await startReplica({ now: NOON, feed: 'never delivers' });
      const b = await startReplica({ first: a.backend, now: later(seconds), feed: 'never delivers' });
      const peer = peerFrom(await a.backend.enroll());
      await expectAdmitted(b, peer, a);

      await revoke(a, peer);
      await expectRefused(a, peer, a);
      // No news, and no time has passed: B cannot know.
      await expectAdmitted(b, peer, a);

      // The time of day is set back, which must not stretch the bound: it is counted by the time that passes.
      b.clock.advance(-60);
      b.clock.advance(BOUND_SECONDS + 0.001);
      await expectRefused(b, peer, a);
    },
  );

  it('refuse everything after the bound when the database cannot be reached any more', async () => {
    const a = await startReplica({ now: NOON, feed: 'never delivers' });
    const b = await startReplica({ first: a.backend, now: later(2), feed: 'never delivers' });
    const revoked = peerFrom(await a.backend.enroll());
    const good = peerFrom(await a.backend.enroll());
    for (const peer of [revoked, good]) await expectAdmitted(b, peer, a);
    // What was read before the first use is not gone by: the second use is what is remembered.
    b.clock.advance(0.1);
    for (const peer of [revoked, good]) await expectAdmitted(b, peer, a);

    await revoke(a, revoked);
    await b.backend.trust.close();
    await b.pool.end();
    // Within the bound it goes by what it knows.
    await expectAdmitted(b, good, a);

    b.clock.advance(BOUND_SECONDS + 0.001);
    for (const peer of [revoked, good]) {
      const error = await rejectionOf(authenticate(b, peer, a));
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error).toMatchObject({ code: 'store_unavailable' });
    }
    await expectAdmitted(a, good, a);
    await expectRefused(a, revoked, a);
  });

  it('refuse what the other revoked as soon as the news is there, though no time has passed', async () => {
    const a = await startReplica({ now: NOON, feed: 'works' });
    const b = await startReplica({ first: a.backend, now: later(2), feed: 'works' });
    const peer = peerFrom(await a.backend.enroll());
    await expectAdmitted(b, peer, a);

    await revoke(a, peer);
    // The clocks stand still, so nothing but the news can have told B.
    expect(await waitForRefusal(b, peer, a)).toBe('certificate_revoked');
  });
});

interface Replica {
  readonly backend: Backend;
  /** Tells the time of day and the time that passes. */
  readonly clock: FakeClock;
  readonly pool: pg.Pool;
}

const later = (seconds: number): Date => new Date(NOON.getTime() + seconds * 1000);

/** What all replicas of one installation have in common. */
function shared({ options }: Backend) {
  const { authority, bootstrapIssuers, providers, accessTokens } = options;
  return { authority, bootstrapIssuers, providers, accessTokens };
}

/** An application request to a replica, with a token of the issuer of the installation. */
async function authenticate(replica: Replica, peer: PeerCertificate, { backend }: Replica) {
  const token = await backend.tokens.createToken({ subject: 'alice' });
  return replica.backend.trust.authenticator.authenticate(
    connectionOf(peer, { authorization: `Bearer ${token}` }),
  );
}

async function expectAdmitted(replica: Replica, peer: PeerCertificate, first: Replica): Promise<void> {
  expect(await authenticate(replica, peer, first)).toMatchObject({ accessToken: { subject: 'alice' } });
}

async function expectRefused(replica: Replica, peer: PeerCertificate, first: Replica): Promise<void> {
  const error = await rejectionOf(authenticate(replica, peer, first));
  expect(error).toBeInstanceOf(RejectedError);
  expect(error).toMatchObject({ code: 'certificate_revoked' });
}

/** Asks until the replica refuses; resolves to the code, or to `null` if it never does. */
async function waitForRefusal(
  replica: Replica,
  peer: PeerCertificate,
  first: Replica,
): Promise<string | null> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    try {
      await authenticate(replica, peer, first);
    } catch (error) {
      if (error instanceof RejectedError) return error.code;
      throw error;
    }
    await sleep(20);
  }
  return null;
}

async function revoke({ backend }: Replica, { certificate }: PeerCertificate): Promise<void> {
  const { serialNumber } = parseCertificate(certificate);
  expect(await backend.revoke({ serialNumber, reason: 'unspecified' })).toMatchObject({
    status: 200,
    body: { revoked: 1 },
  });
}
