// The life of an install: born, trusted, used, renewed, revoked, refused.

import { X509Certificate } from 'node:crypto';
import { get } from 'node:http';
import { parseCertificate, parseCrl } from 'device-trust/x509';
import { createTlsClient, type FakePlayPayload } from 'device-trust/testing';
import type { Stage } from './stage.js';
import { tellOfAWeakTier } from './tell-of-a-weak-tier.js';
import type { RunningExample } from './start-example.js';

/** What Play says of an app that was unpacked, changed and signed again. */
function signedByAnother(payload: FakePlayPayload): FakePlayPayload {
  const { packageName, versionCode } = Object(payload['appIntegrity']) as FakePlayPayload;
  const appRecognitionVerdict = 'UNRECOGNIZED_VERSION';
  const certificateSha256Digest = ['A'.repeat(43)];
  return {
    ...payload,
    appIntegrity: { appRecognitionVerdict, packageName, versionCode, certificateSha256Digest },
  };
}

function fetchBytes(url: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve(Buffer.concat(chunks));
      });
    }).on('error', reject);
  });
}

async function isRefusedInHandshake(server: RunningExample): Promise<boolean> {
  const stranger = createTlsClient({ serverUrl: server.mtlsUrl, serverCa: server.readFile('root-ca.pem') });
  try {
    await stranger.send({ path: '/account/resource' });
    return false;
  } catch {
    return true;
  } finally {
    stranger.close();
  }
}

export async function tellOfAnInstall(stage: Stage): Promise<void> {
  const { story, server, huawei, play, buyPhone, fromPlay } = stage;
  const authorization = await stage.authorize('alice');

  story.chapter('1. Before a device has a certificate');
  story.fact(
    'A client without any certificate',
    await isRefusedInHandshake(server),
    'the connection is closed',
  );
  const phone = buyPhone(fromPlay());
  story.step(
    'The bootstrap certificate, which anyone can dig out of the app, on an application route',
    { status: 403, code: 'device_certificate_required' },
    await phone.sendAsBootstrap({ path: '/account/resource', headers: authorization }),
  );

  story.chapter('2. Enrolment: challenge, integrity evidence, CSR');
  const challenge = await phone.requestChallenge('enroll');
  const enrolled = await phone.enroll({ challenge });
  const first = phone.certificate();
  story.step(
    'A genuine app on a genuine phone',
    { status: 201 },
    enrolled,
    `device ${first?.deviceId}, tier ${first?.tier}`,
  );
  const again = await phone.enroll({ challenge });
  story.step('The answer got lost: the same request again', { status: 201 }, again, 'the same certificate');
  story.fact(
    '... is the same certificate',
    phone.certificate()?.serialNumber === first?.serialNumber,
    `serial ${first?.serialNumber}`,
  );

  story.chapter('3. What must not get a certificate');
  const attacker = buyPhone(fromPlay());
  story.step(
    'A challenge that was used, with another key',
    { status: 403, code: 'challenge_used' },
    await attacker.enroll({ challenge }),
  );
  const stolen = play.createToken({ binding: new Uint8Array(32).fill(7) });
  story.step(
    'A genuine integrity token, made for another key',
    { status: 403, code: 'evidence_rejected' },
    await attacker.enroll({ evidence: () => ({ provider: 'play-integrity', token: stolen }) }),
  );
  story.step(
    'A tampered app, signed with another key',
    { status: 403, code: 'evidence_rejected' },
    await attacker.enroll({ evidence: fromPlay({ change: signedByAnother }) }),
  );
  story.step(
    'A rooted phone',
    { status: 403, code: 'policy_denied' },
    await attacker.enroll({ evidence: fromPlay({ labels: [] }) }),
  );

  story.chapter('4. Requests: a device certificate and an access token, each for its own question');
  story.step(
    'Both',
    { status: 200 },
    await phone.send({ path: '/account/resource', headers: authorization }),
  );
  story.step(
    'A trusted device, no user',
    { status: 401, code: 'access_token_missing' },
    await phone.send({ path: '/account/resource' }),
  );
  const expired = {
    authorization: `Bearer ${await stage.createAccessToken('alice', -600)}`,
  };
  story.step(
    'An expired token',
    { status: 401, code: 'access_token_invalid' },
    await phone.send({ path: '/account/resource', headers: expired }),
  );
  story.step(
    'A route for strong devices',
    { status: 200 },
    await phone.send({ path: '/account/sensitive', headers: authorization }),
  );

  story.chapter('5. Phones without Google');
  const huaweiPhone = buyPhone(({ binding }) => ({
    provider: 'huawei-sysintegrity',
    token: huawei.createToken({ kind: 'hms', binding }),
  }));
  story.step(
    'A Huawei phone',
    { status: 201 },
    await huaweiPhone.enroll(),
    `tier ${huaweiPhone.certificate()?.tier}`,
  );
  const bare = buyPhone(() => null);
  story.step(
    'A phone with no provider at all: let in on the weakest tier',
    { status: 201 },
    await bare.enroll(),
    `tier ${bare.certificate()?.tier}`,
  );
  await tellOfAWeakTier(stage, bare);

  story.chapter('6. Renewal: old and new both live until the new one is used');
  const oldKey = phone.key();
  const old = createTlsClient({
    serverUrl: server.mtlsUrl,
    serverCa: server.readFile('root-ca.pem'),
    certificate: [first?.certificate, ...(first?.chain ?? [])].join(''),
    privateKey: oldKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  });
  phone.createKey();
  story.step('A new certificate, for a new key', { status: 201 }, await phone.renew(), 'the same device id');
  story.fact(
    '... names the same device',
    phone.certificate()?.deviceId === first?.deviceId,
    `serial ${phone.certificate()?.serialNumber}`,
  );
  story.step(
    'The old one still works',
    { status: 200 },
    await old.send({ path: '/account/resource', headers: authorization }),
  );
  story.step(
    'The new one works',
    { status: 200 },
    await phone.send({ path: '/account/resource', headers: authorization }),
  );
  story.step(
    'From now on the old one does not',
    { status: 403, code: 'certificate_superseded' },
    await old.send({ path: '/account/resource', headers: authorization }),
  );
  old.close();

  story.chapter('7. Revocation');
  const certificate = new X509Certificate(phone.certificate()?.certificate ?? '');
  const revoked = await phone.sendAsBootstrap({
    path: '/device-trust/v1/admin/revocations',
    headers: { authorization: `Bearer ${server.adminToken}` },
    body: { deviceId: phone.certificate()?.deviceId, state: 'banned', reason: 'keyCompromise' },
  });
  story.step('An administrator bans the device', { status: 200 }, revoked);
  story.step(
    'The next request on the connection that is still open',
    { status: 403, code: 'device_banned' },
    await phone.send({ path: '/account/resource', headers: authorization }),
  );
  story.step('A new start with the same key', { status: 403, code: 'device_banned' }, await phone.enroll());
  const distributionPoint = findCrlUrl(certificate);
  story.fact(
    'The CRL that the certificate points to names it',
    await isOnCrl(distributionPoint, certificate),
    distributionPoint,
  );
}

function findCrlUrl(certificate: X509Certificate): string {
  const { crlDistributionPoints } = parseCertificate(certificate.raw).extensions;
  return crlDistributionPoints?.[0]?.names?.uris[0] ?? '';
}

async function isOnCrl(url: string, certificate: X509Certificate): Promise<boolean> {
  // The publisher reads the log anew every five seconds.
  for (let tries = 0; tries < 10; tries++) {
    const crl = parseCrl(await fetchBytes(url));
    for (const { serialNumber } of crl.entries()) {
      if (serialNumber === certificate.serialNumber.toLowerCase()) return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  return false;
}
