// Evidence tokens, against one verification of the signature in them.

import { constants, createHash, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import type { ExpectedBinding, IntegrityProvider } from 'device-trust';
import { createHuaweiSysIntegrityProvider } from 'device-trust/huawei-sysintegrity';
import { createPlayIntegrityProvider, localDecryption } from 'device-trust/play-integrity';
import { createFakeHuawei, createFakePlay } from 'device-trust/testing';
import { figure, type Bench } from './figure.js';
import { createKeyPair, cycle } from './issue.js';
import { measure } from './measure.js';

const TOKENS = 2000;

export const evidenceBench: Bench = {
  names: ['evidence.play', 'evidence.huawei'],
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
    ];
  },
};

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
