import { describe, expect, it } from 'vitest';
import { issueBootstrapCertificate, type BootstrapAlarm, type DeviceTrustEvent } from '../../src/index.js';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { ConfigurationError } from '../../src/core/errors.js';
import { createBootstrapGuard } from '../../src/enrolment/bootstrap-guard.js';
import { createBackend, newKey, peerFrom, type Backend } from '../backend.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';

const at = (minutes: number) => new Date(Date.UTC(2026, 5, 1, 12, minutes));
const release = { release: 'app 4.2', certificateSha256: 'aa'.repeat(32) };

/** The bootstrap certificate of another release of the same app. */
async function anotherRelease({ pki }: Backend, name: string) {
  const { notAfter, notBefore } = {
    notBefore: new Date('2026-05-31T12:00:00Z'),
    notAfter: new Date('2026-12-01T12:00:00Z'),
  };
  const certificate = await issueBootstrapCertificate({
    issuer: { certificate: pki.bootstrapCa.certificate, privateKey: { pem: pki.bootstrapCa.privateKey } },
    release: name,
    publicKey: createPublicKey(newKey()).export({ format: 'der', type: 'spki' }),
    notBefore,
    notAfter,
  });
  return { certificate };
}

describe('a retired release', () => {
  it('gets no challenge and no certificate from its cut-off date on, and the app is told to update', async () => {
    const acceptedUntil = new Date('2026-06-02T00:00:00Z');
    const backend = await createBackend({
      bootstrap: { retirements: [{ release: 'app 1.0', acceptedUntil }] },
    });
    const peer = await anotherRelease(backend, 'app 1.0');
    const challenge = await backend.challenge('enroll', peer);
    backend.clock.set(acceptedUntil);
    const retired = { status: 403, body: { code: 'bootstrap_retired', action: 'update' } };
    expect(await backend.send('POST', '/challenges', { peer, body: { purpose: 'enroll' } })).toMatchObject(
      retired,
    );
    expect(await backend.enroll({ peer, challenge })).toMatchObject(retired);
    expect(backend.events.at(-1)).toMatchObject({ type: 'request_refused', code: 'bootstrap_retired' });
  });

  it('enrols up to the last moment, and its devices go on and renew after it', async () => {
    const acceptedUntil = new Date('2026-06-02T00:00:00Z');
    const backend = await createBackend({
      bootstrap: { retirements: [{ release: 'app 1.0', acceptedUntil }] },
    });
    const peer = await anotherRelease(backend, 'app 1.0');
    backend.clock.set(new Date(acceptedUntil.getTime() - 1));
    const device = peerFrom(await backend.enroll({ peer }));
    backend.clock.set(acceptedUntil);
    expect(await backend.authenticate(device)).toMatchObject({ accessToken: { subject: 'alice' } });
    expect(await backend.renew({ peer: device })).toMatchObject({ status: 201 });
  });

  it('does not take the other releases with it', async () => {
    const retirements = [{ release: 'app 1.0', acceptedUntil: new Date(0) }];
    const backend = await createBackend({ bootstrap: { retirements } });
    expect(await backend.enroll({ peer: await anotherRelease(backend, 'app 2.0') })).toMatchObject({
      status: 201,
    });
    expect(await backend.enroll()).toMatchObject({ status: 201 });
  });

  it('may be named by the fingerprint of its certificate', async () => {
    const first = await createBackend();
    const sha256 = new X509Certificate(first.pki.bootstrap.certificate).fingerprint256;
    const guard = createBootstrapGuard({
      retirements: [{ release: sha256.replaceAll(':', '').toLowerCase(), acceptedUntil: at(0) }],
    });
    const identity = { release: 'any', certificateSha256: sha256.replaceAll(':', '').toLowerCase() };
    await guard.admit(identity, at(-1));
    expect(await rejectionOf(guard.admit(identity, at(0)))).toMatchObject({ code: 'bootstrap_retired' });
  });
});

describe('the count of use', () => {
  const guarded = (alarm: BootstrapAlarm) => {
    const events: DeviceTrustEvent[] = [];
    return {
      events,
      guard: createBootstrapGuard({ alarm, events: { record: (event) => void events.push(event) } }),
    };
  };
  const use = async (guard: ReturnType<typeof guarded>['guard'], times: number, minutes: number) => {
    for (let index = 0; index < times; index += 1) await guard.admit(release, at(minutes));
  };

  it('is kept for each release', async () => {
    const { guard } = guarded({ windowSeconds: 60 });
    await use(guard, 3, 0);
    await guard.admit({ release: 'app 4.3', certificateSha256: 'bb'.repeat(32) }, at(0));
    await use(guard, 2, 1);
    expect(guard.describe()).toEqual([
      { ...release, requests: 5, windowRequests: 2, usualWindowRequests: 3 },
      {
        release: 'app 4.3',
        certificateSha256: 'bb'.repeat(32),
        requests: 1,
        windowRequests: 1,
        usualWindowRequests: 0,
      },
    ]);
  });

  it('raises the alarm once in a window in which it jumps', async () => {
    const { guard, events } = guarded({ windowSeconds: 60, factor: 5, minimum: 10 });
    for (let minute = 0; minute < 5; minute += 1) await use(guard, 4, minute);
    expect(events).toEqual([]);
    await use(guard, 19, 5);
    expect(events).toEqual([]);
    await use(guard, 10, 5);
    expect(events).toEqual([
      {
        type: 'bootstrap_use_jumped',
        at: at(5),
        ...release,
        windowSeconds: 60,
        windowRequests: 20,
        usualWindowRequests: 4,
      },
    ]);
    await use(guard, 100, 6);
    expect(events).toHaveLength(2);
  });

  it('raises none below the minimum, however great the jump', async () => {
    const { guard, events } = guarded({ windowSeconds: 60, factor: 2, minimum: 100 });
    await use(guard, 99, 0);
    expect(events).toEqual([]);
    await use(guard, 1, 0);
    expect(events).toHaveLength(1);
  });

  it('takes windows without any use into the average, and forgets what is older than a day', async () => {
    const { guard } = guarded({ windowSeconds: 60 });
    await use(guard, 10, 0);
    await use(guard, 1, 5);
    expect(guard.describe()).toMatchObject([{ usualWindowRequests: 2 }]);
    await use(guard, 1, 5 + 24 * 60 + 1);
    expect(guard.describe()).toMatchObject([{ usualWindowRequests: 0, requests: 12 }]);
  });

  it('does not start a window anew when the clock goes back', async () => {
    const { guard, events } = guarded({ windowSeconds: 60, minimum: 3 });
    await use(guard, 2, 1);
    await use(guard, 1, 0);
    expect(events).toHaveLength(1);
  });

  it('refuses the request whose alarm nobody took', async () => {
    const guard = createBootstrapGuard({
      alarm: { minimum: 1 },
      events: { record: () => Promise.reject(new Error('full')) },
    });
    expect(await rejectionOf(guard.admit(release, at(0)))).toMatchObject({ code: 'audit_unavailable' });
  });

  it('is shown to administrators', async () => {
    const backend = await createBackend();
    await backend.enroll();
    const { body } = await backend.administer('GET', '/admin/status');
    expect(body['bootstrap']).toMatchObject([{ requests: 2, windowRequests: 2 }]);
  });
});

describe('the guard', () => {
  it.each([
    ['a window of nothing', { alarm: { windowSeconds: 0 } }],
    ['a factor of one', { alarm: { factor: 1 } }],
    ['a minimum of nothing', { alarm: { minimum: 0 } }],
    ['a release without a name', { retirements: [{ release: '', acceptedUntil: at(0) }] }],
    ['a time that is none', { retirements: [{ release: 'x', acceptedUntil: new Date(NaN) }] }],
    [
      'a release twice',
      {
        retirements: [
          { release: 'x', acceptedUntil: at(0) },
          { release: 'x', acceptedUntil: at(1) },
        ],
      },
    ],
  ])('refuses %s', (_what, options) => {
    expect(thrownBy(() => createBootstrapGuard(options))).toBeInstanceOf(ConfigurationError);
  });
});
