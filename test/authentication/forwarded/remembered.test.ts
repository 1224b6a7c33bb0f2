import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../src/core/errors.js';
import {
  createForwardedCertificates,
  haproxy,
  proxyAddresses,
  rfc9440,
  type ForwardedFormat,
} from '../../../src/proxy.js';
import { thrownBy } from '../../thrown-by.js';

const proxy = proxyAddresses(['10.0.0.1']);
const socket = { remoteAddress: '10.0.0.1' };
/** A SEQUENCE of these bytes: as much of a certificate as a source looks at. */
const der = (...content: readonly number[]) => Buffer.from([0x30, content.length, ...content]);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** A format that counts how often it is asked, over another one. */
function counting(format: ForwardedFormat) {
  const state = { asked: 0 };
  const readCertificate: ForwardedFormat['readCertificate'] = (values) => {
    state.asked += 1;
    return format.readCertificate(values);
  };
  return { state, format: { ...format, readCertificate } };
}

const send = (verify: string, certificate: Uint8Array) => ({
  socket,
  rawHeaders: ['X-SSL-Client-Verify', verify, 'X-SSL-Client-Cert', base64(certificate)],
});

describe('header values that were read before', () => {
  it('are not read again, and give the same certificate', () => {
    const { state, format } = counting(haproxy());
    const source = createForwardedCertificates({ format, proxy });
    for (let index = 0; index < 3; index += 1) {
      expect(source.readPeerCertificate(send('0', der(1)))?.certificate).toEqual(der(1));
    }
    expect(state.asked).toBe(1);
    expect(source.readPeerCertificate(send('0', der(2)))?.certificate).toEqual(der(2));
    expect(state.asked).toBe(2);
  });

  it('are read again with another word of the proxy', () => {
    const source = createForwardedCertificates({ format: haproxy(), proxy });
    source.readPeerCertificate(send('0', der(1)));
    expect(thrownBy(() => source.readPeerCertificate(send('10', der(1))))).toMatchObject({
      code: 'forwarded_certificate_unverified',
    });
  });

  it('do not let an untrusted connection in', () => {
    const source = createForwardedCertificates({ format: haproxy(), proxy });
    const { rawHeaders } = send('0', der(1));
    source.readPeerCertificate({ socket, rawHeaders });
    const past = { socket: { remoteAddress: '10.0.0.2' }, rawHeaders };
    expect(thrownBy(() => source.readPeerCertificate(past))).toMatchObject({ code: 'proxy_untrusted' });
  });

  it('that were refused are refused each time', () => {
    const { state, format } = counting(haproxy());
    const source = createForwardedCertificates({ format, proxy });
    for (let index = 0; index < 2; index += 1) {
      expect(thrownBy(() => source.readPeerCertificate(send('10', der(1))))).toMatchObject({
        code: 'forwarded_certificate_unverified',
      });
    }
    expect(state.asked).toBe(2);
  });

  it('are told from others whose parts lie elsewhere, and absent ones from empty ones', () => {
    const { state, format } = counting({
      headers: [{ name: 'x-one' }, { name: 'x-two' }],
      readCertificate: ([one, two]) => Buffer.from(JSON.stringify([one ?? null, two ?? null])),
    });
    const source = createForwardedCertificates({ format, proxy });
    const cases = [
      ['X-One', 'a', 'X-Two', 'b1:c'],
      ['X-One', 'a4:b', 'X-Two', 'c'],
      ['X-One', 'a'],
      ['X-One', 'a', 'X-Two', ''],
      ['X-Two', 'a'],
      ['X-One', '-', 'X-Two', 'a'],
    ];
    const read = () =>
      cases.map((rawHeaders) => String(source.readPeerCertificate({ socket, rawHeaders })?.certificate));
    const first = read();
    expect(new Set(first).size).toBe(cases.length);
    expect(read()).toEqual(first);
    expect(state.asked).toBe(cases.length);
  });

  it('are not changed by whoever is handed the certificate', () => {
    const source = createForwardedCertificates({ format: rfc9440(), proxy });
    const request = { socket, rawHeaders: ['Client-Cert', `:${base64(der(1))}:`] };
    for (let index = 0; index < 3; index += 1) {
      const { certificate } = source.readPeerCertificate(request) ?? {};
      expect(certificate).toEqual(der(1));
      certificate?.fill(0);
    }
  });

  it('are forgotten beyond the capacity', () => {
    const { state, format } = counting(haproxy());
    const source = createForwardedCertificates({ format, proxy, cacheCapacity: 2 });
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 5; index += 1) source.readPeerCertificate(send('0', der(index)));
    }
    expect(state.asked).toBe(10);
  });

  it.each([[1], [1_000_001], [2.5]])('can not be %s', (cacheCapacity) => {
    const make = () => createForwardedCertificates({ format: haproxy(), proxy, cacheCapacity });
    expect(thrownBy(make)).toBeInstanceOf(ConfigurationError);
  });
});
