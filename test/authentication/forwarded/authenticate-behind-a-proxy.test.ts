import { createPrivateKey, createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createDeviceTrust, type PeerRequest } from '../../../src/index.js';
import { createForwardedCertificates, nginx, proxyAddresses } from '../../../src/proxy.js';
import { der } from '../../../src/x509/der-writer.js';
import { oid } from '../../../src/x509/oid.js';
import { parseCertificate } from '../../../src/x509/certificate.js';
import { createBackend, peerFrom, peerOf, type Backend } from '../../backend.js';
import { rejectionOf } from '../../thrown-by.js';
import {
  basicConstraints,
  extendedKeyUsage,
  forgeCertificate,
  keyUsage,
  name,
  newKeyPair,
} from '../../x509/forge.js';
import { escapedPem } from './encodings.js';

const forwarded = (
  certificate: Uint8Array | null,
  changes: { readonly verify?: string; readonly remoteAddress?: string; readonly socket?: object } = {},
): PeerRequest => ({
  socket: { remoteAddress: changes.remoteAddress ?? '10.0.0.1', ...changes.socket },
  rawHeaders: [
    'Host',
    'api.example.org',
    'X-SSL-Client-Verify',
    changes.verify ?? (certificate === null ? 'NONE' : 'SUCCESS'),
    ...(certificate === null ? [] : ['X-SSL-Client-Cert', escapedPem(certificate)]),
  ],
});

/** A backend whose devices enrolled over TLS, and the authenticator of a replica of it behind nginx. */
async function createReplicaBehindProxy() {
  const backend = await createBackend();
  const { authenticator } = createDeviceTrust({
    ...backend.options,
    peerCertificates: createForwardedCertificates({
      format: nginx(),
      proxy: proxyAddresses(['10.0.0.0/24']),
    }),
  });
  return { backend, authenticator, device: peerFrom(await backend.enroll()).certificate };
}

/** A leaf that the device CA did sign. */
function signedByDeviceCa({ pki, clock }: Backend, ...extensions: readonly Uint8Array[]): Uint8Array {
  const privateKey = createPrivateKey(pki.deviceCa.privateKey);
  const now = clock.now().getTime();
  return forgeCertificate({
    keys: newKeyPair(),
    signer: { privateKey, publicKey: createPublicKey(privateKey) },
    issuer: parseCertificate(peerOf(pki.deviceCa.certificate).certificate).subject,
    subject: name('device'),
    notBefore: der.time(new Date(now - 60_000)),
    notAfter: der.time(new Date(now + 60_000)),
    extensions,
  });
}

const DAY_MS = 24 * 60 * 60 * 1000;

describe('a device behind a proxy', () => {
  it('is authenticated', async () => {
    const { authenticator, device } = await createReplicaBehindProxy();
    expect(await authenticator.authenticateDevice(forwarded(device))).toMatchObject({ tier: 'strong' });
    expect(authenticator.identify(forwarded(device))).toMatchObject({ kind: 'device' });
  });

  it('is refused once it has expired, before its start, and once it is revoked', async () => {
    const { backend, authenticator, device } = await createReplicaBehindProxy();
    const { deviceId } = await authenticator.authenticateDevice(forwarded(device));
    const start = backend.clock.now();
    backend.clock.set(new Date(start.getTime() + 91 * DAY_MS));
    expect(await rejectionOf(authenticator.authenticateDevice(forwarded(device)))).toMatchObject({
      code: 'certificate_expired',
    });
    backend.clock.set(new Date(start.getTime() - DAY_MS));
    expect(await rejectionOf(authenticator.authenticateDevice(forwarded(device)))).toMatchObject({
      code: 'certificate_not_yet_valid',
    });
    backend.clock.set(start);
    await backend.revoke({ deviceId });
    backend.clock.advance(60_000);
    expect(await rejectionOf(authenticator.authenticateDevice(forwarded(device)))).toMatchObject({
      code: 'device_suspended',
    });
  });

  it('is refused with a certificate of another PKI, whatever the proxy verified', async () => {
    const { authenticator } = await createReplicaBehindProxy();
    const stranger = peerFrom(await (await createBackend()).enroll()).certificate;
    expect(await rejectionOf(authenticator.authenticateDevice(forwarded(stranger)))).toMatchObject({
      code: 'certificate_untrusted',
    });
  });

  it.each([
    [
      'for servers only',
      'extended_key_usage_refused',
      [basicConstraints(false), keyUsage(0), extendedKeyUsage('1.3.6.1.5.5.7.3.1')],
    ],
    ['of a CA', 'leaf_is_ca', [basicConstraints(true), keyUsage(0, 5), extendedKeyUsage(oid.clientAuth)]],
    ['without a purpose', 'extended_key_usage_refused', [basicConstraints(false), keyUsage(0)]],
  ])('is refused with a certificate %s, though our CA signed it', async (_what, reason, extensions) => {
    const { backend, authenticator } = await createReplicaBehindProxy();
    const certificate = signedByDeviceCa(backend, ...extensions);
    expect(await rejectionOf(authenticator.authenticateDevice(forwarded(certificate)))).toMatchObject({
      code: 'certificate_untrusted',
      reasons: [reason],
    });
  });

  it('is refused with a CA of ours as its certificate, and with the bootstrap certificate', async () => {
    const { backend, authenticator } = await createReplicaBehindProxy();
    const ca = peerOf(backend.pki.deviceCa.certificate).certificate;
    expect(await rejectionOf(authenticator.authenticateDevice(forwarded(ca)))).toMatchObject({
      code: 'certificate_untrusted',
    });
    const bootstrap = forwarded(backend.bootstrap.certificate);
    expect(await rejectionOf(authenticator.authenticateDevice(bootstrap))).toMatchObject({
      code: 'device_certificate_required',
    });
  });

  it('is refused without a certificate, though the connection of the proxy has one', async () => {
    const { authenticator, device } = await createReplicaBehindProxy();
    expect(await rejectionOf(authenticator.authenticateDevice(forwarded(null)))).toMatchObject({
      code: 'client_certificate_required',
    });
    const socket = { getPeerX509Certificate: () => ({ raw: device }) };
    const request = forwarded(null, { socket });
    expect(await rejectionOf(authenticator.authenticateDevice(request))).toMatchObject({
      code: 'client_certificate_required',
    });
  });

  it('is refused past the proxy, and if the proxy did not verify it', async () => {
    const { authenticator, device } = await createReplicaBehindProxy();
    const past = forwarded(device, { remoteAddress: '10.0.1.1' });
    expect(await rejectionOf(authenticator.authenticateDevice(past))).toMatchObject({
      code: 'proxy_untrusted',
    });
    const failed = forwarded(device, { verify: 'FAILED:certificate has expired' });
    expect(await rejectionOf(authenticator.authenticateDevice(failed))).toMatchObject({
      code: 'forwarded_certificate_unverified',
    });
  });
});
