import { generateKeyPairSync } from 'node:crypto';

import { describe, expect, it, test } from 'vitest';

import { UnavailableError } from '../../../src/core/errors.js';
import type {
  CertificateAuthority,
  CertificateRequest,
  PreparedCertificate,
} from '../../../src/contracts/certificate-authority.js';
import type { CrlEntry, CrlRequest, CrlSigner } from '../../../src/contracts/crl-signer.js';
import type { OcspRequest, OcspSigner, OcspSingleResponse } from '../../../src/contracts/ocsp-signer.js';
import { certificateAuthorityContract } from '../../../src/testing/contracts/certificate-authority-contract.js';
import { crlSignerContract } from '../../../src/testing/contracts/crl-signer-contract.js';
import { ocspSignerContract } from '../../../src/testing/contracts/ocsp-signer-contract.js';
import { createTestAuthority } from '../../../src/testing/test-authority.js';
import { failingCases } from './failing-cases.js';

const { authority } = await createTestAuthority();
const other = (await createTestAuthority()).authority;
const [issuer] = authority.issuers;

describe('the local authority keeps the contract of', () => {
  describe('a certificate authority', () => {
    for (const check of certificateAuthorityContract({ create: async () => ({ authority }) }))
      test(check.name, check.run);
  });
  describe('a CRL signer', () => {
    for (const check of crlSignerContract({ create: async () => ({ signer: authority, issuer }) }))
      test(check.name, check.run);
  });
  describe('an OCSP signer', () => {
    for (const check of ocspSignerContract({ create: async () => ({ signer: authority, issuer }) }))
      test(check.name, check.run);
  });
});

describe('the contract of a certificate authority finds an authority that', () => {
  const failing = (spoil: Partial<CertificateAuthority>) =>
    failingCases(
      certificateAuthorityContract({ create: async () => ({ authority: { ...authority, ...spoil } }) }),
    );

  it('signs with another key than it says', async () => {
    const found = await failing({
      prepare: (request) => other.prepare(request),
      issue: (prepared) => other.issue(prepared),
    });
    expect(found).toContain('what is issued is signed by the current issuer');
    expect(found).toContain('what is prepared says what was asked for, and when it begins and ends');
  });

  it('takes its own record for what it signs', async () => {
    const known = new Map<string, PreparedCertificate>();
    const found = await failing({
      issue: async (prepared) => {
        const before = known.get(Buffer.from(prepared.toBeSigned).toString('hex'));
        return authority.issue(before ?? prepared);
      },
      prepare: async (request) => {
        const prepared = await authority.prepare(request);
        known.set(Buffer.from(prepared.toBeSigned).toString('hex'), prepared);
        return prepared;
      },
    });
    expect(found).toEqual([
      'what was prepared is not issued with another issuer',
      'what was prepared is not issued with another serial number',
      'what was prepared is not issued with another device',
      'what was prepared is not issued with another key',
      'what was prepared is not issued with another start',
      'what was prepared is not issued with another end',
      'what was prepared is not issued with another CRL shard',
    ]);
  });

  it('gives the same serial number twice', async () => {
    const { serialNumber } = await authority.prepare(sampleRequest());
    const found = await failing({
      prepare: async (asked) => ({ ...(await authority.prepare(asked)), serialNumber }),
    });
    expect(found).toContain('1000 serial numbers for the same request are all different');
  });

  it('makes them live longer than asked for', async () => {
    const found = await failing({
      prepare: (asked) => authority.prepare({ ...asked, lifetimeSeconds: asked.lifetimeSeconds + 1 }),
    });
    expect(found).toEqual(['what is prepared says what was asked for, and when it begins and ends']);
  });

  it('gives everyone the same tier', async () => {
    const found = await failing({ prepare: (asked) => authority.prepare({ ...asked, policyOid: '1.2.3' }) });
    expect(found).toEqual([
      'what is issued is what was prepared, for the key that was asked for',
      'each device and tier gets a certificate of its own',
    ]);
  });

  it('fails with an error of another kind', async () => {
    const found = await failing({
      prepare: async (asked) => {
        try {
          return await authority.prepare(asked);
        } catch (cause) {
          throw new Error('no', { cause });
        }
      },
    });
    expect(found).toEqual([
      'nothing is prepared after the end of the issuer',
      'a key that nobody should certify is refused: RSA of 1024 bits',
      'a key that nobody should certify is refused: X25519',
    ]);
  });
});

describe('the contract of a CRL signer finds a signer that', () => {
  const failing = (signCrl: CrlSigner['signCrl']) =>
    failingCases(crlSignerContract({ create: async () => ({ signer: { signCrl }, issuer }) }));

  it('signs with another key', async () => {
    const [otherIssuer] = other.issuers;
    const found = await failing((asked) => other.signCrl({ ...asked, issuerId: otherIssuer.issuerId }));
    expect(found).toContain('a list with nobody on it is signed by the issuer');
    expect(found).toContain('nothing is signed for an issuer that is not its own');
  });

  it('leaves somebody out', async () => {
    const found = await failing(async (asked) =>
      authority.signCrl({ ...asked, entries: (await readAll(asked.entries)).slice(1) }),
    );
    expect(found).toEqual([
      'everyone who was revoked is on the list, with time and reason',
      'serial numbers of every form are on the list as they are in certificates',
      'entries may come all at once or page by page, and there may be many',
    ]);
  });

  it('keeps the reason to itself', async () => {
    const found = await failing(async (asked) => {
      const all = await readAll(asked.entries);
      const entries = all.map((entry): CrlEntry => ({ ...entry, reason: 'unspecified' }));
      return authority.signCrl({ ...asked, entries });
    });
    expect(found).toEqual(['everyone who was revoked is on the list, with time and reason']);
  });

  it('counts by itself, or in small numbers', async () => {
    const found = await failing((asked) => {
      const deltaBase = asked.deltaBase === null ? null : 0n;
      return authority.signCrl({ ...asked, deltaBase, number: (asked.number % 1000n) + 1n });
    });
    expect(found).toEqual([
      'number and times are those that were asked for',
      'a delta names the list that it is the difference to, and has its scope',
    ]);
  });

  it('takes a delta for a complete list', async () => {
    expect(await failing((asked) => authority.signCrl({ ...asked, deltaBase: null }))).toEqual([
      'a delta names the list that it is the difference to, and has its scope',
    ]);
  });

  it('never says where a delta is, or always', async () => {
    expect(await failing((asked) => authority.signCrl({ ...asked, namesDelta: false }))).toEqual([
      'a list says where its delta is if it is asked to',
    ]);
    const always = await failing((asked) =>
      authority.signCrl({ ...asked, namesDelta: asked.deltaBase === null }),
    );
    expect(always).toEqual(['a list says where its delta is if it is asked to']);
  });

  it('makes every shard the same, or limits the complete list', async () => {
    expect(await failing((asked) => authority.signCrl({ ...asked, shard: 0 }))).toEqual([
      'the list of a shard says which it is, and cannot stand in for another',
      'the complete list is limited to nothing',
      'a list says where its delta is if it is asked to',
    ]);
    expect(await failing((asked) => authority.signCrl({ ...asked, shard: null }))).toEqual([
      'the list of a shard says which it is, and cannot stand in for another',
      'a list says where its delta is if it is asked to',
    ]);
  });
});

describe('the contract of an OCSP signer finds a signer that', () => {
  const failing = (signOcsp: OcspSigner['signOcsp']) =>
    failingCases(ocspSignerContract({ create: async () => ({ signer: { signOcsp }, issuer }) }));

  it('signs with another key', async () => {
    const [otherIssuer] = other.issuers;
    const found = await failing((asked) => other.signOcsp({ ...asked, issuerId: otherIssuer.issuerId }));
    expect(found).toContain('good is said, and signed by the issuer or by whom it delegated to');
    expect(found).toContain('nothing is signed for an issuer that is not its own');
  });

  it('always says good', async () => {
    const found = await failing((asked) =>
      authority.signOcsp(changed(asked, { status: { status: 'good' } })),
    );
    expect(found).toEqual([
      'unknown is said, and signed by the issuer or by whom it delegated to',
      'revoked is said with time and reason',
      'several questions are answered in one, in order',
    ]);
  });

  it('forgets the nonce', async () => {
    expect(await failing((asked) => authority.signOcsp({ ...asked, nonce: null }))).toEqual([
      'a nonce comes back as it came; without one there is none',
    ]);
  });

  it('makes the answer last longer', async () => {
    const day = 24 * 3600 * 1000;
    const found = await failing((asked) => {
      const [{ nextUpdate } = { nextUpdate: asked.producedAt }] = asked.responses;
      return authority.signOcsp(changed(asked, { nextUpdate: new Date(nextUpdate.getTime() + day) }));
    });
    expect(found).toEqual(['the times are those that were asked for']);
  });

  it('answers about another certificate', async () => {
    const certId = Buffer.from('30053003060100', 'hex');
    expect(await failing((asked) => authority.signOcsp(changed(asked, { certId })))).toEqual([
      'the answer is about the certificate that was asked about, in the same bytes',
      'several questions are answered in one, in order',
    ]);
  });

  it('answers the first question only, or in another order', async () => {
    const expected = ['several questions are answered in one, in order'];
    for (const choose of [
      (all: OcspRequest['responses']) => all.slice(0, 1),
      (all: OcspRequest['responses']) => all.toReversed(),
    ]) {
      const found = await failing((asked) =>
        authority.signOcsp({ ...asked, responses: choose(asked.responses) }),
      );
      expect(found).toEqual(expected);
    }
  });

  it('fails with another code', async () => {
    const found = await failing(async (asked) => {
      if (asked.issuerId !== issuer.issuerId)
        throw new UnavailableError('store_unavailable', { message: 'odd' });
      return authority.signOcsp(asked);
    });
    expect(found).toEqual(['nothing is signed for an issuer that is not its own']);
  });
});

function changed(asked: OcspRequest, change: Partial<OcspSingleResponse>): OcspRequest {
  return { ...asked, responses: asked.responses.map((response) => ({ ...response, ...change })) };
}

async function readAll(entries: CrlRequest['entries']): Promise<readonly CrlEntry[]> {
  const all: CrlEntry[] = [];
  if (Symbol.asyncIterator in entries) for await (const page of entries) all.push(...page);
  else all.push(...entries);
  return all;
}

function sampleRequest(): CertificateRequest {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }),
    deviceId: '0b6f2d3c-6a0e-4c55-9a55-2f1f7d3f0a01',
    policyOid: '1.2.3',
    lifetimeSeconds: 3600,
    now: new Date(),
  };
}
