import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createAppAttestReceiptClient,
  refreshRiskMetric,
  type AppAttestReceiptClientOptions,
} from '../../../src/app-attest.js';
import { ConfigurationError, UnavailableError } from '../../../src/core/errors.js';
import type { HttpFetch } from '../../../src/core/http-fetch.js';
import { createMemoryStores } from '../../../src/memory.js';
import {
  createFakeAppAttest,
  createFakeAppAttestReceiptServer,
  createFakeClock,
  type FakeAppAttestReceiptServer,
  type FakeFailure,
  type FakeReceiptChanges,
} from '../../../src/testing.js';
import { rejectionOf, thrownBy } from '../../thrown-by.js';
import { malformed, refusalOf } from '../refusal-of.js';

const clock = createFakeClock(new Date('2026-03-01T12:00:00Z'));
const apple = createFakeAppAttest({ clock });
const certificate = randomBytes(900);
const receipt = apple.createReceipt({
  2: apple.appId,
  3: certificate,
  4: randomBytes(32),
  6: 'ATTEST',
  7: 'production',
  12: '2026-03-01T12:00:00Z',
  21: '2026-05-30T12:00:00Z',
});

let server: FakeAppAttestReceiptServer;
beforeEach(async () => {
  clock.set(new Date('2026-03-01T12:00:00Z'));
  server = await createFakeAppAttestReceiptServer({ apple, clock, riskMetric: 3 });
});
afterEach(() => server.close().catch(() => undefined));

const optionsOf = (options: Partial<AppAttestReceiptClientOptions> = {}) => ({
  teamId: server.teamId,
  keyId: server.keyId,
  privateKey: server.privateKey,
  apiUrl: server.apiUrl,
  receiptRoots: apple.receiptRoots,
  clock,
  ...options,
});
const createClient = (options?: Partial<AppAttestReceiptClientOptions>) =>
  createAppAttestReceiptClient(optionsOf(options));
const unavailable = { class: 'UnavailableError', code: 'provider_unavailable' };

describe('a newer receipt', () => {
  it('comes with the risk metric', async () => {
    const refreshed = await createClient().refresh({ receipt });
    if (refreshed.outcome !== 'refreshed') throw new Error('expected a newer receipt');
    expect(refreshed.content).toMatchObject({
      type: 'RECEIPT',
      appId: apple.appId,
      riskMetric: 3,
      notBefore: new Date('2026-03-02T12:00:00Z'),
    });
    expect(server.calls).toBe(1);
  });

  it('is not asked for before the time that the receipt at hand names', async () => {
    const client = createClient();
    const first = await client.refresh({ receipt });
    if (first.outcome !== 'refreshed') throw new Error('expected a newer receipt');
    expect(await client.refresh({ receipt: first.receipt })).toEqual({
      outcome: 'not_yet',
      notBefore: new Date('2026-03-02T12:00:00Z'),
    });
    expect(server.calls).toBe(1);
    clock.advance(24 * 60 * 60);
    expect((await client.refresh({ receipt: first.receipt })).outcome).toBe('refreshed');
    expect(server.calls).toBe(2);
  });

  it('is asked for once by all who want it at the same time', async () => {
    const client = createClient();
    const answers = await Promise.all([client.refresh({ receipt }), client.refresh({ receipt })]);
    expect(answers.map(({ outcome }) => outcome)).toEqual(['refreshed', 'refreshed']);
    expect(server.calls).toBe(1);
  });

  it('may be too early by the clock of Apple', async () => {
    server.failNext({ kind: 'answer', status: 304 });
    expect(await createClient().refresh({ receipt })).toEqual({ outcome: 'not_yet', notBefore: null });
  });
});

describe('no newer receipt', () => {
  it.each<[string, FakeFailure, string]>([
    ['400', { kind: 'answer', status: 400 }, 'provider_unavailable'],
    ['401', { kind: 'answer', status: 401 }, 'provider_misconfigured'],
    ['403', { kind: 'answer', status: 403 }, 'provider_misconfigured'],
    ['404', { kind: 'answer', status: 404 }, 'provider_unavailable'],
    ['429', { kind: 'answer', status: 429 }, 'provider_quota_exhausted'],
    ['500', { kind: 'answer', status: 500 }, 'provider_unavailable'],
    ['503', { kind: 'answer', status: 503 }, 'provider_unavailable'],
    ['200 without a body', { kind: 'answer', status: 200, body: '' }, 'provider_unavailable'],
    ['200 with no base64', { kind: 'answer', status: 200, body: '{}' }, 'provider_unavailable'],
    ['200 with no receipt', { kind: 'answer', status: 200, body: 'AAAA' }, 'provider_unavailable'],
    [
      '200 with far too much',
      { kind: 'answer', status: 200, body: 'A'.repeat(65_540) },
      'provider_unavailable',
    ],
    ['a cut connection', { kind: 'reset' }, 'provider_unavailable'],
  ])('comes of %s', async (_, failure, code) => {
    server.failNext(failure);
    expect(await refusalOf(() => createClient().refresh({ receipt }))).toEqual({
      class: 'UnavailableError',
      code,
    });
  });

  it.each([429, 503])(
    'comes of %i only after further attempts, if Apple says when to ask again',
    async (status) => {
      const failure: FakeFailure = { kind: 'answer', status, retryAfter: '0' };
      server.failNext(failure, failure);
      const calls = { retryBaseSeconds: 0, retryCapSeconds: 0 };
      expect((await createClient({ calls }).refresh({ receipt })).outcome).toBe('refreshed');
      expect(server.calls).toBe(3);
      server.failNext(failure);
      expect(
        (await refusalOf(() => createClient({ calls: { maxAttempts: 1 } }).refresh({ receipt }))).code,
      ).toBe(status === 429 ? 'provider_quota_exhausted' : 'provider_unavailable');
    },
  );

  it('comes of 500 at once: Apple may have looked at the receipt', async () => {
    server.failNext({ kind: 'answer', status: 500, retryAfter: '0' });
    expect(await refusalOf(() => createClient().refresh({ receipt }))).toEqual(unavailable);
    expect(server.calls).toBe(1);
  });

  it('comes where nobody listens, after further attempts', async () => {
    await server.close();
    const calls = { retryBaseSeconds: 0, retryCapSeconds: 0 };
    const client = createClient({ calls });
    expect(client.state).toEqual({ breaker: 'closed', running: 0, waiting: 0 });
    expect(await refusalOf(() => client.refresh({ receipt }))).toEqual(unavailable);
  });

  it('comes of silence', async () => {
    server.failNext({ kind: 'silence' });
    const client = createClient({ timeoutSeconds: 0.05 });
    expect(await refusalOf(() => client.refresh({ receipt }))).toEqual(unavailable);
  });

  it('comes to a caller that has gone', async () => {
    const signal = AbortSignal.abort();
    expect(await refusalOf(() => createClient().refresh({ receipt, signal }))).toEqual(unavailable);
  });

  it.each<[string | undefined, number]>([
    ['7', 7],
    ['9999', 3600],
    ['Wed, 21 Oct 2026 07:28:00 GMT', 60],
    [undefined, 60],
  ])('is worth another try after %s as %i seconds', async (retryAfter, seconds) => {
    server.failNext({ kind: 'answer', status: 429, ...(retryAfter === undefined ? {} : { retryAfter }) });
    const client = createClient({ calls: { maxAttempts: 1 } });
    const error = await rejectionOf(client.refresh({ receipt }));
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error).toMatchObject({ retryAfterSeconds: seconds });
  });

  it.each<[string, FakeReceiptChanges]>([
    ['signed with another key', { foreignKey: true }],
    ['of another app', { fields: { 2: 'A1B2C3D4E5.com.example.other' } }],
    ['of another key', { fields: { 3: randomBytes(900) } }],
    ['of an attestation', { fields: { 4: randomBytes(32), 6: 'ATTEST' } }],
    ['that has expired', { fields: { 21: '2026-03-01T11:59:59Z' } }],
    ['that cannot be read', { content: new Uint8Array() }],
  ])('is one %s', async (_, changes) => {
    server.forgeNext(changes);
    expect(await refusalOf(() => createClient().refresh({ receipt }))).toEqual(unavailable);
  });

  it('comes for what is no receipt', async () => {
    expect(await refusalOf(() => createClient().refresh({ receipt: randomBytes(99) }))).toEqual(malformed);
    expect(server.calls).toBe(0);
  });

  it('comes to another team, key name or key', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const privateKey = other.export({ format: 'pem', type: 'pkcs8' }).toString();
    for (const options of [{ teamId: 'ZZZZZZZZZZ' }, { keyId: 'ZZZZZZZZZZ' }, { privateKey }]) {
      expect(await refusalOf(() => createClient(options).refresh({ receipt }))).toEqual({
        class: 'UnavailableError',
        code: 'provider_misconfigured',
      });
    }
  });
});

describe('the call', () => {
  const seen: Parameters<HttpFetch>[] = [];
  const fetch: HttpFetch = async (...call) => {
    seen.push(call);
    return { status: 304, headers: new Headers(), text: async () => '' };
  };

  it.each([
    ['production', 'https://data.appattest.apple.com/v1/attestationData'],
    ['development', 'https://data-development.appattest.apple.com/v1/attestationData'],
  ] as const)('goes to the server for %s', async (environment, url) => {
    const { apiUrl: _url, ...options } = optionsOf({ environment, fetch });
    expect(_url).toBe(server.apiUrl);
    await createAppAttestReceiptClient(options).refresh({ receipt });
    const [asked, init] = seen.at(-1) ?? [];
    expect(asked).toBe(url);
    expect(init).toMatchObject({ method: 'POST', body: Buffer.from(receipt).toString('base64') });
    const [header, payload] = (init?.headers['authorization'] ?? '')
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    expect(JSON.parse(header ?? '')).toEqual({ alg: 'ES256', kid: server.keyId });
    expect(JSON.parse(payload ?? '')).toEqual({
      iss: server.teamId,
      iat: Date.parse('2026-03-01T12:00:00Z') / 1000,
    });
  });
});

describe('the options of createAppAttestReceiptClient', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  it.each<[string, Partial<AppAttestReceiptClientOptions>]>([
    ['teamId', { teamId: 'A1B2C3D4E' }],
    ['keyId', { keyId: 'a1b2c3d4e5' }],
    ['privateKey', { privateKey: '' }],
    ['privateKey', { privateKey: rsa.export({ format: 'pem', type: 'pkcs8' }).toString() }],
    ['environment', { environment: 'sandbox' as 'production' }],
    ['timeoutSeconds', { timeoutSeconds: 0 }],
    ['timeoutSeconds', { timeoutSeconds: 61 }],
    ['maxAttempts', { calls: { maxAttempts: 0 } }],
    ['apiUrl', { apiUrl: 'apple' }],
    ['apiUrl', { apiUrl: 'http://data.appattest.apple.com' }],
    ['receiptRoots', { receiptRoots: [] }],
  ])('%s is checked', (option, options) => {
    const error = thrownBy(() => createClient(options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });
});

describe('refreshRiskMetric', () => {
  const keyId = 'a key';
  async function createKeys(kept: Uint8Array | null = receipt) {
    const { attestedKeys } = createMemoryStores({ clock });
    await attestedKeys.registerAttestedKey({
      provider: 'apple-app-attest',
      keyId,
      publicKey: randomBytes(91),
      deviceId: null,
      details: '{}',
      receipt: kept,
      attestedAt: clock.now(),
      counter: 0,
      lastUse: 'ab'.repeat(32),
      lastUsedAt: clock.now(),
    });
    return attestedKeys;
  }
  const receiptOf = async (keys: Awaited<ReturnType<typeof createKeys>>) =>
    (await keys.findAttestedKey({ provider: 'apple-app-attest', keyId }))?.receipt;

  it('keeps the newer receipt', async () => {
    const keys = await createKeys();
    const client = createClient();
    expect(await refreshRiskMetric({ keys, client, keyId })).toEqual({ outcome: 'refreshed', riskMetric: 3 });
    expect(Buffer.from((await receiptOf(keys)) ?? []).equals(receipt)).toBe(false);
    expect(await refreshRiskMetric({ keys, client, keyId })).toMatchObject({ outcome: 'not_yet' });
  });

  it('keeps the receipt at hand if there is no newer one', async () => {
    const keys = await createKeys();
    server.failNext({ kind: 'answer', status: 500 });
    const { signal } = new AbortController();
    expect(await refusalOf(() => refreshRiskMetric({ keys, client: createClient(), keyId, signal }))).toEqual(
      unavailable,
    );
    expect(Buffer.from((await receiptOf(keys)) ?? []).equals(receipt)).toBe(true);
  });

  it('says so if there is nothing to ask with', async () => {
    const client = createClient();
    const keys = await createKeys(null);
    expect(await refreshRiskMetric({ keys, client, keyId })).toEqual({ outcome: 'no_receipt' });
    expect(await refreshRiskMetric({ keys, client, keyId: 'other' })).toEqual({ outcome: 'no_receipt' });
    expect(server.calls).toBe(0);
  });

  it('says so if the key went away meanwhile', async () => {
    const keys = { ...(await createKeys()), replaceReceipt: async () => false };
    expect(await refreshRiskMetric({ keys, client: createClient(), keyId })).toEqual({
      outcome: 'no_receipt',
    });
  });
});
