import { describe, expect, it } from 'vitest';
import {
  createDeviceTrust,
  createTokenBucketLimiter,
  type RateLimiter,
  type RateLimitSubject,
} from '../../src/index.js';
import { RejectedError, UnavailableError } from '../../src/core/errors.js';
import { createMemoryStores } from '../../src/memory.js';
import { connectionOf, createBackend, createCsr, newKey, peerFrom } from '../backend.js';

/** A limiter that writes down whom it was asked about, and refuses when told to. */
function createLimiter() {
  const asked: RateLimitSubject[] = [];
  const state: { refuseAt: ((subject: RateLimitSubject) => Error | null) | null } = { refuseAt: null };
  const limiter: RateLimiter = {
    async admit(subject) {
      asked.push(subject);
      const error = state.refuseAt?.(subject) ?? null;
      if (error) throw error;
    },
  };
  return { asked, state, limiter };
}

const tooOften = () => new RejectedError('rate_limited', { message: 'too often', retryAfterSeconds: 17 });

describe('the limiter of the enrolment endpoints', () => {
  it('is asked before the body is read, and again for the key', async () => {
    const { asked, limiter } = createLimiter();
    const backend = await createBackend({ limiter });
    const enrolled = await backend.enroll();
    const { deviceId } = enrolled.body;
    await backend.renew({ peer: peerFrom(enrolled) });
    const digest = expect.stringMatching(/^[0-9a-f]{64}$/) as string;
    const bootstrap = { bootstrapCertificateSha256: digest, deviceId: null };
    const key = { publicKeySha256: digest, address: null };
    const noKey = { publicKeySha256: null, address: '127.0.0.1' };
    const device = { bootstrapCertificateSha256: null, deviceId };
    expect(asked).toEqual([
      { endpoint: 'challenges', ...bootstrap, ...noKey },
      { endpoint: 'certificates', ...bootstrap, ...noKey },
      { endpoint: 'certificates', ...bootstrap, ...key },
      { endpoint: 'challenges', ...device, ...noKey },
      { endpoint: 'renewals', ...device, ...noKey },
      { endpoint: 'renewals', bootstrapCertificateSha256: null, deviceId: null, ...key },
    ]);
  });

  it.each<[string, (subject: RateLimitSubject) => boolean]>([
    [
      'by the address',
      ({ endpoint, publicKeySha256 }) => endpoint === 'certificates' && publicKeySha256 === null,
    ],
    ['by the key', ({ publicKeySha256 }) => publicKeySha256 !== null],
  ])('refuses %s with 429 and Retry-After, and the challenge stays good', async (_what, refuses) => {
    const { state, limiter } = createLimiter();
    const backend = await createBackend({ limiter });
    const key = newKey();
    const challenge = await backend.challenge();
    state.refuseAt = (subject) => (refuses(subject) ? tooOften() : null);
    const refused = await backend.enroll({ key, challenge });
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited', action: 'retry' } });
    expect(refused.headers['retry-after']).toBe('17');
    state.refuseAt = null;
    expect(await backend.enroll({ key, challenge })).toMatchObject({ status: 201 });
  });

  it('tells the sink whom it refused', async () => {
    const { state, limiter } = createLimiter();
    const backend = await createBackend({ limiter });
    const enrolled = await backend.enroll();
    state.refuseAt = tooOften;
    await backend.send('POST', '/challenges', { peer: peerFrom(enrolled), body: { purpose: 'renew' } });
    const { deviceId, serialNumber } = enrolled.body;
    expect(backend.events.at(-1)).toMatchObject({
      type: 'request_refused',
      code: 'rate_limited',
      deviceId,
      serialNumber,
    });
  });

  it('that could not find out refuses', async () => {
    const { state, limiter } = createLimiter();
    const backend = await createBackend({ limiter });
    state.refuseAt = () => new UnavailableError('store_unavailable', { message: 'down' });
    expect(await backend.send('POST', '/challenges', { body: { purpose: 'enroll' } })).toMatchObject({
      status: 503,
      body: { code: 'store_unavailable' },
    });
  });

  it('is not asked about a key that the client did not prove to hold', async () => {
    const { asked, limiter } = createLimiter();
    const backend = await createBackend({ limiter });
    const stolen = createCsr(newKey()).replace(/.{8}(?=\n-----END)/, 'AAAAAAAA');
    expect(await backend.enroll({ csr: stolen })).toMatchObject({ status: 400 });
    expect(asked.filter(({ publicKeySha256 }) => publicKeySha256 !== null)).toEqual([]);
  });

  it('of the library counts in the store, for all replicas', async () => {
    const stores = createMemoryStores();
    const limiter = createTokenBucketLimiter({
      ...stores,
      perAddress: { capacity: 3, refillPerSecond: 0.01 },
    });
    const [here, there] = [
      await createBackend({ stores, limiter }),
      await createBackend({ stores, limiter }),
    ];
    const ask = (backend: typeof here) =>
      backend.send('POST', '/challenges', { body: { purpose: 'enroll' } });
    for (const backend of [here, there, here]) expect(await ask(backend)).toMatchObject({ status: 201 });
    expect(await ask(there)).toMatchObject({ status: 429 });
  });

  it('is there unless it is turned off', async () => {
    const backend = await createBackend();
    const { limiter, ...options } = backend.options;
    expect(limiter).toBeNull();
    const { handler } = createDeviceTrust(options);
    const statuses = [];
    for (let index = 0; index < 61; index += 1) {
      const answer = await handler.handle({
        method: 'POST',
        url: '/device-trust/v1/challenges',
        headers: { 'content-type': 'application/json' },
        body: (async function* () {
          yield Buffer.from('{"purpose":"enroll"}');
        })(),
        connection: connectionOf(backend.bootstrap),
      });
      statuses.push(answer?.status);
      // The same backend without a limiter goes on.
      expect((await backend.send('POST', '/challenges', { body: { purpose: 'enroll' } })).status).toBe(201);
    }
    expect(statuses.filter((status) => status === 201)).toHaveLength(60);
    expect(statuses.at(-1)).toBe(429);
  });
});
