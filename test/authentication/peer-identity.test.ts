import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { der } from '../../src/x509/der-writer.js';
import { oid } from '../../src/x509/oid.js';
import { BEGIN, END, name, nameOf, newKeyPair, NOW, spkiOf } from '../x509/forge.js';
import { thrownBy } from '../thrown-by.js';
import { createCa, createGate, DEVICE_ID, deviceUri, issue, STRONG } from './gate.js';

const devices = createCa('devices', 'aa01');
const more = createCa('more devices', 'aa02');
const releases = createCa('releases', 'bb01');
const deviceIssuers = [devices.certificate, more.certificate];
const bootstrapIssuers = [releases.certificate];
const newGate = () => createGate({ deviceIssuers, bootstrapIssuers });
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const untrusted = (...reasons: readonly string[]) => ({
  name: 'RejectedError',
  code: 'certificate_untrusted',
  message: 'the client certificate is not in the profile of device certificates',
  reasons,
});
const shifted = (time: Date, milliseconds: number) => new Date(time.getTime() + milliseconds);

describe('a device certificate', () => {
  it.each([
    [devices, STRONG, 'strong'],
    [more, '1.3.6.1.4.1.32473.1.0', 'none'],
  ])('is the device of its profile, each time anew', (ca, policy, tier) => {
    const keys = newKeyPair();
    const certificate = issue(ca, { keys, policy: [policy], serial: der.integer(0x1a2b3c4dn) });
    const gate = newGate();
    const identity = {
      kind: 'device',
      deviceId: DEVICE_ID,
      tier,
      issuerId: ca.keyId,
      serialNumber: '1a2b3c4d',
      publicKeySha256: sha256(spkiOf(keys)),
      notBefore: BEGIN,
      notAfter: END,
    };
    const [first, second, third] = [1, 2, 3].map(() => gate.identify(certificate));
    expect([first, second, third]).toEqual([identity, identity, identity]);
    // Remembered, and nobody else's to change.
    second?.notAfter.setTime(0);
    expect(gate.identify(certificate)).toEqual(identity);
  });

  it('is found under a CA whose name it writes in other letters', () => {
    expect(newGate().identify(issue({ ...devices, subject: name('DEVICES') }))).toMatchObject({
      issuerId: 'aa01',
    });
  });

  it('is found under the CA that signed it, among two of one name', () => {
    const twin = createCa('devices', 'aa03');
    const gate = createGate({ deviceIssuers: [devices.certificate, twin.certificate] });
    expect([devices, twin].map((ca) => gate.identify(issue(ca)))).toMatchObject([
      { issuerId: 'aa01' },
      { issuerId: 'aa03' },
    ]);
  });

  it('ends with its CA, whatever it says', () => {
    const later = shifted(END, 1000);
    expect(newGate().identify(issue(devices, { notAfter: der.time(later) }))).toMatchObject({
      notAfter: END,
    });
    const sooner = shifted(END, -1000);
    expect(newGate().identify(issue(devices, { notAfter: der.time(sooner) }))).toMatchObject({
      notAfter: sooner,
    });
  });

  it('is nothing once its CA has ended', () => {
    const ended = createCa('devices', 'aa01', {
      keys: devices.keys,
      notAfter: der.time(shifted(NOW, -1000)),
    });
    const gate = createGate({ deviceIssuers: [ended.certificate] });
    expect(thrownBy(() => gate.identify(issue(ended)))).toMatchObject({
      code: 'certificate_untrusted',
      reasons: ['certificate_expired'],
    });
  });

  it('may be of before its start, and after its end: dates are judged with its status', () => {
    const gate = newGate();
    const certificate = issue(devices, { notBefore: der.time(shifted(NOW, 1000)) });
    expect(gate.identify(certificate)).toMatchObject({ kind: 'device', notBefore: shifted(NOW, 1000) });
    const over = issue(devices, { notAfter: der.time(shifted(NOW, -1000)) });
    expect(gate.identify(over)).toMatchObject({ kind: 'device', notAfter: shifted(NOW, -1000) });
  });

  it('that ended decades ago is a device still, which its dates will refuse', () => {
    const long = { notBefore: der.time(new Date('2000-01-01T00:00:00Z')) };
    const old = createCa('devices', 'aa01', long);
    const gate = createGate({ deviceIssuers: [old.certificate] });
    const notAfter = new Date('2000-01-15T00:00:00Z');
    expect(gate.identify(issue(old, { ...long, notAfter: der.time(notAfter) }))).toMatchObject({
      kind: 'device',
      notAfter,
    });
  });

  it.each<[string, Parameters<typeof issue>[1], string]>([
    ['no name', { names: [] }, 'device_id_missing'],
    ['a second name', { names: [deviceUri(), deviceUri()] }, 'device_id_missing'],
    ['an id in capitals', { names: [deviceUri(`urn:uuid:${DEVICE_ID.toUpperCase()}`)] }, 'device_id_missing'],
    ['an id that goes on', { names: [deviceUri(`urn:uuid:${DEVICE_ID}0`)] }, 'device_id_missing'],
    ['an id after something else', { names: [deviceUri(`x:urn:uuid:${DEVICE_ID}`)] }, 'device_id_missing'],
    ['an id without its kind', { names: [deviceUri(DEVICE_ID)] }, 'device_id_missing'],
    ['no policy', { policy: [] }, 'tier_missing'],
    ['the policy of no tier', { policy: ['1.3.6.1.4.1.32473.1.9'] }, 'tier_missing'],
    ['two policies', { policy: [STRONG, '1.3.6.1.4.1.32473.1.0'] }, 'tier_missing'],
  ])('with %s is not in the profile', (_what, parts, reason) => {
    expect(thrownBy(() => newGate().identify(issue(devices, parts)))).toMatchObject(untrusted(reason));
  });

  it('is told why if it is none', () => {
    const gate = newGate();
    for (const certificate of [null, new Uint8Array()]) {
      expect(thrownBy(() => gate.identify(certificate))).toMatchObject({
        code: 'client_certificate_required',
        message: 'there is no client certificate',
      });
    }
    const error = thrownBy(() => gate.identify(Buffer.of(0x30, 0)));
    expect(error).toMatchObject({
      code: 'certificate_untrusted',
      message: 'the client certificate is not well formed',
      cause: { name: 'MalformedError' },
    });
  });
});

describe('a bootstrap certificate', () => {
  const release = (parts: Parameters<typeof issue>[1] = {}) =>
    issue(releases, { subject: name('app 1.2'), names: [], policy: [], ...parts });

  it('is the release of its subject, and no device', () => {
    const certificate = release();
    const gate = newGate();
    const identity = {
      kind: 'bootstrap',
      certificateSha256: sha256(certificate),
      release: 'app 1.2',
      notBefore: BEGIN,
      notAfter: END,
    };
    expect([gate.identify(certificate), gate.identify(certificate)]).toEqual([identity, identity]);
  });

  it('is no device, though it says so', () => {
    expect(newGate().identify(issue(releases))).toMatchObject({ kind: 'bootstrap' });
  });

  it('is named by all common names that it has', () => {
    const part = (text: string) => [oid.commonName, der.utf8String(text)] as const;
    const gate = newGate();
    expect(gate.identify(release({ subject: nameOf(part('a'), part('b')) }))).toMatchObject({
      release: 'a b',
    });
    const nameless = release({ subject: nameOf([oid.organizationName, der.utf8String('a')]) });
    expect(gate.identify(nameless)).toMatchObject({ release: '' });
  });

  it('ends with its CA, whatever it says, also when it was known before', () => {
    const soon = shifted(NOW, 1000);
    const ending = createCa('releases', 'bb01', { keys: releases.keys, notAfter: der.time(soon) });
    const gate = createGate({ deviceIssuers, bootstrapIssuers: [ending.certificate] });
    const certificate = release();
    expect(gate.identify(certificate)).toMatchObject({ kind: 'bootstrap', notAfter: soon });
    gate.clock.set(shifted(soon, 1));
    expect(thrownBy(() => gate.identify(certificate))).toMatchObject({
      code: 'certificate_expired',
      action: 'update',
    });
    expect(thrownBy(() => gate.identify(release()))).toMatchObject({ code: 'certificate_untrusted' });
  });

  it('counts from its first to its last moment, also when it was known before', () => {
    const gate = newGate();
    const certificate = release();
    for (const moment of [BEGIN, END]) {
      gate.clock.set(moment);
      expect(gate.identify(certificate)).toMatchObject({ kind: 'bootstrap' });
    }
    for (const fresh of [gate, newGate()]) {
      fresh.clock.set(shifted(BEGIN, -1));
      expect(thrownBy(() => fresh.identify(certificate))).toMatchObject({
        code: 'certificate_not_yet_valid',
        message: 'the bootstrap certificate is not valid yet',
        action: null,
      });
    }
    gate.clock.set(shifted(END, 1));
    expect(thrownBy(() => gate.identify(certificate))).toMatchObject({
      code: 'certificate_expired',
      message: 'the bootstrap certificate has expired',
      action: 'update',
    });
  });
});
