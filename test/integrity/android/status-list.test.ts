import { generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  createAndroidKeyAttestationProvider,
  createAttestationStatusList,
  createFixedStatusList,
  type AttestationStatusList,
  type AttestationStatusListOptions,
} from 'device-trust/android-key-attestation';
import {
  createFakeAndroidKeystore,
  createFakeClock,
  createFakeStatusListServer,
  type FakeAttestationRequest,
  type FakeFailure,
  type FakeStatusListServer,
} from 'device-trust/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBinding } from '../../../src/enrolment/binding.js';
import { ConfigurationError, UnavailableError } from '../../../src/core/errors.js';
import { systemFetch, type HttpFetch } from '../../../src/core/http-fetch.js';
import { parseCertificate } from '../../../src/x509/certificate.js';
import { rejectionOf, thrownBy } from '../../thrown-by.js';
import { refusalOf, rejectedFor } from '../refusal-of.js';

const DAY_SECONDS = 86_400;
const unavailable = { class: 'UnavailableError', code: 'provider_unavailable' };
const revoked = { status: 'REVOKED', reason: 'KEY_COMPROMISE' };

const clock = createFakeClock(new Date('2026-03-20T12:00:00Z'));
const keystore = createFakeAndroidKeystore({ clock });
const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const challenge = randomBytes(32);
const expected = createBinding(challenge, publicKey.export({ format: 'der', type: 'spki' }));

const verifyWith = (
  statusList: AttestationStatusList,
  evidence: ReturnType<typeof keystore.attest>,
  suspended?: 'refuse' | 'accept',
) =>
  createAndroidKeyAttestationProvider({
    packageName: keystore.packageName,
    certificateSha256: [keystore.certificateSha256],
    roots: keystore.roots,
    statusList,
    ...(suspended && { suspended }),
  }).verify({ evidence, expected, now: clock.now() });

const attest = (request: Partial<FakeAttestationRequest> = {}) =>
  keystore.attest({ publicKey, challenge, ...request });
const serialsOf = ({ chain }: ReturnType<typeof keystore.attest>) =>
  chain.map((text) => parseCertificate(Buffer.from(text, 'base64')).serialNumber.replace(/^0/, ''));

describe('a certificate on the list', () => {
  it.each([0, 1, 2, 3, 4])('refuses the chain, at %i', async (index) => {
    const evidence = attest();
    const list = createFixedStatusList({ entries: { [serialsOf(evidence)[index] ?? '']: revoked } });
    expect(await refusalOf(() => verifyWith(list, evidence))).toEqual(rejectedFor('attestation_revoked'));
    expect(await refusalOf(() => verifyWith(list, evidence, 'accept'))).toEqual(
      rejectedFor('attestation_revoked'),
    );
  });

  it('refuses the chain if it is the root, also where that is left out', async () => {
    const root = serialsOf(attest()).at(-1) ?? '';
    const list = createFixedStatusList({ entries: { [root]: revoked } });
    const evidence = attest({ withoutRoot: true });
    expect(serialsOf(evidence)).not.toContain(root);
    expect(await refusalOf(() => verifyWith(list, evidence))).toEqual(rejectedFor('attestation_revoked'));
  });

  it('refuses no chain to another root', async () => {
    const root = serialsOf(attest()).at(-1) ?? '';
    const list = createFixedStatusList({ entries: { [root]: revoked } });
    const evidence = attest({ shape: 'factory', withoutRoot: true });
    await expect(verifyWith(list, evidence)).resolves.toBeDefined();
  });

  it.each([
    ['hex that looks decimal', '17102468407102977850', '17102468407102977850'],
    ['a serial number with half a zero octet', '0388266760658996860d', '388266760658996860d'],
    ['capital letters in the list', 'cc66e9a93713b6e6', 'CC66E9A93713B6E6'],
    ['zeros before it in the list', '0a', '000a'],
  ])('is found: %s', async (_what, serialNumber, entry) => {
    const evidence = attest({ issuers: { serialNumber: Buffer.from(serialNumber, 'hex') } });
    const list = createFixedStatusList({ entries: { [entry]: revoked } });
    expect(await refusalOf(() => verifyWith(list, evidence))).toEqual(rejectedFor('attestation_revoked'));
  });

  it.each([
    [
      'the same digits as a decimal number',
      '17102468407102977850',
      BigInt('0x17102468407102977850').toString(),
    ],
    ['the end of it', 'aabbccdd', 'ccdd'],
    ['the beginning of it', 'aabbccdd', 'aabb'],
  ])('is not %s', async (_what, serialNumber, entry) => {
    const evidence = attest({ issuers: { serialNumber: Buffer.from(serialNumber, 'hex') } });
    const entries = { [entry]: revoked };
    await expect(verifyWith(createFixedStatusList({ entries }), evidence)).resolves.toBeDefined();
  });

  it('refuses for a while if it is suspended, unless a team wants otherwise', async () => {
    const evidence = attest();
    const [, serialNumber = ''] = serialsOf(evidence);
    const list = createFixedStatusList({ entries: { [serialNumber]: { status: 'SUSPENDED' } } });
    expect(await refusalOf(() => verifyWith(list, evidence))).toEqual(rejectedFor('attestation_revoked'));
    await expect(verifyWith(list, evidence, 'accept')).resolves.toBeDefined();
  });

  it('refuses with a word that no one knows', async () => {
    const evidence = attest();
    const [, serialNumber = ''] = serialsOf(evidence);
    const list = createFixedStatusList({ entries: { [serialNumber]: { status: 'LOST' } } });
    expect(await refusalOf(() => verifyWith(list, evidence, 'accept'))).toEqual(
      rejectedFor('attestation_revoked'),
    );
  });

  it('is told beside what else is wrong', async () => {
    const evidence = attest({ challenge: randomBytes(32) });
    const list = createFixedStatusList({ entries: { [serialsOf(evidence)[1] ?? '']: revoked } });
    expect(await refusalOf(() => verifyWith(list, evidence))).toEqual(
      rejectedFor('binding_mismatch', 'attestation_revoked'),
    );
  });
});

describe('a fixed list', () => {
  it('is given as JSON, or as its text', async () => {
    const json = { entries: { ab: { ...revoked, comment: 'a', expires: '2020-11-13' } }, more: 1 };
    for (const given of [json, JSON.stringify(json)]) {
      expect(await createFixedStatusList(given).load()).toEqual(new Map([['ab', 'REVOKED']]));
    }
  });

  it.each<[string, unknown]>([
    ['no text of JSON', '{'],
    ['nothing', null],
    ['a list', []],
    ['without entries', {}],
    ['with a list of entries', { entries: [] }],
    ['with an entry that is a word', { entries: { ab: 'REVOKED' } }],
    ['with an entry without status', { entries: { ab: { reason: 'KEY_COMPROMISE' } } }],
    ['with a status that is a number', { entries: { ab: { status: 1 } } }],
    ['with a serial number that is no hex', { entries: { 'ab:cd': revoked } }],
    ['with a serial number that is empty', { entries: { '': revoked } }],
    ['with a serial number of 65 digits', { entries: { ['a'.repeat(65)]: revoked } }],
  ])('is refused: %s', (_what, json) => {
    const error = thrownBy(() => createFixedStatusList(json));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'json' });
  });
});

describe('the list of Google', () => {
  let server: FakeStatusListServer;
  let seconds: number;

  beforeEach(async () => {
    server = await createFakeStatusListServer();
    seconds = 1000;
  });

  afterEach(async () => {
    await server.close();
  });

  const create = (options: AttestationStatusListOptions = {}) =>
    createAttestationStatusList({
      url: server.url,
      calls: { maxAttempts: 1 },
      monotonicClock: { elapsedMilliseconds: () => seconds * 1000 },
      ...options,
    });

  it('is fetched when it is needed, and once for all who need it', async () => {
    const list = create();
    expect(server.calls).toBe(0);
    expect(list.ageSeconds()).toBeNull();
    const found = await Promise.all([list.load(), list.load(), list.load(new AbortController().signal)]);
    expect(found.map((statuses) => [...statuses])).toEqual(
      found.map(() => [['6681152659205225093', 'REVOKED']]),
    );
    expect(server.calls).toBe(1);
    expect(list.ageSeconds()).toBe(0);
  });

  it('refuses a chain, and takes it again when the entry is gone', async () => {
    const list = create();
    const evidence = attest();
    server.setEntries({ [serialsOf(evidence)[2] ?? '']: { status: 'SUSPENDED' } });
    expect(await refusalOf(() => verifyWith(list, evidence))).toEqual(rejectedFor('attestation_revoked'));
    server.setEntries({ ab: revoked });
    seconds += DAY_SECONDS;
    await expect(verifyWith(list, evidence)).resolves.toBeDefined();
  });

  it.each<[string, Readonly<Record<string, string>>, number]>([
    ['public, max-age=7200', {}, 7200],
    ['max-age="7200"', {}, 7200],
    ['MAX-AGE=7200', {}, 7200],
    ['max-age=7200', { age: '200' }, 7000],
    ['max-age=7200', { age: 'old' }, 7200],
    ['max-age=100', { age: '7200' }, 60],
    ['max-age=0', {}, 60],
    ['max-age=999999', {}, DAY_SECONDS],
    ['max-age=99999999999', {}, DAY_SECONDS],
    ['s-maxage=7200', {}, 3600],
    ['no-store', {}, 3600],
    ['', {}, 3600],
  ])('is kept for the time it says: %s %j', async (cacheControl, headers, kept) => {
    server.setHeaders({ 'cache-control': cacheControl, ...headers });
    const list = create();
    await list.load();
    seconds += kept - 1;
    await list.load();
    expect(server.calls).toBe(1);
    seconds += 1;
    await list.load();
    expect(server.calls).toBe(2);
    expect(list.ageSeconds()).toBe(0);
  });

  const failures: readonly (readonly [string, FakeFailure])[] = [
    ['an error', { kind: 'answer', status: 500 }],
    ['a redirect', { kind: 'answer', status: 302 }],
    ['another success', { kind: 'answer', status: 204, body: '' }],
    ['a quota', { kind: 'answer', status: 429 }],
    ['a cut connection', { kind: 'reset' }],
    ['silence', { kind: 'silence' }],
    ['no JSON', { kind: 'answer', status: 200, body: '<html>' }],
    ['another JSON', { kind: 'answer', status: 200, body: '{"entries":null}' }],
    ['an entry in another form', { kind: 'answer', status: 200, body: '{"entries":{"ab":{}}}' }],
    ['an empty list', { kind: 'answer', status: 200, body: '{"entries":{}}' }],
    [
      'a huge list',
      {
        kind: 'answer',
        status: 200,
        body: JSON.stringify({ entries: { ab: revoked }, padding: 'a'.repeat(1_100_000) }),
      },
    ],
  ];

  it.each(failures)('is missing after %s', async (_what, failure) => {
    const list = create({ timeoutSeconds: 0.2 });
    server.failNext(failure);
    const evidence = attest();
    expect(await refusalOf(() => list.load())).toEqual(unavailable);
    expect(await refusalOf(() => verifyWith(list, evidence))).toEqual(unavailable);
    expect(list.ageSeconds()).toBeNull();
  });

  it.each(failures)('stays in force after %s', async (_what, failure) => {
    const list = create({ timeoutSeconds: 0.2 });
    await list.load();
    seconds += DAY_SECONDS;
    server.failNext(failure);
    expect(await list.load()).toEqual(new Map([['6681152659205225093', 'REVOKED']]));
    expect([server.calls, list.ageSeconds()]).toEqual([2, DAY_SECONDS]);
  });

  it('is too large for a fetch of another kind too', async () => {
    const fetch: HttpFetch = async () => ({
      status: 200,
      headers: new Headers(),
      text: async () => JSON.stringify({ entries: { ab: revoked }, padding: 'a'.repeat(1_100_000) }),
    });
    expect(await refusalOf(() => create({ fetch }).load())).toEqual(unavailable);
  });

  it('is asked for again a minute after a failure, not before', async () => {
    const list = create();
    server.failNext({ kind: 'reset' });
    expect(await refusalOf(() => list.load())).toEqual(unavailable);
    seconds += 59;
    expect(await refusalOf(() => list.load())).toEqual(unavailable);
    expect(server.calls).toBe(1);
    seconds += 1;
    await list.load();
    expect(server.calls).toBe(2);
  });

  it('is waited for again once it does not fail any more', async () => {
    const list = create();
    await list.load();
    server.failNext({ kind: 'reset' });
    seconds += DAY_SECONDS;
    await list.load();
    seconds += 60;
    await list.load();
    await expect.poll(() => list.ageSeconds()).toBe(0);
    server.setEntries({ ab: revoked, cd: revoked });
    seconds += DAY_SECONDS;
    expect((await list.load()).size).toBe(2);
  });

  it('is used up to its last second, and not after it', async () => {
    const list = create({ maxStaleSeconds: 100_000 });
    await list.load();
    server.failNext({ kind: 'reset' }, { kind: 'reset' });
    seconds += 100_000;
    expect((await list.load()).size).toBe(1);
    seconds += 60.001;
    expect(await refusalOf(() => list.load())).toEqual(unavailable);
    expect(await refusalOf(() => verifyWith(list, attest()))).toEqual(unavailable);
    seconds += 60;
    expect((await list.load()).size).toBe(1);
    expect([server.calls, list.ageSeconds()]).toEqual([4, 0]);
  });

  it('is used for three days by default', async () => {
    const list = create();
    await list.load();
    server.failNext({ kind: 'reset' });
    seconds += 3 * DAY_SECONDS + 1;
    expect(await refusalOf(() => list.load())).toEqual(unavailable);
  });

  it.each<FakeFailure>([{ kind: 'answer', status: 503 }, { kind: 'reset' }])(
    'is asked for again at once after $kind',
    async (failure) => {
      const list = create({ calls: { maxAttempts: 3, retryBaseSeconds: 0 } });
      server.failNext(failure, failure);
      expect((await list.load()).size).toBe(1);
      expect(server.calls).toBe(3);
      expect(list.state).toEqual({ breaker: 'closed', running: 0, waiting: 0 });
    },
  );

  it.each<FakeFailure>([
    { kind: 'answer', status: 429 },
    { kind: 'answer', status: 404 },
    { kind: 'answer', status: 200, body: '{"entries":{}}' },
  ])('is not asked for again at once after %j', async (failure) => {
    const list = create({ calls: { maxAttempts: 3, retryBaseSeconds: 0 } });
    server.failNext(failure);
    expect(await refusalOf(() => list.load())).toEqual(unavailable);
    expect(server.calls).toBe(1);
  });

  it('is not waited for where it fails already and an earlier one will do', async () => {
    const waiting: (() => void)[] = [];
    const fetch: HttpFetch = async (url, init) => {
      if (waiting.length > 0) await new Promise<void>((resolve) => waiting.push(resolve));
      return systemFetch(url, init);
    };
    const list = create({ fetch });
    await list.load();
    seconds += DAY_SECONDS;
    server.failNext({ kind: 'reset' });
    await list.load();
    seconds += 60;
    waiting.push(() => undefined);
    expect((await list.load()).size).toBe(1);
    expect(list.state.running).toBe(1);
    expect(list.ageSeconds()).toBe(DAY_SECONDS + 60);
    for (const resolve of waiting) resolve();
  });

  it('is not waited for by one who has gone, and comes nevertheless', async () => {
    const list = create();
    const gone = new AbortController();
    const error = rejectionOf(list.load(gone.signal));
    gone.abort();
    expect(await error).toBeInstanceOf(UnavailableError);
    expect((await list.load()).size).toBe(1);
    expect(server.calls).toBe(1);
  });

  it('is no answer to evidence that is refused anyway', async () => {
    const list = create();
    server.failNext({ kind: 'reset' });
    const evidence = attest({ challenge: randomBytes(32) });
    expect(await refusalOf(() => verifyWith(list, evidence))).toEqual(rejectedFor('binding_mismatch'));
  });

  it('is not asked for by garbage', async () => {
    const list = create();
    const evidence = attest({ leafSignedByOther: true });
    expect(await refusalOf(() => verifyWith(list, evidence))).toEqual(rejectedFor('signature_invalid'));
    expect(server.calls).toBe(0);
  });

  it.each<[string, FakeFailure | null, string]>([
    ['the list', null, 'answered'],
    ['another refusal', { kind: 'answer', status: 403 }, 'answered'],
    ['a quota', { kind: 'answer', status: 429 }, 'quota'],
    ['a time-out of its own', { kind: 'answer', status: 408 }, 'unanswered'],
    ['an error', { kind: 'answer', status: 503 }, 'unanswered'],
    ['a cut connection', { kind: 'reset' }, 'unanswered'],
    ['silence', { kind: 'silence' }, 'unanswered'],
  ])('is probed: %s', async (_what, failure, state) => {
    const list = create({ timeoutSeconds: 0.2 });
    await list.load();
    if (failure) server.failNext(failure);
    expect(list.provider).toBe('android-key-attestation');
    expect(await list.probe(new AbortController().signal)).toBe(state);
    expect(server.calls).toBe(2);
  });

  it('is not probed for one who has gone', async () => {
    const list = create();
    expect(await list.probe(AbortSignal.abort())).toBe('unanswered');
    expect(server.calls).toBe(0);
  });

  it.each<[string, AttestationStatusListOptions]>([
    ['url', { url: 'status' }],
    ['url', { url: 'http://example.com/status' }],
    ['timeoutSeconds', { timeoutSeconds: 0 }],
    ['timeoutSeconds', { timeoutSeconds: 61 }],
    ['maxAttempts', { calls: { maxAttempts: 0 } }],
    ['maxStaleSeconds', { maxStaleSeconds: DAY_SECONDS - 1 }],
    ['maxStaleSeconds', { maxStaleSeconds: 30 * DAY_SECONDS + 1 }],
  ])('has options that are checked: %s', (option, options) => {
    const error = thrownBy(() => create(options));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option });
  });

  it('needs no options', () => {
    expect(createAttestationStatusList().ageSeconds()).toBeNull();
  });
});
