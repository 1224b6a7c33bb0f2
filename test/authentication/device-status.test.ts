import { describe, expect, it } from 'vitest';
import { UnavailableError, type CertificateStatus, type Revocation } from '../../src/index.js';
import { RejectedError } from '../../src/core/errors.js';
import { NOW } from '../x509/forge.js';
import { rejectionOf } from '../thrown-by.js';
import { createCa, createGate, DEVICE_ID, issue, onRecord } from './gate.js';

const ca = createCa('devices', 'aa01');
const certificate = issue(ca);
const AT = new Date('2025-05-20T00:00:00Z');

function gateOf(status: CertificateStatus | Promise<CertificateStatus>) {
  const used: unknown[][] = [];
  const gate = createGate({
    deviceIssuers: [ca.certificate],
    status: {
      find: () => status,
      recordFirstUse: async (...call) => {
        used.push(call);
      },
    },
  });
  return { ...gate, used };
}

const revocation = (subject: Revocation['subject']): Revocation => ({
  subject,
  reason: 'keyCompromise',
  at: AT,
  sequence: 1,
});
const ofDevice = (state: 'suspended' | 'banned' | 'good') =>
  revocation({ kind: 'device', deviceId: DEVICE_ID, state } as Revocation['subject']);
const ofCertificate = revocation({
  kind: 'certificate',
  issuerId: 'aa01',
  serialNumber: '1001',
  crlShard: 0,
  notAfter: AT,
});
const ofKey = revocation({ kind: 'key', publicKeySha256: '00' });

describe('a device whose certificate is on record', () => {
  it('is what certificate and record say together', async () => {
    const gate = gateOf(onRecord());
    expect(await gate.authenticateDevice(certificate)).toEqual({
      ...gate.identify(certificate),
      issuedAt: new Date('2025-05-01T00:00:00Z'),
      providers: ['play-integrity'],
      evidenceAt: new Date('2025-05-01T00:00:00Z'),
    });
    expect(gate.used).toEqual([]);
  });

  it('is the same from a source that answers later', async () => {
    expect(await gateOf(Promise.resolve(onRecord())).authenticateDevice(certificate)).toMatchObject({
      deviceId: DEVICE_ID,
    });
  });

  it('is put on record when it comes for the first time', async () => {
    const gate = gateOf(onRecord({ firstUsedAt: null }));
    const device = await gate.authenticateDevice(certificate);
    expect(gate.used).toEqual([[gate.identify(certificate), NOW]]);
    expect(device).toMatchObject({ kind: 'device', deviceId: DEVICE_ID });
  });

  it('is not let in if its first use cannot be recorded', async () => {
    const gate = createGate({
      deviceIssuers: [ca.certificate],
      status: {
        find: () => onRecord({ firstUsedAt: null }),
        recordFirstUse: () => Promise.reject(new UnavailableError('store_unavailable', { message: 'down' })),
      },
    });
    expect(await rejectionOf(gate.authenticateDevice(certificate))).toMatchObject({
      code: 'store_unavailable',
    });
  });

  it.each<[string, string, CertificateStatus]>([
    [
      'certificate_unknown',
      'the store has no record of the certificate',
      { ...onRecord(), certificate: null },
    ],
    ['certificate_unknown', 'the store has no record of the certificate', onRecord({ issuedAt: null })],
    [
      'certificate_unknown',
      'the store has no record of the certificate',
      onRecord({ deviceId: '11111111-4f50-4162-8738-495a6b7c8d9e' }),
    ],
    ['certificate_superseded', 'a newer certificate is in use', onRecord({ supersededAt: AT })],
    ['device_banned', 'the device is banned', onRecord({}, { device: ofDevice('banned') })],
    ['device_suspended', 'the device is suspended', onRecord({}, { device: ofDevice('suspended') })],
    [
      'certificate_revoked',
      'the certificate or its key has been revoked',
      onRecord({}, { certificate: ofCertificate }),
    ],
    ['certificate_revoked', 'the certificate or its key has been revoked', onRecord({}, { key: ofKey })],
    // What weighs more comes first: the app is told to stop rather than to enrol again.
    [
      'device_banned',
      'the device is banned',
      onRecord({ supersededAt: AT }, { device: ofDevice('banned'), certificate: ofCertificate, key: ofKey }),
    ],
    [
      'certificate_revoked',
      'the certificate or its key has been revoked',
      onRecord({ supersededAt: AT, firstUsedAt: null }, { key: ofKey }),
    ],
  ])('is refused as %s: %s', async (code, message, status) => {
    const gate = gateOf(status);
    const error = await rejectionOf(gate.authenticateDevice(certificate));
    expect(error).toBeInstanceOf(RejectedError);
    expect(error).toMatchObject({ code, message });
    expect(gate.used).toEqual([]);
  });

  it('is refused by a word about it that is of no kind we know', async () => {
    // A source in JavaScript: whatever stands there is not a clean record.
    const strange = revocation({ kind: 'other', state: 'banned' } as unknown as Revocation['subject']);
    const error = await rejectionOf(
      gateOf(onRecord({}, { device: strange })).authenticateDevice(certificate),
    );
    expect(error).toMatchObject({ code: 'device_suspended' });
  });
});
