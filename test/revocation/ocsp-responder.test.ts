import { beforeEach, describe, expect, it } from 'vitest';
import { issueIntermediateCertificate } from '../../src/ca/ca-certificate.js';
import { sha256Hex } from '../../src/core/bytes.js';
import { ConfigurationError, UnavailableError } from '../../src/core/errors.js';
import type { RevocationStatus } from '../../src/contracts/revocation-store.js';
import {
  createOcspResponder,
  type OcspAnswer,
  type OcspResponder,
  type OcspResponderOptions,
} from '../../src/revocation/ocsp-responder.js';
import { createFakeClock } from '../../src/testing/fake-clock.js';
import { parseOcspResponse } from '../../src/testing/contracts/parse-ocsp-response.js';
import { der } from '../../src/x509/der-writer.js';
import { oid } from '../../src/x509/oid.js';
import {
  createAuthority,
  daysFromNow,
  type DeviceCertificate,
  deviceCa,
  deviceCaKey,
  newKey,
  now,
  root,
  rootKey,
  spkiOf,
} from '../ca/pki.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';
import { ask, certIdOf, OcspBackend, revokedBefore } from './ocsp-backend.js';

const formerCaKey = newKey();
const formerCa = await issueIntermediateCertificate({
  issuer: { certificate: root, privateKey: rootKey },
  subject: { commonName: 'Former device CA' },
  publicKey: spkiOf(formerCaKey),
  notBefore: daysFromNow(-10),
  notAfter: daysFromNow(400),
});
const former = { certificate: formerCa, privateKey: formerCaKey };
const authority = createAuthority({
  issuers: [{ certificate: deviceCa, privateKey: deviceCaKey }, former],
});
const formerAuthority = createAuthority({ issuers: [former] });

const malformedRequest = '30030a0101';
const tryLater = '30030a0103';
const unauthorized = '30030a0106';
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

let clock = createFakeClock(now);
let backend = new OcspBackend(authority);
let responder: OcspResponder;
let device: DeviceCertificate;
const create = (options: Partial<OcspResponderOptions> = {}) =>
  createOcspResponder({ ...backend.options(), clock, ...options });

beforeEach(async () => {
  clock = createFakeClock(now);
  backend = new OcspBackend(authority);
  responder = create();
  device = await backend.issue();
});

const question = (about = device, hash: 'sha1' | 'sha256' = 'sha1') =>
  ask([certIdOf({ certificate: about.certificate, issuer: deviceCa }, hash)]);
const read = ({ response }: OcspAnswer) => {
  const { responses, ...answer } = parseOcspResponse(response);
  const [single = expect.unreachable('there is no answer')] = responses;
  return { ...answer, ...single, responses };
};

describe('the status of a certificate', () => {
  it.each(['sha1', 'sha256'] as const)(
    'is good if nothing is known against it, asked with %s',
    async (hash) => {
      const asked = question(device, hash);
      const answer = read(await responder.respond(asked));
      expect(answer).toMatchObject({ status: 'good', nonce: null, producedAt: now, thisUpdate: now });
      expect(answer.nextUpdate).toEqual(new Date(now.getTime() + 3600 * 1000));
      expect(hex(asked)).toContain(hex(answer.certId));
    },
  );

  it('is known of former issuers too', async () => {
    const old = await backend.issue({ authority: formerAuthority });
    const certId = certIdOf({ certificate: old.certificate, issuer: formerCa });
    expect(read(await responder.respond(ask([certId]))).status).toBe('good');
    expect(backend.signed[0]?.issuerId).toBe(old.prepared.issuerId);
  });

  it.each<[string, Partial<RevocationStatus>, number, number]>([
    ['it is', { certificate: revokedBefore(60, 'superseded') }, 60, 4],
    ['its device is suspended or banned', { device: revokedBefore(50, 'privilegeWithdrawn') }, 50, 9],
    ['its key is', { key: revokedBefore(40, 'keyCompromise') }, 40, 1],
    [
      'several are, since the first',
      {
        certificate: revokedBefore(30, 'superseded'),
        device: revokedBefore(70, 'cessationOfOperation'),
        key: revokedBefore(50, 'keyCompromise'),
      },
      70,
      5,
    ],
  ])('is revoked if %s', async (_why, status, seconds, reasonCode) => {
    backend.revoke(device, status);
    const answer = read(await responder.respond(question()));
    expect(answer).toMatchObject({ status: 'revoked', reasonCode });
    expect(answer.revokedAt).toEqual(new Date(now.getTime() - seconds * 1000));
  });

  it('is unknown if it was never issued, or only meant to be', async () => {
    const stranger = await new OcspBackend(authority).issue();
    const intent = await backend.issue({ issued: false });
    for (const about of [stranger, intent]) {
      const answer = await responder.respond(question(about));
      expect(read(answer).status).toBe('unknown');
      expect(answer.cacheable).toBeNull();
    }
  });

  it('is known to who asked too early as soon as it is issued', async () => {
    const asked = await new OcspBackend(authority).issue();
    expect(read(await responder.respond(question(asked))).status).toBe('unknown');
    backend.record(asked);
    expect(read(await responder.respond(question(asked))).status).toBe('good');
  });

  it('is told of each certificate in the order of the questions', async () => {
    const revoked = await backend.issue();
    backend.revoke(revoked, { key: revokedBefore(1, 'keyCompromise') });
    const stranger = await new OcspBackend(authority).issue();
    const certIds = [revoked, device, stranger].map(({ certificate }, index) =>
      certIdOf({ certificate, issuer: deviceCa }, index === 0 ? 'sha256' : 'sha1'),
    );
    const answer = await responder.respond(ask(certIds));
    const { responses } = read(answer);
    expect(responses.map(({ status }) => status)).toEqual(['revoked', 'good', 'unknown']);
    expect(responses.map(({ certId }) => hex(certId))).toEqual(certIds.map(hex));
    expect(answer.cacheable).toBeNull();
  });
});

describe('an answer that anyone may have', () => {
  it('is signed once, and says for how long it may be kept', async () => {
    const first = await responder.respond(question());
    clock.advance(1799);
    const second = await responder.respond(question());
    expect(hex(second.response)).toBe(hex(first.response));
    expect(backend.signed).toHaveLength(1);
    expect(backend.lookUps).toHaveLength(1);
    expect(first.cacheable).toEqual({
      thisUpdate: now,
      nextUpdate: new Date(now.getTime() + 3600 * 1000),
      maxAgeSeconds: 5,
      etag: sha256Hex(first.response),
    });
  });

  it('is made afresh at half its life', async () => {
    await responder.respond(question());
    clock.advance(1800);
    const second = await responder.respond(question());
    expect(read(second).thisUpdate).toEqual(new Date(now.getTime() + 1800 * 1000));
    expect(backend.signed).toHaveLength(2);
  });

  it('is made afresh if the clock was set back before it', async () => {
    await responder.respond(question());
    clock.advance(-10);
    expect(read(await responder.respond(question())).thisUpdate).toEqual(new Date(now.getTime() - 10_000));
  });

  it('is dropped at once when the certificate is revoked, for another reason, or no longer', async () => {
    const asked = question();
    const statusNow = async () => read(await responder.respond(asked));
    expect((await statusNow()).status).toBe('good');
    backend.revoke(device, { device: revokedBefore(9, 'unspecified') });
    expect(await statusNow()).toMatchObject({ status: 'revoked', reasonCode: null });
    backend.revoke(device, { device: revokedBefore(9, 'keyCompromise') });
    expect(await statusNow()).toMatchObject({ status: 'revoked', reasonCode: 1 });
    backend.revoke(device, { device: revokedBefore(19, 'keyCompromise') });
    expect((await statusNow()).revokedAt).toEqual(new Date(now.getTime() - 19_000));
    backend.revoke(device, {});
    expect((await statusNow()).status).toBe('good');
    expect(backend.signed).toHaveLength(5);
  });

  it('is kept for so many questions only', async () => {
    responder = create({ cacheCapacity: 2 });
    const others = [await backend.issue(), await backend.issue(), await backend.issue()];
    for (const about of [device, ...others, device]) await responder.respond(question(about));
    expect(backend.signed).toHaveLength(5);
  });

  it('is kept for each way of asking', async () => {
    for (const hash of ['sha1', 'sha256', 'sha1', 'sha256'] as const) {
      const asked = question(device, hash);
      expect(hex(asked)).toContain(hex(read(await responder.respond(asked)).certId));
    }
    expect(backend.signed).toHaveLength(2);
  });

  it('is none to a question with a nonce, which is signed each time', async () => {
    const certIds = [certIdOf({ certificate: device.certificate, issuer: deviceCa })];
    await responder.respond(ask(certIds));
    for (const octet of [1, 2]) {
      const nonce = new Uint8Array(32).fill(octet);
      const answer = await responder.respond(ask(certIds, nonce));
      expect(Buffer.from(read(answer).nonce ?? [])).toEqual(Buffer.from(nonce));
      expect(answer.cacheable).toBeNull();
    }
    expect(read(await responder.respond(ask(certIds))).nonce).toBeNull();
    expect(backend.signed).toHaveLength(3);
  });
});

describe('there is no answer', () => {
  const expectRefusal = async (asked: Uint8Array, expected: string) => {
    const answer = await responder.respond(asked);
    expect(hex(answer.response)).toBe(expected);
    expect(answer.cacheable).toBeNull();
  };
  const about = (nameHash: Uint8Array, keyHash: Uint8Array, algorithm: string = oid.sha1) =>
    ask([
      der.sequence(
        der.sequence(der.objectIdentifier(algorithm), der.null()),
        der.octetString(nameHash),
        der.octetString(keyHash),
        der.integer(1n),
      ),
    ]);

  it('to what is no question', async () => {
    await expectRefusal(Buffer.from('3003020101', 'hex'), malformedRequest);
  });

  it('about certificates of an issuer whose name or key is not ours', async () => {
    // Hashes stand at the same place in every CertID: after the algorithm.
    const certId = Buffer.from(certIdOf({ certificate: device.certificate, issuer: deviceCa }));
    const nameHash = certId.subarray(15, 35);
    const keyHash = certId.subarray(37, 57);
    expect(hex((await responder.respond(about(nameHash, keyHash))).response)).not.toBe(unauthorized);
    await expectRefusal(about(new Uint8Array(20), keyHash), unauthorized);
    await expectRefusal(about(nameHash, new Uint8Array(20)), unauthorized);
    await expectRefusal(about(nameHash, keyHash, oid.sha384), unauthorized);
  });

  it('about certificates of two issuers at once', async () => {
    const old = await backend.issue({ authority: formerAuthority });
    const certIds = [
      certIdOf({ certificate: device.certificate, issuer: deviceCa }),
      certIdOf({ certificate: old.certificate, issuer: formerCa }),
    ];
    await expectRefusal(ask(certIds), unauthorized);
    await expectRefusal(ask([...certIds].reverse()), unauthorized);
  });

  it('while the store of certificates is away', async () => {
    backend.storeFailure = new UnavailableError('store_unavailable', { message: 'away' });
    await expectRefusal(question(), tryLater);
  });

  it('while the status is not known, even if there was an answer before', async () => {
    await responder.respond(question());
    backend.statusFailure = new UnavailableError('store_rolled_back', { message: 'behind' });
    await expectRefusal(question(), tryLater);
    await expectRefusal(question(await backend.issue()), tryLater);
  });

  it('while the key is away', async () => {
    const signOcsp = async () =>
      Promise.reject(new UnavailableError('authority_unavailable', { message: 'away' }));
    responder = create({ authority: { issuers: authority.issuers, signOcsp } });
    await expectRefusal(question(), tryLater);
  });

  it('and an error of the program is none of these', async () => {
    backend.storeFailure = new TypeError('a bug');
    expect(await rejectionOf(responder.respond(question()))).toBe(backend.storeFailure);
  });
});

it.each<Partial<OcspResponderOptions>>([
  { lifetimeSeconds: 59 },
  { lifetimeSeconds: 7 * 24 * 3600 + 1 },
  { refreshSeconds: 0 },
  { refreshSeconds: 3601, lifetimeSeconds: 24 * 3600 },
  { refreshSeconds: 30, lifetimeSeconds: 60 },
  { cacheCapacity: 1 },
  { cacheCapacity: 1.5 },
])('a responder is not made with %o', (options) => {
  expect(thrownBy(() => create(options))).toBeInstanceOf(ConfigurationError);
});
