import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { inspectBytes } from '../../src/cli/inspect-file.js';
import { printReport } from '../../src/cli/report.js';
import { DeviceTrustError } from '../../src/core/errors.js';
import { createFakeHuawei } from '../../src/testing/fake-huawei.js';
import { createFakePlay } from '../../src/testing/fake-play.js';
import { createTestAuthority } from '../../src/testing/test-authority.js';
import { encodePem, parsePem } from '../../src/x509/pem.js';
import { forgeCrl, forgeRequest, name, newKeyPair } from '../x509/forge.js';

const NOW = new Date('2026-03-01T12:00:00Z');

/** Inspects, prints, and lets only the errors of the library pass. */
function inspectSafely(bytes: Uint8Array): void {
  try {
    for (const finding of inspectBytes(bytes, NOW)) printReport('file', finding);
  } catch (error) {
    if (!(error instanceof DeviceTrustError)) throw error;
  }
}

describe('inspectBytes', () => {
  let seeds: readonly Uint8Array[];
  beforeAll(async () => {
    const keys = newKeyPair();
    const { root, server } = await createTestAuthority();
    const request = forgeRequest({ keys });
    seeds = [
      ...[root, server].flatMap(({ certificate }) => parsePem(certificate, 'CERTIFICATE')),
      request,
      forgeCrl({ signer: keys, issuer: name('issuer') }),
      Buffer.from(root.certificate),
      Buffer.from(encodePem('CERTIFICATE REQUEST', request)),
      Buffer.from(createFakeHuawei().createToken({ binding: new Uint8Array(32) })),
      Buffer.from(createFakePlay().createToken()),
    ];
  });

  it('throws nothing but errors of the library, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, asSequence) => {
        inspectSafely(asSequence ? Buffer.concat([Uint8Array.of(0x30, bytes.length & 0x7f), bytes]) : bytes);
        inspectSafely(Buffer.from(encodePem('CERTIFICATE', bytes)));
      }),
      { numRuns: 300 },
    );
  });

  it('throws nothing else for what was good until somebody changed it', () => {
    const change = fc.record({
      seed: fc.nat(),
      at: fc.nat(),
      cut: fc.nat({ max: 3 }),
      insert: fc.uint8Array({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(change, ({ seed, at, cut, insert }) => {
        const good = seeds[seed % seeds.length] ?? new Uint8Array();
        const from = at % good.length;
        inspectSafely(Buffer.concat([good.subarray(0, from), insert, good.subarray(from + cut)]));
      }),
      { numRuns: 1500 },
    );
  });

  it('throws nothing else for what is cut off anywhere', () => {
    for (const seed of seeds) {
      const step = Math.max(1, Math.floor(seed.length / 60));
      for (let end = 0; end < seed.length; end += step) inspectSafely(seed.subarray(0, end));
    }
  });
});
