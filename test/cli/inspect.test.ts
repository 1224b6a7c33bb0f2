import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectBytes } from '../../src/cli/inspect-file.js';
import { printReport, type Finding } from '../../src/cli/report.js';
import { MalformedError } from '../../src/core/errors.js';
import { defaultTiers } from '../../src/core/tier-scale.js';
import { createFakeHuawei } from '../../src/testing/fake-huawei.js';
import { createFakePlay } from '../../src/testing/fake-play.js';
import { createTestAuthority, type TestAuthority } from '../../src/testing/test-authority.js';
import { encodePem, parsePem } from '../../src/x509/pem.js';
import { thrownBy } from '../thrown-by.js';
import { forgeCertificate, name, newKeyPair } from '../x509/forge.js';
import { type Openssl, startOpenssl } from '../x509/openssl.js';

const NOW = new Date();
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
const later = (days: number) => new Date(NOW.getTime() + days * DAY_MILLISECONDS);

function inspectAll(content: string | Uint8Array, now = NOW): readonly Finding[] {
  return inspectBytes(Buffer.from(content), now);
}

function inspect(content: string | Uint8Array, now = NOW) {
  const findings = inspectAll(content, now);
  const [finding] = findings;
  if (finding === undefined || findings.length > 1) throw new Error('expected one finding');
  return { ...finding, fact: (wanted: string) => finding.facts.find(([found]) => found === wanted)?.[1] };
}

const derOf = (pem: string) => parsePem(pem, 'CERTIFICATE')[0] ?? new Uint8Array();

describe('inspecting a certification request', () => {
  let openssl: Openssl;
  const createRequest = (...key: readonly string[]) => {
    openssl.run('req', '-new', '-newkey', ...key, '-nodes', '-keyout', 'k', '-out', 'r', '-subj', '/CN=me');
    return openssl.read('r');
  };
  let good: Buffer;
  beforeAll(() => {
    openssl = startOpenssl();
    good = createRequest('ec', '-pkeyopt', 'ec_paramgen_curve:P-256');
  });
  afterAll(() => {
    openssl.end();
  });

  it('describes a good one, as PEM and as DER', () => {
    const [request = new Uint8Array()] = parsePem(good.toString(), 'CERTIFICATE REQUEST');
    for (const content of [good, request]) {
      const { what, fact, refusals } = inspect(content);
      expect(what).toContain('certification request');
      expect(fact('key')).toBe('P-256');
      expect(fact('key SHA-256')).toMatch(/^[0-9a-f]{64}$/);
      expect(refusals).toEqual([]);
    }
  });

  it('says that a byte after the end would be refused', () => {
    const [request = new Uint8Array()] = parsePem(good.toString(), 'CERTIFICATE REQUEST');
    const longer = Buffer.concat([request, Uint8Array.of(0)]);
    for (const content of [longer, encodePem('NEW CERTIFICATE REQUEST', longer)]) {
      const { what, refusals } = inspect(content);
      expect(what).toContain('certification request');
      expect(refusals).toEqual([expect.stringMatching(/^csr_malformed: /)]);
    }
  });

  it('says that a key of RSA with 1024 bits would be refused', () => {
    const { fact, refusals } = inspect(createRequest('rsa:1024'));
    expect(fact('key')).toBe('RSA, 1024 bits');
    expect(refusals).toEqual([expect.stringMatching(/^csr_key_unsupported: /)]);
  });

  it('says that a request of another key would be refused', () => {
    const [request = new Uint8Array()] = parsePem(good.toString(), 'CERTIFICATE REQUEST');
    const forged = Buffer.from(request);
    const last = forged.length - 1;
    forged[last] = (forged[last] ?? 0) ^ 1;
    expect(inspect(forged).refusals).toEqual([expect.stringMatching(/^csr_signature_invalid: /)]);
  });
});

describe('inspecting what an authority makes', () => {
  let pki: TestAuthority;
  let device: Uint8Array;
  const deviceId = randomUUID();
  const tier = defaultTiers.find((candidate) => candidate.name === 'strong');
  beforeAll(async () => {
    pki = await createTestAuthority();
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const prepared = await pki.authority.prepare({
      publicKey: publicKey.export({ format: 'der', type: 'spki' }),
      deviceId,
      policyOid: tier?.oid ?? '',
      lifetimeSeconds: tier?.lifetimeSeconds ?? 0,
      now: NOW,
    });
    device = (await pki.authority.issue(prepared)).certificate;
  });

  it('describes a device certificate with its device and its tier', () => {
    const { what, fact, refusals } = inspect(device);
    expect(what).toBe('a client certificate');
    expect(fact('names')).toContain(deviceId);
    expect(fact('tier')).toBe('strong');
    expect(fact('policies')).toBe(tier?.oid);
    expect(fact('purposes')).toBe('clientAuth');
    expect(fact('CRL')).toMatch(/^http:\/\/127\.0\.0\.1:8080\/crl\//);
    expect(fact('CA')).toBe('no');
    expect(refusals).toEqual([]);
  });

  it('finds nothing wrong with CAs, and says what they may do', () => {
    const root = inspect(pki.root.certificate);
    expect(root.what).toBe('a CA certificate');
    expect(root.fact('CA')).toBe('yes, with 1 CAs below it');
    expect(root.refusals).toEqual([]);
    const ca = inspect(pki.deviceCa.certificate);
    expect(ca.fact('subject')).toBe('CN=test device CA');
    expect(ca.fact('key usage')).toBe('keyCertSign, cRLSign');
    expect(ca.refusals).toEqual([]);
  });

  it('finds nothing wrong with the bootstrap and the server certificate', () => {
    const bootstrap = inspect(pki.bootstrap.certificate);
    expect(bootstrap).toMatchObject({ what: 'a client certificate', refusals: [] });
    expect(bootstrap.fact('tier')).toBeUndefined();
    const server = inspect(pki.server.certificate);
    expect(server).toMatchObject({ what: 'a server certificate', refusals: [] });
    expect(server.fact('names')).toBe('localhost, 127.0.0.1');
  });

  it('says that a certificate has ended, or has not begun', () => {
    expect(inspect(device, later(15)).refusals).toEqual([expect.stringMatching(/^certificate_expired: /)]);
    expect(inspect(device, later(-1)).refusals).toEqual([
      expect.stringMatching(/^certificate_not_yet_valid: /),
    ]);
  });

  it('says that a certificate with a byte after its end would be refused, and yet what it is', () => {
    const { fact, refusals } = inspect(
      encodePem('CERTIFICATE', Buffer.concat([derOf(pki.deviceCa.certificate), Uint8Array.of(0)])),
    );
    expect(refusals).toEqual([expect.stringMatching(/^certificate_malformed: /)]);
    expect(fact('subject')).toBe('CN=test device CA');
  });

  it('says that a root whose signature does not verify would be refused', () => {
    const root = Buffer.from(derOf(pki.root.certificate));
    const last = root.length - 1;
    root[last] = (root[last] ?? 0) ^ 1;
    expect(inspect(root).refusals).toEqual([expect.stringMatching(/^signature_invalid: /)]);
  });

  it('describes each block of a PEM file, and passes over keys', () => {
    const { deviceCa, root } = pki;
    const findings = inspectAll(`a note\n${deviceCa.privateKey}${deviceCa.certificate}${root.certificate}`);
    expect(findings.map(({ what }) => what)).toEqual(['a CA certificate', 'a CA certificate']);
    expect(JSON.stringify(findings)).not.toContain(deviceCa.privateKey.split('\n')[1]);
  });

  it('describes a CRL, and says when it is out of date', async () => {
    const [{ issuerId }] = pki.authority.issuers;
    const entries = Array.from({ length: 12 }, (_, index) => ({
      serialNumber: `5${index.toString(16).padStart(31, '0')}`,
      revokedAt: NOW,
      reason: 'keyCompromise' as const,
    }));
    const crl = await pki.authority.signCrl({
      issuerId,
      shard: 3,
      number: 7n,
      thisUpdate: later(0),
      nextUpdate: later(1),
      deltaBase: null,
      namesDelta: false,
      entries,
    });
    for (const content of [crl, encodePem('X509 CRL', crl)]) {
      const { what, facts, fact, refusals } = inspect(content);
      expect(what).toBe('a certificate revocation list');
      expect(fact('number')).toBe('7');
      expect(fact('covers')).toBe('one distribution point');
      expect(fact('entries')).toBe('12');
      expect(facts.filter(([found]) => found === 'revoked')).toHaveLength(10);
      expect(fact('')).toBe('...');
      expect(refusals).toEqual([]);
    }
    expect(inspect(crl, later(2)).refusals).toEqual(['it is out of date']);
    expect(inspect(crl, later(-2)).refusals).toEqual(['it was made in the future']);
    const longer = Buffer.concat([crl, Uint8Array.of(0)]);
    expect(inspect(encodePem('X509 CRL', longer)).refusals).toEqual([
      expect.stringMatching(/^crl_malformed: /),
    ]);
  });
});

describe('inspecting a token', () => {
  const huawei = createFakeHuawei();

  it.each(['hms', 'harmonyos', 'harmonyos-enhanced'] as const)('describes one of Huawei, kind %s', (kind) => {
    const { what, fact, refusals } = inspect(huawei.createToken({ kind, binding: new Uint8Array(32) }));
    expect(what).toContain('Huawei SysIntegrity');
    expect(fact('basicIntegrity')).toBe('true');
    expect(fact('x5c[0]')).toMatch(/CN=.*, until 2/);
    expect(fact('verified')).toContain('nothing of it');
    expect(refusals).toEqual([]);
  });

  it.each([
    ['is bound to nothing', {}, /no nonce/],
    ['has a bad opinion', { nonce: 'x', basicIntegrity: false }, /basicIntegrity/],
    ['has no certificates', { nonce: 'x', changeCertificates: () => [] }, /x5c is missing/],
    ['has an unknown algorithm', { nonce: 'x', header: { alg: 'none' } }, /alg must be/],
  ])('says so if one %s', (_, request, expected) => {
    expect(inspect(huawei.createToken(request)).refusals).toEqual([expect.stringMatching(expected)]);
  });

  it('describes one of Play, and cannot look inside', () => {
    const { what, fact, refusals } = inspect(createFakePlay().createToken({ binding: new Uint8Array(32) }));
    expect(what).toContain('Play Integrity');
    expect(fact('header')).toContain('A256KW');
    expect(fact('payload')).toContain('encrypted');
    expect(refusals).toEqual([]);
  });

  it('says which headers of an encrypted one are refused', () => {
    const jweHeader = { enc: 'A128GCM', zip: 'DEF', jku: 'https://example.com' };
    const { refusals } = inspect(createFakePlay().createToken({ forge: { jweHeader } }));
    expect(refusals.join()).toMatch(/enc must be A256GCM.*zip is refused.*jku is refused/);
  });

  it.each([
    ['four parts', 'a.b.c.d'],
    ['a header that is no base64url', 'a.e30.x'],
    ['a header that is no JSON', 'AAAA.e30.x'],
    ['a payload that is no object', 'e30.W10.x'],
  ])('says that one with %s would be refused', (_, token) => {
    expect(inspect(token).refusals).toEqual([expect.stringMatching(/^evidence_malformed: /)]);
  });

  it('survives a payload that is nested deeper than it can be printed', () => {
    const depth = 200_000;
    const payload = `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const token = `e30.${Buffer.from(payload).toString('base64url')}.x`;
    expect(inspect(token).fact('a')).toContain('nested too deeply');
  });
});

describe('inspecting something else', () => {
  it.each([
    ['nothing', ''],
    ['a word', 'hello'],
    ['a text that begins like DER', '0 hello'],
    ['a private key', encodePem('PRIVATE KEY', Uint8Array.of(0x30, 0))],
    ['an opaque token', createFakePlay().createToken({ kind: 'standard' })],
    ['a block that is not base64', '-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----'],
    ['bytes', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
  ])('refuses %s', (_, content) => {
    const error = thrownBy(() => inspectAll(content));
    expect(error).toBeInstanceOf(MalformedError);
    expect(error).toMatchObject({ code: 'pem_malformed' });
  });

  it('says what is wrong with DER that is nothing we know', () => {
    expect(inspect(Uint8Array.of(0x30, 0)).refusals).toEqual([expect.stringMatching(/^csr_malformed: /)]);
  });
});

describe('a printed report', () => {
  it('lets no control character of a stranger through', () => {
    const escape = '\u001b[2J\r\n  Nothing of it would be refused.\u202e\u0085';
    const payload = { [escape]: escape, nonce: escape };
    const token = `e30.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`;
    const certificate = forgeCertificate({ keys: newKeyPair(), subject: name(escape) });
    for (const content of [token, certificate]) {
      const report = printReport('file', inspect(content));
      expect(report).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
      expect(report.split('\n')).not.toContain('  Nothing of it would be refused.');
    }
  });

  it('lines up what it prints, and ends each thing with a line end', () => {
    const finding: Finding = {
      what: 'a thing',
      facts: [
        ['a', '1'],
        ['long', '2'],
      ],
      refusals: ['why'],
    };
    expect(printReport('file', finding)).toBe(
      'file: a thing\n  a     1\n  long  2\n  Would be refused:\n    - why\n',
    );
    expect(printReport('file', { ...finding, refusals: [] })).toContain(
      '  Nothing of it would be refused.\n',
    );
  });
});
