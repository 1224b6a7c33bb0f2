import 'reflect-metadata';
import { generateKeyPairSync } from 'node:crypto';
import { X509Crl } from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/core/errors.js';
import { parseCrl } from '../../src/x509/crl.js';
import { encodeCrl, type CrlContent } from '../../src/x509/encode-crl.js';
import type { RevokedSerial } from '../../src/x509/encode-crl-entry.js';
import { crlReasons, type CrlReason } from '../../src/x509/crl-reason.js';
import { encodeName } from '../../src/x509/encode-name.js';
import { encodePem } from '../../src/x509/pem.js';
import { createSigningKey } from '../../src/x509/signing-key.js';
import { runTool } from '../run-tool.js';
import { rejectionOf } from '../thrown-by.js';

const key = createSigningKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const revokedAt = new Date('2026-02-03T04:05:06.789Z');

const encode = (changes: Partial<CrlContent> = {}): Promise<Uint8Array> =>
  encodeCrl(
    {
      issuer: encodeName({ commonName: 'CA' }),
      authorityKeyIdentifier: new Uint8Array(20).fill(7),
      number: 5n,
      thisUpdate: new Date('2026-03-01T00:00:00Z'),
      nextUpdate: new Date('2026-03-02T00:00:00Z'),
      entries: [],
      ...changes,
    },
    key,
  );

const asText = async (changes: Partial<CrlContent> = {}): Promise<string> => {
  const crl = encodePem('X509 CRL', await encode(changes));
  const { status, output } = runTool('openssl', ['crl', '-in', '@crl', '-noout', '-text'], { crl });
  expect(status).toBe(0);
  return output;
};

function* many(count: number): Generator<RevokedSerial> {
  for (let index = 1; index <= count; index += 1) {
    yield { serialNumber: index.toString(16).padStart(8, '4'), revokedAt, reason: 'unspecified' };
  }
}

async function* later(count: number): AsyncGenerator<Iterable<RevokedSerial>> {
  const all = [...many(count)];
  for (let at = 0; at < count; at += 1000) {
    await Promise.resolve();
    yield all.slice(at, at + 1000);
  }
}

describe('a CRL that was encoded', () => {
  it('has version, dates, key identifier and number', async () => {
    const text = await asText();
    expect(text).toContain('Version 2 (0x1)');
    expect(text).toContain('Issuer: CN = CA');
    expect(text).toContain('Last Update: Mar  1 00:00:00 2026 GMT');
    expect(text).toContain('Next Update: Mar  2 00:00:00 2026 GMT');
    expect(text).toMatch(/Authority Key Identifier: \n\s+(07:){19}07/);
    expect(text).toMatch(/CRL Number: \n\s+5/);
  });

  it('has no list at all if nothing is revoked', async () => {
    expect(await asText()).toContain('No Revoked Certificates.');
    const crl = Buffer.from(await encode());
    const times = '170d3236303330313030303030305a170d3236303330323030303030305a';
    expect(crl.toString('hex')).toContain(`${times}a0`);
  });

  it('names no distribution point unless it is told to', async () => {
    expect(await asText()).not.toContain('Issuing Distribution Point');
  });

  it('names its distribution point critically, for user certificates only', async () => {
    const text = await asText({ distributionPoint: 'http://example.org/crl/1.crl' });
    expect(text).toMatch(
      /Issuing Distribution Point: critical\s+Full Name:\s+URI:http:\/\/example.org\/crl\/1.crl/,
    );
    expect(text).toContain('Only User Certificates');
  });

  it('is a delta to the list that it names, critically', async () => {
    const changes = { deltaBase: 4n, distributionPoint: 'http://example.org/crl/1.crl' };
    const text = await asText(changes);
    expect(text).toMatch(/CRL Number: \n\s+5/);
    expect(text).toMatch(/Delta CRL Indicator: critical\n\s+4\n/);
    expect(text).toContain('Issuing Distribution Point: critical');
    expect(parseCrl(await encode(changes)).deltaBase).toBe(4n);
  });

  it('says of each extension whether it is critical', async () => {
    const crl = await encode({
      deltaBase: 4n,
      distributionPoint: 'http://example.org/1.crl',
    });
    const hex = Buffer.from(crl).toString('hex');
    expect(hex).toContain('300a0603551d140403020105');
    expect(hex).toContain('300d0603551d1b0101ff0403020104');
    expect(parseCrl(crl)).toMatchObject({
      number: 5n,
      authorityKeyId: '07'.repeat(20),
      issuingDistributionPoint: {
        names: { uris: ['http://example.org/1.crl'] },
        onlyContainsUserCerts: true,
        onlyContainsCaCerts: false,
      },
      freshestCrl: null,
    });
    expect(parseCrl(await encode())).toMatchObject({
      deltaBase: null,
      issuingDistributionPoint: null,
      criticalUnknown: [],
    });
    expect(parseCrl(await encode({ freshestCrl: 'http://example.org/d' })).criticalUnknown).toEqual([]);
  });

  it('says where its delta is, without insisting', async () => {
    const freshestCrl = 'http://example.org/crl/1.delta.crl';
    const text = await asText({ freshestCrl });
    expect(text).toMatch(/Freshest CRL: ?\n\s+Full Name:\s+URI:http:\/\/example.org\/crl\/1.delta.crl/);
    const points = parseCrl(await encode({ freshestCrl })).freshestCrl;
    expect(points?.map(({ names }) => names?.uris)).toEqual([[freshestCrl]]);
  });

  it.each(Object.entries(crlReasons))(
    'has the reason %s as code %i, and none for unspecified',
    async (name, code) => {
      const reason = name as CrlReason;
      const crl = Buffer.from(
        await encode({ entries: [{ serialNumber: '41', revokedAt, reason }] }),
      ).toString('hex');
      const extensions = code === 0 ? '' : `300c300a0603551d1504030a010${code}`;
      const length = (18 + extensions.length / 2).toString(16).padStart(2, '0');
      expect(crl).toContain(`30${length}020141170d3236303230333034303530365a${extensions}a0`);
    },
  );

  it.each([
    ['7f', '02017f'],
    ['80', '02020080'],
    ['ff'.repeat(20), `021500${'ff'.repeat(20)}`],
    ['01'.repeat(20), `0214${'01'.repeat(20)}`],
    ['01000a', '020301000a'],
    ['ABcd', '020300abcd'],
  ])('has the serial number %s as a positive integer', async (serialNumber, expected) => {
    const crl = await encode({ entries: [{ serialNumber, revokedAt, reason: 'unspecified' }] });
    expect(Buffer.from(crl).toString('hex')).toContain(`${expected}170d3236`);
  });

  it('has a date from 2050 on as GeneralizedTime', async () => {
    const late = new Date('2050-02-03T04:05:06Z');
    const crl = await encode({ entries: [{ serialNumber: '41', revokedAt: late, reason: 'superseded' }] });
    expect(Buffer.from(crl).toString('latin1')).toContain('20500203040506Z');
  });

  it.each([0, 1, 3, 4, 200, 1023, 1024, 1025, 5000])('holds all of %i entries, in order', async (count) => {
    const crls = await Promise.all([
      encode({ entries: many(count) }),
      encode({ entries: later(count) }),
      encode({ entries: [...many(count)] }),
    ]);
    for (const crl of crls) {
      expect([...parseCrl(crl).entries()].map(({ serialNumber }) => serialNumber)).toEqual(
        [...many(count)].map((e) => e.serialNumber),
      );
      expect(crl.byteLength).toBe(crl.buffer.byteLength);
    }
  });

  it('says the same to @peculiar/x509', async () => {
    const { entries } = new X509Crl(Uint8Array.from(await encode({ entries: many(1000) })));
    expect(entries.map(({ serialNumber }) => serialNumber)).toEqual(
      [...many(1000)].map((e) => e.serialNumber),
    );
  });

  it('of a hundred thousand entries is read and verified by OpenSSL', async () => {
    const crl = await encode({ entries: many(100_000) });
    const { output } = runTool('openssl', ['crl', '-inform', 'DER', '-in', '@crl', '-noout', '-text'], {
      crl,
    });
    expect(output.match(/Serial Number: /g)).toHaveLength(100_000);
  });
});

describe('a CRL is refused', () => {
  it.each<[string, Partial<CrlContent>]>([
    ['if it ends when it starts', { nextUpdate: new Date('2026-03-01T00:00:00Z') }],
    ['if it ends before it starts', { nextUpdate: new Date('2026-02-28T00:00:00Z') }],
    ['if its end is no date', { nextUpdate: new Date(NaN) }],
    ['if its number is negative', { number: -1n }],
    ['if its number has more than 20 octets', { number: 2n ** 159n }],
    ['if it is a delta to itself', { deltaBase: 5n }],
    ['if it is a delta to a negative number', { deltaBase: -1n }],
    ['if it is a delta and names one', { deltaBase: 4n, freshestCrl: 'http://example.org/d.crl' }],
  ])('%s', async (_why, changes) => {
    const error = await rejectionOf(encode(changes));
    expect(error).toBeInstanceOf(ConfigurationError);
    const option = Object.keys(changes).at(-1) ?? '';
    const rules: Record<string, string> = {
      nextUpdate: 'must be after thisUpdate',
      number: 'must be 0 to 2^159 - 1',
      deltaBase: 'must be 0 to one less than number',
      freshestCrl: 'must not be in a delta CRL',
    };
    expect(error).toMatchObject({ option, message: `${option}: ${rules[option]}` });
  });

  it('not if its number, or that of its base, is zero, or the largest there is', async () => {
    expect(parseCrl(await encode({ number: 0n })).number).toBe(0n);
    expect(parseCrl(await encode({ deltaBase: 0n })).deltaBase).toBe(0n);
    const largest = 2n ** 159n - 1n;
    expect(parseCrl(await encode({ number: largest })).number).toBe(largest);
  });

  it.each(['', '0', 'é1', '1é', '123', '00', '0041', 'xy', '4x', '-1', '11'.repeat(21)])(
    'if an entry has the serial number "%s"',
    async (serialNumber) => {
      const entries = [{ serialNumber, revokedAt, reason: 'unspecified' as const }];
      const error = await rejectionOf(encode({ entries }));
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error).toMatchObject({
        option: 'serialNumber',
        message: 'serialNumber: must be 1 to 20 octets of hex, the first not zero',
      });
    },
  );

  it('if an entry has no date', async () => {
    const entries = [{ serialNumber: '41', revokedAt: new Date(NaN), reason: 'unspecified' as const }];
    expect(await rejectionOf(encode({ entries }))).toBeInstanceOf(ConfigurationError);
  });
});
