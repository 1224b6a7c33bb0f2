import { constants, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import { describe, expect, it } from 'vitest';
import {
  createTlsServerOptions,
  reloadMutualTlsServer,
  type IssuerCertificates,
  type TlsServerOptions,
} from '../../src/index.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { encodePem } from '../../src/x509/pem.js';
import { basicConstraints, forgeCertificate, name, newKeyPair, type KeyPair } from '../x509/forge.js';
import { thrownBy } from '../thrown-by.js';
import { createCa } from './gate.js';

const pem = (der: Uint8Array) => encodePem('CERTIFICATE', der);
const keyPem = ({ privateKey }: KeyPair) => privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

const server = newKeyPair();
const devices = createCa('devices', 'aa01');
const releases = createCa('releases', 'bb01');
const good: TlsServerOptions = {
  certificate: pem(forgeCertificate({ keys: server, subject: name('server') })),
  privateKey: keyPem(server),
  deviceIssuers: [pem(devices.certificate)],
  bootstrapIssuers: [pem(releases.certificate)],
};
const create = (change: object = {}) => createTlsServerOptions({ ...good, ...change });

describe('the options of a server for devices', () => {
  it('are these and no others', () => {
    const { sessionIdContext, ...rest } = create();
    expect(rest).toStrictEqual({
      cert: good.certificate,
      key: good.privateKey,
      ca: [...good.deviceIssuers, ...good.bootstrapIssuers],
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      sessionTimeout: 300,
    });
    expect(sessionIdContext).toMatch(/^[0-9a-f]{32}$/);
  });

  it('take what they are given', () => {
    const ticketKeys = randomBytes(48);
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const passphrase = 'open sesame';
    const privateKey = keys.privateKey
      .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase })
      .toString();
    const certificate = pem(forgeCertificate({ keys, subject: name('server') }));
    const options = create({
      certificate,
      privateKey,
      passphrase,
      minimumVersion: 'TLSv1.3',
      sessionTimeoutSeconds: 86_400,
      ticketKeys,
      server: { requestTimeout: 10 },
    });
    expect(options).toMatchObject({
      cert: certificate,
      key: privateKey,
      passphrase,
      minVersion: 'TLSv1.3',
      sessionTimeout: 86_400,
      requestTimeout: 10,
    });
    expect(options.ticketKeys).toEqual(ticketKeys);
    // A copy: what becomes of theirs is nothing to the server.
    ticketKeys.fill(0);
    expect(options.ticketKeys).not.toEqual(ticketKeys);
    expect(create({ sessionTimeoutSeconds: 1 })).toMatchObject({ sessionTimeout: 1 });
  });

  it('tell the sessions of servers with other CAs apart', () => {
    const contexts = [
      create(),
      create(),
      create({ deviceIssuers: good.bootstrapIssuers, bootstrapIssuers: good.deviceIssuers }),
      create({ bootstrapIssuers: [] }),
    ].map(({ sessionIdContext }) => sessionIdContext);
    expect(contexts[0]).toBe(contexts[1]);
    expect(new Set(contexts).size).toBe(3);
  });

  it.each<[string, string, object]>([
    ['certificate', 'is no PEM certificate', { certificate: 'hello' }],
    ['privateKey', 'is no PEM private key, or the passphrase is wrong', { privateKey: 'hello' }],
    ['privateKey', 'does not fit the certificate', { privateKey: keyPem(newKeyPair()) }],
    [
      'privateKey',
      'must not be that of a CA',
      { certificate: pem(devices.certificate), privateKey: keyPem(devices.keys) },
    ],
    [
      'privateKey',
      'must not be that of a CA',
      { certificate: pem(releases.certificate), privateKey: keyPem(releases.keys) },
    ],
    ['deviceIssuers', 'at least one is needed', { deviceIssuers: [] }],
    ['deviceIssuers, bootstrapIssuers', 'one is no PEM certificate', { deviceIssuers: ['hello'] }],
    [
      'deviceIssuers, bootstrapIssuers',
      'one is not exactly one CA certificate',
      { bootstrapIssuers: [pem(forgeCertificate({ keys: newKeyPair(), subject: name('x'), extensions: [basicConstraints(false)] }))] }, // prettier-ignore
    ],
    [
      'deviceIssuers, bootstrapIssuers',
      'one is not exactly one CA certificate',
      { deviceIssuers: [pem(devices.certificate) + pem(releases.certificate)] },
    ],
    ['minimumVersion', 'must be TLSv1.2 or TLSv1.3', { minimumVersion: 'TLSv1.1' }],
    ['sessionTimeoutSeconds', 'must be a whole number from 1 to 86400', { sessionTimeoutSeconds: 0 }],
    ['sessionTimeoutSeconds', 'must be a whole number from 1 to 86400', { sessionTimeoutSeconds: 86_401 }],
    ['ticketKeys', 'must be 48 bytes', { ticketKeys: randomBytes(47) }],
    ...[
      'ca',
      'cert',
      'key',
      'passphrase',
      'pfx',
      'requestCert',
      'rejectUnauthorized',
      'minVersion',
      'secureProtocol',
      'secureOptions',
      'secureContext',
      'sessionIdContext',
      'sessionTimeout',
      'ticketKeys',
      'pskCallback',
      'SNICallback',
    ].map((option): [string, string, object] => [
      `server.${option}`,
      'says who is let in',
      { server: { requestTimeout: 10, [option]: undefined } },
    ]),
  ])('are not made with a wrong %s: %s', (option, message, change) => {
    const error = thrownBy(() => create(change));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ option, message: `${option}: ${message}` });
  });

  it.each<[string, object]>([
    ['certificate', { certificate: 'hello' }],
    ['private key', { privateKey: 'hello' }],
    ['CA', { deviceIssuers: ['hello'] }],
  ])('keep what OpenSSL says of a wrong %s', (_what, change) => {
    expect(thrownBy(() => create(change))).toHaveProperty('cause.code');
  });
});

describe('a server that is reloaded', () => {
  it('has the new CAs judged by the authenticator first, and its context last', () => {
    const calls: unknown[] = [];
    const listening = createServer(create());
    listening.setSecureContext = (options) => void calls.push(['context', options]);
    const authenticator = {
      replaceIssuers: (issuers: IssuerCertificates) => void calls.push(['issuers', issuers]),
    };
    const fresh = { ...good, bootstrapIssuers: [] };
    reloadMutualTlsServer(listening, { ...fresh, authenticator });
    expect(calls).toEqual([
      ['issuers', { deviceIssuers: good.deviceIssuers, bootstrapIssuers: [] }],
      ['context', createTlsServerOptions(fresh)],
    ]);
  });
});
