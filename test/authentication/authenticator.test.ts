import { describe, expect, it } from 'vitest';
import {
  directTls,
  UnavailableError,
  type DeviceTrustEvent,
  type EventSink,
  type TokenPresenter,
} from '../../src/index.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { BEGIN, END, name, NOW } from '../x509/forge.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';
import { createCa, createGate, DEVICE_ID, issue } from './gate.js';

const ca = createCa('devices', 'aa01');
const releases = createCa('releases', 'bb01');
const certificate = issue(ca);
const release = issue(releases, { subject: name('app 1.2') });
const issuers = { deviceIssuers: [ca.certificate], bootstrapIssuers: [releases.certificate] };
const shifted = (time: Date, milliseconds: number) => new Date(time.getTime() + milliseconds);

describe('the dates of a device certificate', () => {
  it('count from the first to the last moment', async () => {
    const gate = createGate(issuers);
    for (const moment of [BEGIN, END]) {
      gate.clock.set(moment);
      expect(await gate.authenticateDevice(certificate)).toMatchObject({ deviceId: DEVICE_ID });
    }
    gate.clock.set(shifted(BEGIN, -1));
    expect(await rejectionOf(gate.authenticateDevice(certificate))).toMatchObject({
      code: 'certificate_not_yet_valid',
      message: 'the certificate is not valid yet',
    });
    gate.clock.set(shifted(END, 1));
    expect(await rejectionOf(gate.authenticateDevice(certificate))).toMatchObject({
      code: 'certificate_expired',
      message: 'the certificate has expired',
      action: 'renew',
    });
  });

  it('may be stretched by the grace of its tier, to the last moment', async () => {
    const gate = createGate(issuers);
    const asked: string[] = [];
    const graceSeconds = (tier: string) => {
      asked.push(tier);
      return 60;
    };
    gate.clock.set(END);
    await gate.authenticateDevice(certificate, { graceSeconds });
    expect(asked).toEqual([]);
    gate.clock.set(shifted(END, 60_000));
    expect(await gate.authenticateDevice(certificate, { graceSeconds })).toMatchObject({ tier: 'strong' });
    expect(asked).toEqual(['strong']);
    gate.clock.set(shifted(END, 60_001));
    expect(await rejectionOf(gate.authenticateDevice(certificate, { graceSeconds }))).toMatchObject({
      code: 'certificate_expired',
      action: 'reenroll',
    });
  });
});

describe('a bootstrap certificate', () => {
  it('opens nothing but enrolment', async () => {
    const gate = createGate(issuers);
    const refused = {
      code: 'device_certificate_required',
      message: 'a bootstrap certificate is no device',
    };
    expect(await rejectionOf(gate.authenticateDevice(release))).toMatchObject(refused);
    expect(await rejectionOf(gate.authenticate(release))).toMatchObject(refused);
  });
});

describe('a proven request', () => {
  it('shows the binding of tokens who presents them', async () => {
    const presenters: TokenPresenter[] = [];
    const gate = createGate({
      ...issuers,
      tokenBinding: { verify: (_token, presenter) => void presenters.push(presenter) },
    });
    const { device } = await gate.authenticate(certificate);
    expect(presenters).toEqual([
      { deviceId: DEVICE_ID, publicKeySha256: device.publicKeySha256, certificate },
    ]);
  });

  it('needs every scope that the route demands', async () => {
    const gate = createGate({
      ...issuers,
      accessTokens: {
        verify: async () => ({ subject: 'alice', scopes: ['read', 'write'], expiresAt: END, claims: {} }),
      },
    });
    for (const scopes of [[], ['write'], ['write', 'read']]) {
      expect(await gate.authenticate(certificate, { scopes })).toMatchObject({
        accessToken: { subject: 'alice' },
      });
    }
    for (const scopes of [['admin'], ['read', 'admin'], ['READ'], ['read write']]) {
      expect(await rejectionOf(gate.authenticate(certificate, { scopes }))).toMatchObject({
        code: 'access_token_scope_insufficient',
        message: 'the access token lacks a scope that the route demands',
      });
    }
  });

  it('has its token read with the header, and judged by the same clock', async () => {
    const seen: unknown[] = [];
    const gate = createGate({
      ...issuers,
      accessTokens: {
        verify: async (...call) => {
          seen.push(...call);
          return { subject: 'alice', scopes: [], expiresAt: END, claims: {} };
        },
      },
    });
    await gate.authenticate(certificate);
    expect(seen).toEqual(['token', NOW]);
  });
});

describe('a refusal', () => {
  const gateWith = (record: EventSink['record'], more: object = {}) =>
    createGate({ ...issuers, events: { record }, ...more });
  const collect = () => {
    const events: DeviceTrustEvent[] = [];
    return { events, record: (event: DeviceTrustEvent) => void events.push(event) };
  };
  const refusal = (code: string, more: object = {}) => ({
    type: 'request_refused',
    at: NOW,
    deviceId: null,
    serialNumber: null,
    code,
    reasons: [],
    ...more,
  });

  it('is recorded with the device, where it is one', async () => {
    const { events, record } = collect();
    const gate = gateWith(record);
    await rejectionOf(gate.authenticate(certificate, { scopes: ['admin'] }));
    expect(events).toEqual([
      refusal('access_token_scope_insufficient', { deviceId: DEVICE_ID, serialNumber: '1001' }),
    ]);
  });

  it('is recorded without one, where it is none', async () => {
    const { events, record } = collect();
    const gate = gateWith(record);
    for (const peer of [release, null, issue(ca, { names: [] })]) await rejectionOf(gate.authenticate(peer));
    expect(events).toEqual([
      refusal('device_certificate_required'),
      refusal('client_certificate_required'),
      refusal('certificate_untrusted', { reasons: ['device_id_missing'] }),
    ]);
  });

  it('is recorded without reasons, where it is no verdict', async () => {
    const { events, record } = collect();
    const down = new UnavailableError('store_unavailable', { message: 'down' });
    const status = { find: () => Promise.reject(down), recordFirstUse: async () => undefined };
    const gate = gateWith(record, { status });
    expect(await rejectionOf(gate.authenticate(certificate))).toBe(down);
    expect(events).toEqual([refusal('store_unavailable', { deviceId: DEVICE_ID, serialNumber: '1001' })]);
  });

  it('is not made up: a mistake in code is recorded nowhere, and a success neither', async () => {
    const { events, record } = collect();
    const mistake = new TypeError('a mistake');
    const tokenBinding = {
      verify: () => {
        throw mistake;
      },
    };
    expect(await rejectionOf(gateWith(record, { tokenBinding }).authenticate(certificate))).toBe(mistake);
    await gateWith(record).authenticate(certificate);
    expect(events).toEqual([]);
  });

  it('stands, though there is nobody to record it', async () => {
    expect(await rejectionOf(createGate(issuers).authenticate(null))).toMatchObject({
      code: 'client_certificate_required',
    });
  });

  it('that cannot be recorded is told as that', async () => {
    const cause = new Error('disk full');
    const gate = gateWith(() => Promise.reject(cause));
    expect(await rejectionOf(gate.authenticate(null))).toMatchObject({
      name: 'UnavailableError',
      code: 'audit_unavailable',
      message: 'the event sink did not take the event',
      cause,
    });
  });
});

describe('an authenticator', () => {
  it.each([0, 1, 10_000_001, 2.5])('is not made with room for %d', (cacheCapacity) => {
    const error = thrownBy(() => createGate({ ...issuers, cacheCapacity }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option: 'cacheCapacity' });
  });
});

describe('a connection that ends here', () => {
  const source = directTls();
  const addressOf = (socket: object | null) => source.readAddress({ socket, rawHeaders: [] });
  const peerOf = (socket: object | null) => source.readPeerCertificate({ socket, rawHeaders: [] });

  it('has the address of its socket, or none', () => {
    expect(addressOf({ remoteAddress: '10.0.0.1' })).toBe('10.0.0.1');
    for (const socket of [null, {}, { remoteAddress: undefined }, { remoteAddress: 1 }]) {
      expect(addressOf(socket)).toBeNull();
    }
  });

  it('has the certificate of its socket, or none', () => {
    expect(peerOf({ getPeerX509Certificate: () => ({ raw: certificate }) })).toEqual({ certificate });
    for (const socket of [
      null,
      {},
      { getPeerX509Certificate: true },
      { getPeerX509Certificate: () => undefined },
    ]) {
      expect(peerOf(socket)).toBeNull();
    }
  });
});
