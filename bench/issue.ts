// CSR to certificate, in process, with every check; against the cryptography in it, and against the stock library path.

import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, sign, verify, webcrypto, type KeyObject } from 'node:crypto';
import * as stock from '@peculiar/x509';
import { createTestAuthority } from 'device-trust/testing';
import {
  encodeCertificationRequest,
  parseCertificationRequest,
  verifyCertificationRequest,
} from 'device-trust/x509';
import { figure, type Bench } from './figure.js';
import { measure } from './measure.js';

const DEVICE_ID = '11111111-2222-4333-8444-555555555555';
const POLICY_OID = '1.3.6.1.4.1.32473.1.2';

export const issueBench: Bench = {
  names: ['issue', 'issue.stock'],
  async run() {
    const { authority, deviceCa } = await createTestAuthority();
    const requests = Array.from({ length: 64 }, createRequest);
    const next = cycle(requests);
    const issuerKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const message = Buffer.alloc(500, 7);

    const floor = () => {
      const { jwk, signature } = next();
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      if (!verify('sha256', message, key, signature)) throw new Error('the floor is broken');
      sign('sha256', message, issuerKey);
    };
    const issue = async () => {
      const { publicKey } = verifyCertificationRequest(parseCertificationRequest(next().csr));
      const prepared = await authority.prepare({
        publicKey: publicKey.spki,
        deviceId: DEVICE_ID,
        policyOid: POLICY_OID,
        lifetimeSeconds: 86_400,
        now: new Date(),
      });
      await authority.issue(prepared);
    };
    const ours = await measure([
      { name: 'floor', run: floor },
      { name: 'issue', run: issue },
    ]);
    const issueStock = await createStockIssuer(deviceCa.certificate);
    const theirs = await measure(
      [
        { name: 'floor', run: floor },
        { name: 'stock', run: () => issueStock(next().csr) },
      ],
      { rounds: 9, runs: 8 },
    );
    const against = 'import of a fresh P-256 key + ECDSA verify + ECDSA sign';
    return [
      figure('issue', ours.get('issue') ?? NaN, ours.get('floor') ?? NaN, against),
      figure(
        'issue.stock',
        theirs.get('stock') ?? NaN,
        theirs.get('floor') ?? NaN,
        `${against}; by @peculiar/x509`,
      ),
    ];

    function createRequest() {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        csr: encodeCertificationRequest(privateKey),
        jwk: publicKey.export({ format: 'jwk' }),
        signature: sign('sha256', Buffer.alloc(500, 7), privateKey),
      };
    }
  },
};

/** What a team would write with @peculiar/x509 and native WebCrypto, with the same profile. */
async function createStockIssuer(issuerPem: string): Promise<(csr: Uint8Array) => Promise<unknown>> {
  const issuer = new stock.X509Certificate(issuerPem);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const { privateKey } = await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  return async (csr) => {
    const request = new stock.Pkcs10CertificateRequest(Uint8Array.from(csr));
    if (!(await request.verify())) throw new Error('the CSR is broken');
    return stock.X509CertificateGenerator.create({
      serialNumber: '4f00112233445566778899aabbccddee',
      issuer: issuer.subject,
      subject: `CN=${DEVICE_ID}`,
      notBefore: new Date(),
      notAfter: new Date(new Date().getTime() + 86_400_000),
      publicKey: request.publicKey,
      signingKey: privateKey as never,
      signingAlgorithm: algorithm,
      extensions: [
        new stock.BasicConstraintsExtension(false, undefined, true),
        new stock.KeyUsagesExtension(stock.KeyUsageFlags.digitalSignature, true),
        new stock.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.2']),
        await stock.SubjectKeyIdentifierExtension.create(request.publicKey),
        await stock.AuthorityKeyIdentifierExtension.create(issuer),
        new stock.SubjectAlternativeNameExtension([{ type: 'url', value: `urn:uuid:${DEVICE_ID}` }]),
        new stock.CertificatePolicyExtension([POLICY_OID]),
        new stock.CRLDistributionPointsExtension(['http://127.0.0.1:8080/crl/x/0.crl']),
      ],
    });
  };
}

/** Gives the items one after another, for ever. */
export function cycle<T>(items: readonly T[]): () => T {
  let index = 0;
  return () => {
    const item = items[index++ % items.length];
    if (item === undefined) throw new Error('nothing to cycle through');
    return item;
  };
}

/** A P-256 key pair with the SPKI of its public half. */
export function createKeyPair(): {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly spki: Uint8Array;
} {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey, spki: publicKey.export({ format: 'der', type: 'spki' }) };
}
