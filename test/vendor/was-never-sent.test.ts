import { describe, expect, it } from 'vitest';

import { systemFetch } from '../../src/core/http-fetch.js';
import { startLoopbackServer } from '../../src/testing/loopback-server.js';
import { wasNeverSent } from '../../src/vendor/was-never-sent.js';
import { rejectionOf } from '../thrown-by.js';

const withCode = (code: string, cause?: unknown) => Object.assign(new Error('failed', { cause }), { code });

describe('a call that failed before it was sent', () => {
  it.each([
    'EAI_AGAIN',
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'UND_ERR_CONNECT_TIMEOUT',
  ])('is known by %s', (code) => {
    expect(wasNeverSent(withCode(code))).toBe(true);
    expect(wasNeverSent(new TypeError('fetch failed', { cause: withCode(code) }))).toBe(true);
  });

  it.each([
    ['a connection that broke', withCode('ECONNRESET')],
    ['a socket that closed', withCode('UND_ERR_SOCKET')],
    ['a time-out', new DOMException('too late', 'TimeoutError')],
    ['a certificate', withCode('CERT_HAS_EXPIRED')],
    ['an error without a code', new Error('odd')],
    ['what is no error', { code: 'ECONNREFUSED' }],
    ['nothing', undefined],
    ['a code that is no text', Object.assign(new Error('odd'), { code: 7 })],
  ])('is not %s', (_, error) => {
    expect(wasNeverSent(error)).toBe(false);
  });

  it('does not follow causes for ever', () => {
    const round = new Error('round');
    round.cause = round;
    expect(wasNeverSent(round)).toBe(false);
  });

  it('is one to a server that does not listen; one that cuts the connection has got it', async () => {
    const server = await startLoopbackServer(async (_, response) => {
      response.destroy();
    });
    const call = () =>
      rejectionOf(
        systemFetch(server.url, { method: 'POST', headers: {}, signal: AbortSignal.timeout(5000) }),
      );
    expect(wasNeverSent(await call())).toBe(false);
    await server.setDown(true);
    expect(wasNeverSent(await call())).toBe(true);
    await server.close();
  });
});
