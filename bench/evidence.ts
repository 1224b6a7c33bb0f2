// Evidence, against the verification of the signatures in it: one for a token, all of the chain for an attested key.

import { constants, createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { ExpectedBinding, IntegrityProvider } from 'device-trust';
import {
  createAndroidKeyAttestationProvider,
  createFixedStatusList,
} from 'device-trust/android-key-attestation';
import { createHuaweiSysIntegrityProvider } from 'device-trust/huawei-sysintegrity';
import { createPlayIntegrityProvider, localDecryption } from 'device-trust/play-integrity';
import { createFakeAndroidKeystore, createFakeHuawei, createFakePlay } from 'device-trust/testing';
import { parseCertificate } from 'device-trust/x509';
import { figure, type Bench, type Figure } from './figure.js';
import { createKeyPair, cycle } from './issue.js';
import { measure } from './measure.js';

const TOKENS = 2000;

export const evidenceBench: Bench = {
  names: ['evidence.play', 'evidence.huawei', 'evidence.android-key-attestation'],
  async run() {
    const message = Buffer.alloc(2400, 7);
    const ec = createKeyPair();
    const es256 = sign('sha256', message, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const padding = constants.RSA_PKCS1_PADDING;
    const rs256 = sign('sha256', message, { key: rsa.privateKey, padding });

    const play = createFakePlay();
    const playProvider = createPlayIntegrityProvider({
      packageName: play.packageName,
      certificateSha256: [play.certificateSha256],
      decode: localDecryption(play),
    });
    const huawei = createFakeHuawei();
    const huaweiProvider = createHuaweiSysIntegrityProvider({
      packageName: huawei.packageName,
      certificateSha256: [huawei.certificateSha256],
      appId: huawei.appId,
      roots: huawei.roots,
    });
    const nextPlay = cycle(createTokens((binding) => play.createToken({ binding })));
    const nextHuawei = cycle(createTokens((binding) => huawei.createToken({ binding })));
    const measured = await measure([
      {
        name: 'es256',
        run: () => verify('sha256', message, { key: ec.publicKey, dsaEncoding: 'ieee-p1363' }, es256),
      },
      { name: 'play', run: () => verifyToken(playProvider, nextPlay()) },
      { name: 'rs256', run: () => verify('sha256', message, { key: rsa.publicKey, padding }, rs256) },
      { name: 'huawei', run: () => verifyToken(huaweiProvider, nextHuawei()) },
    ]);
    return [
      figure('evidence.play', measured.get('play') ?? NaN, measured.get('es256') ?? NaN, 'one ES256 verify'),
      figure(
        'evidence.huawei',
        measured.get('huawei') ?? NaN,
        measured.get('rs256') ?? NaN,
        'one RS256 verify',
      ),
      await measureKeyAttestation(),
    ];
  },
};

/** Each chain is verified once. One by one, for noise to hit few of them. */
const CHAINS = 600;
const ATTESTATION_RUNS = { rounds: 590, runs: 1 };

/**
 * Chains of five certificates below CAs of their own, so that no signature below the root's has been verified before. In the
 * field thousands of phones share their CAs, whose signatures are then remembered.
 */
async function measureKeyAttestation(): Promise<Figure> {
  const keystore = createFakeAndroidKeystore();
  const provider = createAndroidKeyAttestationProvider({
    packageName: keystore.packageName,
    certificateSha256: [keystore.certificateSha256],
    statusList: createFixedStatusList({ entries: {} }),
    roots: keystore.roots,
  });
  const publicKey = createKeyPair().publicKey.export({ format: 'der', type: 'spki' });
  const evidence = Array.from({ length: CHAINS }, () => {
    const challenge = randomBytes(32);
    const { chain } = keystore.attest({ publicKey, challenge, issuers: { root: 'RSA' } });
    return { chain, expected: { challenge, publicKey, binding: challenge } };
  });
  const next = cycle(evidence);
  const nextChecks = cycle(evidence.map(({ chain }) => readChecks(chain)));
  const measured = await measure(
    [
      {
        name: 'signatures',
        run: () => {
          for (const { hash, signed, key, signature } of nextChecks()) {
            verify(hash, signed, key.keyObject(), signature);
          }
        },
      },
      {
        name: 'attestation',
        run: () => {
          const { chain, expected } = next();
          return provider.verify({ evidence: { provider: provider.name, chain }, expected, now: new Date() });
        },
      },
    ],
    ATTESTATION_RUNS,
  );
  const floor = measured.get('signatures') ?? NaN;
  const value = measured.get('attestation') ?? NaN;
  return figure(
    'evidence.android-key-attestation',
    value,
    floor,
    'its four signatures and their keys, all of them new',
  );
}

/** What is to be verified in a chain below its root. The keys are in it, so that they are imported as part of the work. */
function readChecks(chain: readonly string[]) {
  const certificates = chain.map((text) => parseCertificate(Buffer.from(text, 'base64')));
  return certificates.slice(0, -1).map(({ tbs: signed, signature, signatureAlgorithm }, index) => {
    const key = certificates[index + 1]?.publicKey;
    if (!key || !signatureAlgorithm) throw new Error('the fake makes chains of another kind');
    return { hash: signatureAlgorithm.hash, signed, signature, key };
  });
}

interface Token {
  readonly token: string;
  readonly expected: ExpectedBinding;
}

/** A token is verified once: a second time, a provider may answer from memory. */
function createTokens(make: (binding: Uint8Array) => string): readonly Token[] {
  return Array.from({ length: TOKENS }, () => {
    const challenge = randomBytes(32);
    const binding = createHash('sha256').update(challenge).digest();
    return { token: make(binding), expected: { challenge, publicKey: challenge, binding } };
  });
}

function verifyToken(provider: IntegrityProvider, { token, expected }: Token): Promise<unknown> {
  return provider.verify({ evidence: { provider: provider.name, token }, expected, now: new Date() });
}
