import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { VendorProbe } from '../../../src/contracts/vendor-probe.js';
import { UnavailableError } from '../../../src/core/errors.js';
import { googleDecode, type GoogleDecodeOptions } from '../../../src/integrity/play/google-decode.js';
import { createMemoryStores } from '../../../src/memory.js';
import { createPlayIntegrityProvider } from '../../../src/play-integrity.js';
import {
  createFakeGoogleDecodeServer,
  type FakeDecodeFailure,
  type FakeGoogleDecodeServer,
} from '../../../src/testing/fake-google-decode-server.js';
import { createFakePlay } from '../../../src/testing/fake-play.js';
import { createVendorBudget, type VendorBudget } from '../../../src/vendor/vendor-budget.js';
import { rejectionOf } from '../../thrown-by.js';
import { createManualTimer, type ManualTimer } from '../../vendor/manual-timer.js';
import { refusalOf, rejectedFor } from '../refusal-of.js';

const play = createFakePlay();
const now = new Date('2026-01-01T00:00:00Z');
const unavailable = (code: string) => ({ class: 'UnavailableError', code });
const BROKEN: FakeDecodeFailure = { kind: 'answer', status: 500 };

let server: FakeGoogleDecodeServer;
let timer: ManualTimer;
let callsBefore: number;

beforeAll(async () => {
  server = await createFakeGoogleDecodeServer({ play });
});
afterAll(() => server.close());
beforeEach(() => {
  timer = createManualTimer();
  callsBefore = server.decodeCalls;
});
afterEach(async () => {
  server.failAll(null);
  await server.setDown(false);
});

const newCalls = () => server.decodeCalls - callsBefore;
const ask = (decoder: VendorProbe) => decoder.probe(new AbortController().signal);

/** One whose pauses and breaker go by a clock in our hands; nothing is ever waited for. */
function createDecoder(options: GoogleDecodeOptions = {}) {
  const decoder = googleDecode({
    apiUrl: server.apiUrl,
    accessToken: async () => server.accessToken,
    clock: { now: () => now },
    ...options,
    calls: {
      monotonicClock: timer.clock,
      timer,
      random: () => new Uint8Array(4),
      retryBaseSeconds: 0,
      ...options.calls,
    },
  });
  const decode = (token = play.createToken(), action?: 'enroll' | 'renew') =>
    decoder.decode({ token, packageName: play.packageName, now, ...(action && { action }) });
  return { decoder, decode };
}

function createBudget(perDay: number): VendorBudget {
  return createVendorBudget({
    usageCounters: createMemoryStores().usageCounters,
    provider: 'play-integrity',
    perDay,
  });
}

describe('the probe of googleDecode', () => {
  it('is of the provider', () => {
    expect(createDecoder().decoder.provider).toBe('play-integrity');
  });

  it('is answered by a Google that works, before and after something was decoded', async () => {
    const { decoder, decode } = createDecoder();
    expect(await ask(decoder)).toBe('answered');
    await decode();
    expect(await ask(decoder)).toBe('answered');
    expect(newCalls()).toBe(3);
  });

  it('asks for the package that was decoded for first, and nothing of what clients send', async () => {
    const requests: string[] = [];
    const { decoder, decode } = createDecoder({
      fetch: async (url, { body = '' }) => {
        requests.push(`${new URL(url).pathname} ${body}`);
        return { status: 400, headers: new Headers(), text: async () => '{}' };
      },
    });
    await ask(decoder);
    await refusalOf(() => decode('what-a-client-sent'));
    await refusalOf(() => decoder.decode({ token: 'other', packageName: 'com.example.other', now }));
    await ask(decoder);
    const body = '{"integrityToken":"device-trust-asks-whether-you-answer"}';
    expect(requests[0]).toBe(`/v1/invalid.device.trust.probe:decodeIntegrityToken ${body}`);
    expect(requests[3]).toBe(`/v1/${play.packageName}:decodeIntegrityToken ${body}`);
  });

  it.each<[FakeDecodeFailure, string]>([
    [{ kind: 'answer', status: 400 }, 'answered'],
    [{ kind: 'answer', status: 403 }, 'answered'],
    [{ kind: 'answer', status: 404 }, 'answered'],
    [{ kind: 'answer', status: 200, body: '<html>' }, 'answered'],
    [{ kind: 'answer', status: 429 }, 'quota'],
    [{ kind: 'answer', status: 429, retryAfter: '1' }, 'quota'],
    [{ kind: 'answer', status: 408 }, 'unanswered'],
    [{ kind: 'answer', status: 500 }, 'unanswered'],
    [{ kind: 'answer', status: 503, retryAfter: '1' }, 'unanswered'],
    [{ kind: 'reset' }, 'unanswered'],
    [{ kind: 'truncated' }, 'unanswered'],
  ])('reads %j as %s, and asks once', async (failure, state) => {
    const { decoder } = createDecoder();
    server.failNext(failure);
    expect(await ask(decoder)).toBe(state);
    expect(newCalls()).toBe(1);
  });

  it('is unanswered where there is no answer: no connection, silence, a caller that has gone', async () => {
    const { decoder } = createDecoder();
    server.failNext({ kind: 'silence' }, { kind: 'silence' });
    const silent = ask(decoder);
    await until(() => newCalls() === 1);
    await timer.pass(5);
    expect(await silent).toBe('unanswered');
    const leaving = new AbortController();
    const left = decoder.probe(leaving.signal);
    await until(() => newCalls() === 2);
    leaving.abort();
    expect(await left).toBe('unanswered');
    expect(await decoder.probe(AbortSignal.abort())).toBe('unanswered');
    expect(newCalls()).toBe(2);
    await server.setDown(true);
    expect(await ask(decoder)).toBe('unanswered');
  });

  it('is unanswered if no access token can be had, answered if Google refuses to give one', async () => {
    const down = createDecoder({ accessToken: () => Promise.reject(new Error('no network')) });
    expect(await ask(down.decoder)).toBe('unanswered');
    const misconfigured = new UnavailableError('provider_misconfigured', { message: 'no such account' });
    const refused = createDecoder({ accessToken: () => Promise.reject(misconfigured) });
    expect(await ask(refused.decoder)).toBe('answered');
    expect(newCalls()).toBe(0);
  });

  it('counts in the budget if it was answered; an outage does not use up the calls of the day', async () => {
    const { decoder, decode } = createDecoder({ budget: createBudget(3) });
    server.failAll(BROKEN);
    for (let index = 0; index < 20; index += 1) expect(await ask(decoder)).toBe('unanswered');
    server.failAll({ kind: 'answer', status: 429 });
    expect(await ask(decoder)).toBe('quota');
    server.failAll(null);
    expect(await ask(decoder)).toBe('answered');
    await decode(play.createToken(), 'renew');
    expect(await refusalOf(() => decode(undefined, 'renew'))).toEqual(
      unavailable('provider_budget_exhausted'),
    );
    expect(await ask(decoder)).toBe('answered');
  });

  it('says what Google says, whatever becomes of counting it', async () => {
    const down = new UnavailableError('store_unavailable', { message: 'down' });
    for (const spend of [() => Promise.reject(down), () => new Promise<never>(() => undefined)]) {
      const { decoder } = createDecoder({ budget: { spend } });
      expect(await ask(decoder)).toBe('answered');
      server.failNext(BROKEN);
      expect(await ask(decoder)).toBe('unanswered');
    }
  });
});

describe('googleDecode, when Google is down', () => {
  it('leaves Google alone after five outages that its own question confirms, and comes back', async () => {
    const { decoder, decode } = createDecoder();
    server.failAll(BROKEN);
    for (let index = 0; index < 5; index += 1)
      expect(await refusalOf(() => decode())).toEqual(unavailable('provider_unavailable'));
    await until(() => decoder.state.breaker === 'open');
    expect(newCalls()).toBe(6);
    const refused = await rejectionOf(decode());
    expect(refused).toMatchObject({ code: 'provider_unavailable', retryAfterSeconds: 30 });
    expect(newCalls()).toBe(6);

    server.failAll(null);
    await timer.pass(30);
    const token = play.createToken();
    expect(await decode(token)).toEqual(play.findPayload(token));
    expect(decoder.state.breaker).toBe('closed');
    expect(newCalls()).toBe(8);
  });

  it('asks again where there was no connection, and only there', async () => {
    const addresses: string[] = [];
    const refusing = createDecoder({
      fetch: async (url) => {
        addresses.push(url);
        throw new TypeError('fetch failed', {
          cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
        });
      },
    });
    const refused = refusalOf(() => refusing.decode());
    await timer.pass(1);
    expect(await refused).toEqual(unavailable('provider_unavailable'));
    expect(addresses).toHaveLength(3);

    for (const failure of [BROKEN, { kind: 'reset' }, { kind: 'truncated' }] as const) {
      callsBefore = server.decodeCalls;
      server.failNext(failure);
      expect(await refusalOf(() => createDecoder().decode())).toEqual(unavailable('provider_unavailable'));
      expect(newCalls()).toBe(1);
    }
  });

  it.each([429, 503])('waits as long as an answer %d asks for, and asks again', async (status) => {
    const { decode } = createDecoder();
    server.failNext({ kind: 'answer', status, retryAfter: '3' });
    const token = play.createToken();
    const decoded = decode(token);
    await until(() => timer.pending.includes(3000));
    expect(newCalls()).toBe(1);
    await timer.pass(3);
    expect(await decoded).toEqual(play.findPayload(token));
    expect(newCalls()).toBe(2);
  });

  it.each([
    [429, 'provider_quota_exhausted'],
    [503, 'provider_unavailable'],
  ])('hands an answer %d on that asks for more time than there is', async (status, code) => {
    server.failNext({ kind: 'answer', status, retryAfter: '90' });
    const error = await rejectionOf(createDecoder().decode());
    expect(error).toMatchObject({ code, retryAfterSeconds: 90 });
    expect(newCalls()).toBe(1);
  });

  it('never decodes a token twice, however late its answer is', async () => {
    const { decode } = createDecoder();
    const token = play.createToken({ kind: 'standard', bindingText: 'a' });
    server.failNext({ kind: 'slow', milliseconds: 20 });
    expect(await Promise.all([decode(token), decode(token)])).toEqual(Array(2).fill(play.findPayload(token)));
    expect(newCalls()).toBe(1);
  });
});

describe('a Google that lies', () => {
  const binding = new Uint8Array(32).fill(7);
  const another = new Uint8Array(32);

  const other = createFakePlay({
    packageName: 'com.example.another',
    certificateSha256: play.certificateSha256,
  });

  it.each([
    ['for which request a token was made', play, { binding: another }, ['binding_mismatch']],
    ['which app asked for it', other, { binding }, ['app_package_mismatch']],
  ])('about %s is not believed', async (_, liar, lie, reasons) => {
    const { decoder } = createDecoder();
    const provider = createPlayIntegrityProvider({
      packageName: play.packageName,
      certificateSha256: [play.certificateSha256],
      decode: decoder,
    });
    const token = play.createToken({ binding });
    const tokenPayloadExternal = liar.findPayload(liar.createToken(lie));
    const body = JSON.stringify({ tokenPayloadExternal });
    server.failFor(token, { kind: 'answer', status: 200, body });
    const evidence = { provider: 'play-integrity', token };
    const expected = { challenge: new Uint8Array(), publicKey: new Uint8Array(), binding };
    const refusal = await refusalOf(() => provider.verify({ evidence, expected, now: new Date() }));
    expect(refusal).toEqual(rejectedFor(...reasons));
  });
});

describe('googleDecode, against clients that would have it give up', () => {
  it('is not made to by a token on which Google stumbles, sent again and again', async () => {
    const { decoder, decode } = createDecoder();
    const poison = play.createToken();
    server.failFor(poison, BROKEN);
    for (let index = 0; index < 50; index += 1)
      expect(await refusalOf(() => decode(poison))).toEqual(unavailable('provider_unavailable'));
    await until(() => newCalls() === 51);
    expect(decoder.state.breaker).toBe('closed');
    const token = play.createToken();
    expect(await decode(token)).toEqual(play.findPayload(token));
    server.failFor(poison, null);
  });

  it('is not kept from coming back by such a token', async () => {
    const { decoder, decode } = createDecoder();
    const poison = play.createToken();
    server.failAll(BROKEN);
    for (let index = 0; index < 5; index += 1) await refusalOf(() => decode());
    await until(() => decoder.state.breaker === 'open');
    server.failAll(null);
    server.failFor(poison, BROKEN);
    await timer.pass(30);
    await refusalOf(() => decode(poison));
    expect(decoder.state.breaker).toBe('closed');
    server.failFor(poison, null);
  });

  it('is not made to by garbage', async () => {
    const { decoder, decode } = createDecoder();
    for (let index = 0; index < 50; index += 1)
      expect(await refusalOf(() => decode(`garbage-${index}`))).toEqual(rejectedFor('evidence_undecodable'));
    expect(decoder.state.breaker).toBe('closed');
    expect(newCalls()).toBe(50);
  });

  it('is not made to by clients that go away', async () => {
    const { decoder } = createDecoder({ calls: { failuresToOpen: 1 } });
    for (let index = 0; index < 20; index += 1) {
      const leaving = new AbortController();
      const token = play.createToken();
      const gone = refusalOf(() =>
        decoder.decode({ token, packageName: play.packageName, now, signal: leaving.signal }),
      );
      leaving.abort();
      expect(await gone).toEqual(unavailable('provider_unavailable'));
    }
    await until(() => decoder.state.running === 0);
    expect(decoder.state).toEqual({ breaker: 'closed', running: 0, waiting: 0 });
    // Their calls were made all the same, for when they come back.
    expect(newCalls()).toBe(20);
  });

  it('tells a flood that there are too many, which is no outage', async () => {
    const { decoder, decode } = createDecoder({ calls: { maxRunning: 2, maxWaiting: 2 } });
    server.failNext({ kind: 'slow', milliseconds: 20 }, { kind: 'slow', milliseconds: 20 });
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => decode()));
    const codes = outcomes.map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason as UnavailableError).code : 'decoded',
    );
    expect(codes.filter((code) => code === 'decoded')).toHaveLength(4);
    expect(codes.filter((code) => code === 'provider_overloaded')).toHaveLength(46);
    expect(decoder.state.breaker).toBe('closed');
    expect(newCalls()).toBe(4);
  });
});

describe('googleDecode with a budget', () => {
  it('makes no call more than it has, and says why', async () => {
    const { decoder, decode } = createDecoder({ budget: createBudget(10), calls: { failuresToOpen: 1 } });
    for (let index = 0; index < 8; index += 1) await refusalOf(() => decode(`garbage-${index}`, 'enroll'));
    const error = await rejectionOf(decode(play.createToken(), 'enroll'));
    expect(error).toMatchObject({ code: 'provider_budget_exhausted', retryAfterSeconds: 3600 });
    expect(newCalls()).toBe(8);
    expect(decoder.state.breaker).toBe('closed');
    const token = play.createToken();
    expect(await decode(token, 'renew')).toEqual(play.findPayload(token));
  });

  it('spends nothing on what it remembers, on what it does not ask, and on asking again', async () => {
    const { decoder, decode } = createDecoder({ budget: createBudget(10) });
    const token = play.createToken();
    for (let index = 0; index < 20; index += 1) await decode(token, 'renew');
    server.failNext(
      ...Array.from({ length: 2 }, () => ({ kind: 'answer', status: 503, retryAfter: '1' }) as const),
    );
    const again = decode(play.createToken(), 'renew');
    await until(() => timer.pending.includes(1000));
    await timer.pass(1);
    await until(() => timer.pending.includes(1000));
    await timer.pass(1);
    await again;
    // Two of ten are spent. Five failures make it seven; the question that was not answered costs nothing.
    server.failAll(BROKEN);
    for (let index = 0; index < 5; index += 1) await refusalOf(() => decode(undefined, 'renew'));
    await until(() => decoder.state.breaker === 'open');
    for (let index = 0; index < 20; index += 1) await refusalOf(() => decode(undefined, 'renew'));
    server.failAll(null);
    await timer.pass(30);
    // The question whether Google is back is the eighth.
    await decode(undefined, 'renew');
    await decode(undefined, 'renew');
    expect(await refusalOf(() => decode(undefined, 'renew'))).toEqual(
      unavailable('provider_budget_exhausted'),
    );
  });

  it('makes no call if it cannot be counted', async () => {
    const down = new UnavailableError('store_unavailable', { message: 'down' });
    const { decoder, decode } = createDecoder({
      budget: { spend: () => Promise.reject(down) },
      calls: { failuresToOpen: 1 },
    });
    expect(await refusalOf(() => decode())).toEqual(unavailable('store_unavailable'));
    expect(newCalls()).toBe(0);
    expect(decoder.state.breaker).toBe('closed');
  });

  it('is told by the provider what the evidence is for', async () => {
    const purposes: unknown[] = [];
    const { decoder } = createDecoder({
      budget: {
        spend: async ({ purpose }) => {
          purposes.push(purpose);
        },
      },
    });
    const provider = createPlayIntegrityProvider({
      packageName: play.packageName,
      certificateSha256: [play.certificateSha256],
      decode: decoder,
    });
    const expected = {
      challenge: new Uint8Array(),
      publicKey: new Uint8Array(),
      binding: new Uint8Array(32),
    };
    for (const subject of [
      { deviceId: 'd', action: 'enroll' },
      { deviceId: 'd', action: 'renew' },
      undefined,
    ] as const) {
      const token = play.createToken({ binding: expected.binding });
      const evidence = { provider: 'play-integrity', token };
      await provider.verify({ evidence, expected, now: new Date(), ...(subject && { subject }) });
    }
    expect(purposes).toEqual(['enroll', 'renew', null]);
  });
});

/** Lets things happen that take no time of ours until something holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000 && !holds(); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 1));
  expect(holds()).toBe(true);
}
