import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { UnavailableError, type CertificateAuthority, type IntegrityProvider } from '../../src/index.js';
import { encodePem, parsePem } from '../../src/x509/pem.js';
import { createMemoryStores } from '../../src/memory.js';
import { createBackend, createCsr, newKey, peerFrom, type Ask, type Backend } from '../backend.js';

/** The challenge was not used up: a good request with it still gets a certificate. */
async function expectUnused(backend: Backend, challenge: string) {
  expect(await backend.enroll({ challenge })).toMatchObject({ status: 201 });
}

describe('enrolment', () => {
  it('gives a genuine device a certificate for its key, its identity and its tier', async () => {
    const backend = await createBackend();
    const key = newKey();
    const answer = await backend.enroll({ key });
    expect(answer).toMatchObject({
      status: 201,
      headers: { 'cache-control': 'no-store' },
      body: { tier: 'strong' },
    });
    const certificate = new X509Certificate(String(answer.body['certificate']));
    expect(certificate.checkPrivateKey(key)).toBe(true);
    expect(certificate.subjectAltName).toBe(`URI:urn:uuid:${String(answer.body['deviceId'])}`);
    expect(certificate.serialNumber.toLowerCase()).toBe(answer.body['serialNumber']);
    expect(answer.body['chain']).toEqual([backend.pki.deviceCa.certificate]);
    expect(certificate.verify(new X509Certificate(backend.pki.deviceCa.certificate).publicKey)).toBe(true);
    expect(new Date(certificate.validTo).toISOString()).toBe(answer.body['notAfter']);
    expect(backend.events).toMatchObject([
      { type: 'certificate_issued', tier: 'strong', deviceId: answer.body['deviceId'], action: 'enroll' },
    ]);
  });

  it.each([
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
    ['RSA 2048', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['Ed25519', () => generateKeyPairSync('ed25519').privateKey],
  ])('certifies a key of kind %s', async (_kind, createKey) => {
    expect(await (await createBackend()).enroll({ key: createKey() })).toMatchObject({ status: 201 });
  });

  it('takes the CSR as PEM, base64 and base64url', async () => {
    const backend = await createBackend();
    const key = newKey();
    const der = Buffer.from(parsePem(createCsr(key), 'CERTIFICATE REQUEST')[0] ?? []);
    for (const csr of [
      encodePem('NEW CERTIFICATE REQUEST', der),
      der.toString('base64'),
      der.toString('base64url'),
    ]) {
      expect(await backend.enroll({ key, csr })).toMatchObject({ status: 201 });
    }
  });

  it('answers the same request with the same certificate, also when the challenge has expired meanwhile', async () => {
    const backend = await createBackend();
    const request = { key: newKey(), challenge: await backend.challenge() };
    const first = await backend.enroll(request);
    backend.clock.advance(3600);
    expect(await backend.enroll(request)).toEqual(first);
    expect(backend.events).toHaveLength(1);
  });

  it('gives one certificate to the same request sent many times at once', async () => {
    const backend = await createBackend();
    const request = { key: newKey(), challenge: await backend.challenge() };
    const answers = await Promise.all(Array.from({ length: 8 }, () => backend.enroll(request)));
    expect(new Set(answers.map(({ body }) => body['certificate'])).size).toBe(1);
    expect(answers.every(({ status }) => status === 201)).toBe(true);
  });

  it('lets exactly one of many keys use a challenge', async () => {
    const backend = await createBackend();
    const challenge = await backend.challenge();
    const answers = await Promise.all(Array.from({ length: 8 }, () => backend.enroll({ challenge })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ body }) => body['code'] === 'challenge_used')).toHaveLength(7);
  });

  it('keeps the identity of a key that comes again, until the grace after its last certificate has passed', async () => {
    const backend = await createBackend({ graceSeconds: 1000 });
    const key = newKey();
    const first = await backend.enroll({ key });
    const life = new Date(String(first.body['notAfter'])).getTime() - backend.clock.now().getTime();
    backend.clock.advance(life / 1000 + 1000);
    const second = await backend.enroll({ key });
    expect(second.body['deviceId']).toBe(first.body['deviceId']);
    expect(second.body['serialNumber']).not.toBe(first.body['serialNumber']);
    backend.clock.advance(
      new Date(String(second.body['notAfter'])).getTime() / 1000 -
        backend.clock.now().getTime() / 1000 +
        1001,
    );
    const third = await backend.enroll({ key });
    expect(third.status).toBe(201);
    expect(third.body['deviceId']).not.toBe(first.body['deviceId']);
  });

  it('gives a device without evidence what the policy says', async () => {
    expect(await (await createBackend()).enroll({ evidence: null })).toMatchObject({
      status: 201,
      body: { tier: 'none' },
    });
  });

  it('lets others have their turn between two pieces of evidence', async () => {
    let turns = 0;
    const turnsBefore: number[] = [];
    const provider: IntegrityProvider = {
      name: 'quick',
      async verify({ now }) {
        turnsBefore.push(turns);
        setImmediate(() => (turns += 1));
        return {
          provider: 'quick',
          kind: 'test',
          issuedAt: now,
          app: {
            packageName: null,
            certificateSha256: [],
            version: null,
            recognition: 'unevaluated',
            licensing: 'unevaluated',
          },
          device: { integrity: 'basic', labels: [] },
          details: null,
        };
      },
    };
    const backend = await createBackend({}, undefined, [provider]);
    await backend.enroll({ evidence: [{ provider: 'quick' }, { provider: 'quick' }, { provider: 'quick' }] });
    expect(turnsBefore).toEqual([0, 1, 2]);
  });

  it('takes evidence bound to the challenge only where its provider is named for that', async () => {
    const weak = async (backend: Backend) => {
      const challenge = await backend.challenge();
      const binding = createHash('sha256').update(Buffer.from(challenge, 'base64url')).digest();
      return backend.enroll({
        challenge,
        evidence: { provider: 'play-integrity', token: backend.play.createToken({ binding }) },
      });
    };
    expect((await weak(await createBackend())).body['code']).toBe('evidence_rejected');
    const backend = await createBackend({ dangerouslyBindToChallengeOnly: ['play-integrity'] });
    expect((await weak(backend)).status).toBe(201);
  });
});

describe('a request that is refused before its evidence is judged leaves the challenge unused', () => {
  it.each<[string, string, (backend: Backend) => Ask]>([
    ['a CSR that is none', 'csr_malformed', () => ({ csr: 'AAAA' })],
    [
      'a CSR with trailing bytes',
      'csr_malformed',
      () => ({
        csr: Buffer.concat([Buffer.from(derOf(newKey()), 'base64url'), Buffer.alloc(3)]).toString(
          'base64url',
        ),
      }),
    ],
    ['a CSR signed by another key', 'csr_signature_invalid', () => ({ csr: forgedCsr() })],
    [
      'no evidence of a known provider',
      'evidence_provider_unknown',
      () => ({ evidence: { provider: 'oracle', token: 'x' } }),
    ],
    [
      'evidence that is no token',
      'evidence_malformed',
      () => ({ evidence: { provider: 'play-integrity', token: 'x' } }),
    ],
    [
      'five pieces of evidence',
      'evidence_malformed',
      () => ({ evidence: Array(5).fill({ provider: 'play-integrity', token: 'x' }) }),
    ],
    ['evidence that is no object', 'request_malformed', () => ({ evidence: 'x' })],
  ])('%s: %s', async (_what, code, make) => {
    const backend = await createBackend();
    const challenge = await backend.challenge();
    expect(await backend.enroll({ challenge, ...make(backend) })).toMatchObject({
      status: 400,
      body: { code },
    });
    await expectUnused(backend, challenge);
  });

  it('a key that we do not certify: csr_key_unsupported', async () => {
    const backend = await createBackend();
    const challenge = await backend.challenge();
    const folder = mkdtempSync(join(tmpdir(), 'device-trust-'));
    const file = join(folder, 'p521.key');
    execFileSync(
      'openssl',
      ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521', '-out', file],
      { stdio: 'pipe' },
    );
    const csr = execFileSync('openssl', ['req', '-new', '-subj', '/', '-key', file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(await backend.enroll({ challenge, csr })).toMatchObject({
      status: 400,
      body: { code: 'csr_key_unsupported' },
    });
    await expectUnused(backend, challenge);
  });

  it('the vendor down: 503 with Retry-After, and the same request goes through later', async () => {
    let down = true;
    const backend = await createBackend({
      providers: [
        {
          name: 'play-integrity',
          verify: async (request) => {
            if (down)
              throw new UnavailableError('provider_unavailable', { message: 'down', retryAfterSeconds: 7 });
            return {
              provider: 'play-integrity',
              kind: 'classic',
              issuedAt: request.now,
              app: {
                packageName: null,
                certificateSha256: [],
                version: null,
                recognition: 'recognized',
                licensing: 'licensed',
              },
              device: { integrity: 'device', labels: [] },
              details: null,
            };
          },
        } satisfies IntegrityProvider,
      ],
    });
    const request = { key: newKey(), challenge: await backend.challenge() };
    expect(await backend.enroll(request)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '7' },
      body: { code: 'provider_unavailable', action: 'retry' },
    });
    down = false;
    expect(await backend.enroll(request)).toMatchObject({ status: 201 });
  });
});

describe('a challenge', () => {
  it('is refused once its time is over', async () => {
    const backend = await createBackend();
    const challenge = await backend.challenge();
    backend.clock.advance(300);
    expect(await backend.enroll({ challenge })).toMatchObject({
      status: 403,
      body: { code: 'challenge_expired', action: 'reattest' },
    });
  });

  it('of another instance with another secret is refused', async () => {
    const other = await createBackend({ challengeSecrets: ['another secret of thirty-two characters!'] });
    const challenge = await other.challenge();
    expect(await (await createBackend()).enroll({ challenge })).toMatchObject({
      status: 403,
      body: { code: 'challenge_invalid' },
    });
  });

  it('for renewal is refused at enrolment', async () => {
    const backend = await createBackend();
    const peer = peerFrom(await backend.enroll());
    const challenge = await backend.challenge('renew', peer);
    expect(await backend.enroll({ challenge })).toMatchObject({
      status: 403,
      body: { code: 'challenge_purpose_mismatch' },
    });
  });

  it.each<[string, string, Ask]>([
    ['evidence that is refused', 'evidence_rejected', { play: { testing: true } }],
    ['a policy that denies', 'policy_denied', { play: { labels: [] } }],
  ])('is used up by %s', async (_what, code, request) => {
    const backend = await createBackend();
    const challenge = await backend.challenge();
    const key = newKey();
    expect(await backend.enroll({ ...request, key, challenge })).toMatchObject({
      status: 403,
      body: { code },
    });
    expect(await backend.enroll({ key, challenge })).toMatchObject({
      status: 403,
      body: { code: 'challenge_used' },
    });
    expect(backend.events).toMatchObject([
      { type: 'issuance_refused', code },
      { type: 'issuance_refused', code: 'challenge_used' },
    ]);
  });
});

describe('a device that may not have a certificate', () => {
  it.each([
    ['suspended', 'device_suspended', 'stop', { state: 'suspended', reason: 'unspecified' }],
    ['banned', 'device_banned', 'stop', { state: 'banned', reason: 'unspecified' }],
  ])('because it is %s: %s', async (_state, code, action, revocation) => {
    const backend = await createBackend();
    const key = newKey();
    const { deviceId } = (await backend.enroll({ key })).body;
    await backend.revoke({ deviceId, ...revocation });
    expect(await backend.enroll({ key })).toMatchObject({ status: 403, body: { code, action } });
  });

  it('because its key is blocked: key_blocked, also before it ever had one', async () => {
    const backend = await createBackend();
    const key = newKey();
    await backend.revoke({ publicKeySha256: sha256OfPublicKey(key), reason: 'keyCompromise' });
    expect(await backend.enroll({ key })).toMatchObject({
      status: 403,
      body: { code: 'key_blocked', action: 'reenroll' },
    });
  });

  it('while the decision was made but not signed: the intent is not signed any more', async () => {
    const broken = await brokenOnce();
    const request = { key: newKey(), challenge: await broken.backend.challenge() };
    expect(await broken.backend.enroll(request)).toMatchObject({ status: 503 });
    await broken.backend.revoke({ publicKeySha256: sha256OfPublicKey(request.key), reason: 'keyCompromise' });
    expect(await broken.backend.enroll(request)).toMatchObject({
      status: 403,
      body: { code: 'key_blocked' },
    });
  });
});

describe('a failure in the middle', () => {
  it('after the intent, before the signature: nothing is handed out, and the same request completes with the same serial', async () => {
    const { backend, attempts } = await brokenOnce();
    const request = { key: newKey(), challenge: await backend.challenge() };
    expect(await backend.enroll(request)).toMatchObject({
      status: 503,
      body: { code: 'authority_unavailable' },
    });
    const answer = await backend.enroll(request);
    expect(answer).toMatchObject({ status: 201 });
    expect(attempts).toEqual([answer.body['serialNumber'], answer.body['serialNumber']]);
  });

  it('of the event sink: nothing is handed out', async () => {
    let failing = true;
    const backend = await createBackend({
      events: {
        record: () => {
          if (failing) throw new Error('the trail is full');
        },
      },
    });
    const request = { key: newKey(), challenge: await backend.challenge() };
    expect(await backend.enroll(request)).toMatchObject({ status: 503, body: { code: 'audit_unavailable' } });
    failing = false;
    expect(await backend.enroll(request)).toMatchObject({ status: 201 });
  });

  it.each<[string, NonNullable<Parameters<typeof createBackend>[0]>['policy']]>([
    [
      'throws',
      {
        evaluate: () => {
          throw new TypeError('a bug');
        },
      },
    ],
    [
      'names no tier of the scale',
      { evaluate: () => ({ outcome: 'allow', tier: 'royal', lifetimeSeconds: 60, reasons: [] }) },
    ],
    [
      'gives no lifetime',
      { evaluate: () => ({ outcome: 'allow', tier: 'basic', lifetimeSeconds: NaN, reasons: [] }) },
    ],
  ])('of the policy, which %s, is never a yes', async (_what, policy) => {
    const backend = await createBackend(policy ? { policy } : {});
    const challenge = await backend.challenge();
    expect(await backend.enroll({ challenge })).toMatchObject({
      status: 503,
      body: { code: 'policy_unavailable' },
    });
  });

  it('of a store: 503, and the challenge is not lost', async () => {
    const inner = (await createBackend()).stores;
    let failing = true;
    const backend = await createBackend({
      stores: {
        ...inner,
        replays: {
          consume: async (request) => {
            if (failing) throw new UnavailableError('store_unavailable', { message: 'down' });
            return inner.replays.consume(request);
          },
        },
      },
    });
    const request = { key: newKey(), challenge: await backend.challenge() };
    expect(await backend.enroll(request)).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
    failing = false;
    expect(await backend.enroll(request)).toMatchObject({ status: 201 });
  });
});

/** A backend whose authority fails the first time it should sign, and tells which serials it was asked for. */
async function brokenOnce() {
  const attempts: string[] = [];
  const backend = await createBackend();
  const real = backend.options.authority;
  const authority: CertificateAuthority = {
    issuers: real.issuers,
    prepare: (request) => real.prepare(request),
    issue: async (prepared) => {
      attempts.push(prepared.serialNumber);
      if (attempts.length === 1)
        throw new UnavailableError('authority_unavailable', { message: 'pulled the plug' });
      return real.issue(prepared);
    },
  };
  const again = await createBackend({
    authority: {
      ...real,
      ...authority,
      signCrl: (request) => real.signCrl(request),
      crlShards: real.crlShards,
    },
  });
  return { backend: again, attempts };
}

function sha256OfPublicKey(key: KeyObject): string {
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(publicKey).digest('hex');
}

/** The DER of a good CSR, in base64url without padding. */
function derOf(key: KeyObject): string {
  return Buffer.from(parsePem(createCsr(key), 'CERTIFICATE REQUEST')[0] ?? []).toString('base64url');
}

/** A CSR whose signature is that of another one: the last octets are exchanged. */
function forgedCsr(): string {
  const bytes = Buffer.from(derOf(newKey()), 'base64url');
  // The lowest octet of s: still a well-formed signature, but not of this key.
  const last = bytes.length - 1;
  bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
  return bytes.toString('base64url');
}

describe('an outage of the store that keeps the audit trail too', () => {
  it('is told as the outage of the store that it is', async () => {
    const stores = createMemoryStores();
    const down = () => Promise.reject(new UnavailableError('store_unavailable', { message: 'down' }));
    const backend = await createBackend({
      stores: {
        ...stores,
        certificates: { ...stores.certificates, find: down },
        audit: { ...stores.audit, appendAudit: down },
      },
    });
    expect(await backend.enroll()).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
  });
});
