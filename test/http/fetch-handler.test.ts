import { describe, expect, it } from 'vitest';
import {
  createFetchHandler,
  peerRequestFromFetch,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
} from '../../src/index.js';
import {
  createForwardedCertificates,
  nginx,
  proxyAddresses,
  proxySecret,
  proxyUnixSocket,
  type ProxyTrust,
} from '../../src/proxy.js';
import { leaf, other } from '../authentication/forwarded/encodings.js';
import {
  presetNames,
  presetOf,
  type Header,
  type Preset,
  type PresetName,
} from '../authentication/forwarded/presets.js';
import { connectionOf, createBackend, createCsr, newKey, peerFrom } from '../backend.js';
import { rejectionOf, thrownBy } from '../thrown-by.js';

const BASE = 'https://api.example.com/device-trust/v1';
const LIMIT = 64 * 1024;

const post = (path: string, body: string | ReadableStream<Uint8Array>, init: RequestInit = {}) =>
  new Request(`${BASE}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    ...init,
  });

/** Hands the request out as the handler sees it, and answers with this. */
function spy(answer: HttpResponse | null) {
  const seen: HttpRequest[] = [];
  const handler: HttpHandler = {
    async handle(request) {
      seen.push(request);
      return answer;
    },
  };
  return { seen, handle: createFetchHandler(handler) };
}

const nobody = { socket: null, rawHeaders: [] };

describe('a fetch handler', () => {
  it('enrols a device', async () => {
    const backend = await createBackend();
    const handle = createFetchHandler(backend.trust.handler);
    const connection = connectionOf(backend.bootstrap);
    const asked = await handle(post('/challenges', '{"purpose":"enroll"}'), connection);
    expect(asked?.status).toBe(201);
    const { challenge } = (await asked?.json()) as { challenge: string };
    const key = newKey();
    const evidence = backend.evidenceFor(challenge, key);
    const body = JSON.stringify({ csr: createCsr(key), challenge, evidence });
    const enrolled = await handle(post('/certificates', body), connection);
    expect(enrolled?.status).toBe(201);
    expect(enrolled?.headers.get('content-type')).toBe('application/json');
    expect(enrolled?.headers.get('cache-control')).toBe('no-store');
    expect(await enrolled?.json()).toMatchObject({ tier: 'strong' });
  });

  it('leaves paths alone that are not the library`s', async () => {
    const { trust, bootstrap } = await createBackend();
    const handle = createFetchHandler(trust.handler);
    expect(await handle(new Request('https://api.example.com/account'), connectionOf(bootstrap))).toBeNull();
  });

  it('refuses in the form of the library', async () => {
    const { trust } = await createBackend();
    const answer = await createFetchHandler(trust.handler)(new Request(`${BASE}/device`), nobody);
    expect(answer?.status).toBe(403);
    expect(answer?.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer?.json()).toMatchObject({ code: 'client_certificate_required' });
  });

  it('tells the handler what was asked', async () => {
    const { seen, handle } = spy(null);
    const gone = new AbortController();
    const connection = connectionOf(null);
    const request = post('/challenges?a=1&b=%20', '{}', { signal: gone.signal });
    await handle(request, connection);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      url: '/device-trust/v1/challenges?a=1&b=%20',
      headers: { 'content-type': 'application/json' },
    });
    expect(seen[0]?.connection).toBe(connection);
    expect(seen[0]?.signal?.aborted).toBe(false);
    gone.abort();
    expect(seen[0]?.signal?.aborted).toBe(true);
  });

  it.each([
    [
      'bytes',
      { status: 200, headers: { 'content-type': 'application/pkix-crl' }, body: new Uint8Array([0, 255]) },
    ],
    ['a text', { status: 200, headers: { 'content-type': 'application/yaml' }, body: 'a: 1' }],
    ['nothing', { status: 304, headers: { etag: '"a"' }, body: '' }],
  ])('answers with %s', async (_what, answer) => {
    const response = await spy(answer).handle(new Request(BASE), nobody);
    expect(response?.status).toBe(answer.status);
    expect(Object.fromEntries(response?.headers ?? [])).toEqual(answer.headers);
    expect(Buffer.from((await response?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(
      Buffer.from(answer.body),
    );
  });

  it('reads a body no further than the limit, and does not cancel it', async () => {
    const { trust, bootstrap } = await createBackend();
    let pulled = 0;
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled += 1024;
          controller.enqueue(new Uint8Array(1024).fill(0x20));
        },
        cancel() {
          cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    const answer = await createFetchHandler(trust.handler)(
      post('/challenges', body),
      connectionOf(bootstrap),
    );
    expect(answer?.status).toBe(413);
    expect(await answer?.json()).toMatchObject({ code: 'request_too_large' });
    expect(pulled).toBe(LIMIT + 1024);
    expect(cancelled).toBe(false);
  });

  it('reads nothing of a body that says it is too large', async () => {
    const { trust, bootstrap } = await createBackend();
    let pulled = false;
    const body = new ReadableStream<Uint8Array>(
      {
        pull() {
          pulled = true;
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { 'content-type': 'application/json', 'content-length': String(LIMIT + 1) };
    const request = post('/challenges', body, { headers });
    const answer = await createFetchHandler(trust.handler)(request, connectionOf(bootstrap));
    expect(answer?.status).toBe(413);
    expect(pulled).toBe(false);
  });

  it('refuses a body that breaks off', async () => {
    const { trust, bootstrap } = await createBackend();
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('gone'));
      },
    });
    const answer = await createFetchHandler(trust.handler)(
      post('/challenges', body),
      connectionOf(bootstrap),
    );
    expect(answer?.status).toBe(400);
    expect(await answer?.json()).toMatchObject({ code: 'request_malformed' });
  });

  it('blames nobody but the server for a body that was read before', async () => {
    const { trust, bootstrap } = await createBackend();
    const request = post('/challenges', '{"purpose":"enroll"}');
    await request.text();
    const answer = await createFetchHandler(trust.handler)(request, connectionOf(bootstrap));
    expect(answer?.status).toBe(500);
    expect(await answer?.json()).toMatchObject({ code: 'configuration_invalid' });
  });

  it('takes a request without a body for one with an empty body', async () => {
    const { trust, bootstrap } = await createBackend();
    const headers = { 'content-type': 'application/json' };
    const request = new Request(`${BASE}/challenges`, { method: 'POST', headers });
    const answer = await createFetchHandler(trust.handler)(request, connectionOf(bootstrap));
    expect(await answer?.json()).toMatchObject({ code: 'request_malformed' });
  });
});

describe('what a Request tells of its connection', () => {
  it('is its headers, those of one name joined, and no socket', () => {
    const headers = new Headers([
      ['B', '1'],
      ['A', '2'],
      ['b', '3'],
    ]);
    expect(peerRequestFromFetch({ headers })).toEqual({ socket: null, rawHeaders: ['a', '2', 'b', '1, 3'] });
  });

  it('is no certificate for direct TLS', async () => {
    const { trust } = await createBackend();
    const request = peerRequestFromFetch(new Request(BASE));
    expect(thrownBy(() => trust.authenticator.identify(request))).toMatchObject({
      code: 'client_certificate_required',
    });
  });

  it('shows that there is a second Authorization', async () => {
    const backend = await createBackend();
    const { socket } = connectionOf(peerFrom(await backend.enroll()));
    const token = `Bearer ${await backend.tokens.createToken({ subject: 'alice' })}`;
    const headers = new Headers({ authorization: token });
    const prove = () =>
      backend.trust.authenticator.authenticate({ ...peerRequestFromFetch({ headers }), socket });
    expect((await prove()).accessToken.subject).toBe('alice');
    headers.append('authorization', token);
    expect(await rejectionOf(prove())).toMatchObject({ code: 'access_token_invalid' });
  });

  it.each([
    ['an address', proxyAddresses(['127.0.0.0/8'])],
    ['a Unix socket', proxyUnixSocket()],
  ])('can not show %s', (_what, proxy) => {
    const source = createForwardedCertificates({ format: nginx(), proxy });
    const headers = new Headers({ 'x-ssl-client-verify': 'NONE' });
    expect(thrownBy(() => source.readPeerCertificate(peerRequestFromFetch({ headers })))).toMatchObject({
      code: 'proxy_untrusted',
    });
  });

  it('can show the secret of a proxy, but not twice', () => {
    const secret = 'a-secret-of-more-than-thirty-two-characters';
    const proxy = proxySecret({ header: 'x-proxy-secret', secrets: [secret] });
    const source = createForwardedCertificates({ format: nginx(), proxy });
    const headers = new Headers({ 'x-ssl-client-verify': 'NONE', 'x-proxy-secret': secret });
    const read = () => source.readPeerCertificate(peerRequestFromFetch({ headers }));
    expect(read()).toBeNull();
    headers.append('x-proxy-secret', secret);
    expect(thrownBy(read)).toMatchObject({ code: 'proxy_untrusted' });
  });
});

const trusting: ProxyTrust = { headers: [], findFault: () => null };

/** Reads the certificate of a good request, in which further lines come before or after those of their name. */
function readJoined(name: PresetName, before: readonly Header[], after: readonly Header[] = []) {
  const preset = presetOf(name);
  const source = createForwardedCertificates({ format: preset.format, proxy: trusting });
  const headers = new Headers();
  for (const [header, value] of [...before, ...linesOf(preset), ...after]) headers.append(header, value);
  return source.readPeerCertificate(peerRequestFromFetch({ headers }));
}

const linesOf = (preset: Preset): readonly Header[] => [
  [preset.certificateHeader, preset.encode(leaf)],
  ...preset.others(leaf),
];

const anotherOf = (preset: Preset): Header => [preset.certificateHeader, preset.encode(other)];

const single = presetNames.filter((name) => name !== 'envoy');

describe.each(single)('headers of %s that came twice and were joined', (name) => {
  const refused = { code: 'forwarded_certificate_malformed' };

  it('are accepted once', () => {
    expect(readJoined(name, [])?.certificate).toEqual(leaf);
  });

  it.each(linesOf(presetOf(name)))('are refused: %s', (header, value) => {
    for (const second of [value, '']) {
      expect(thrownBy(() => readJoined(name, [[header, second]]))).toMatchObject(refused);
      expect(thrownBy(() => readJoined(name, [], [[header, second]]))).toMatchObject(refused);
    }
  });

  it('are refused with two certificates', () => {
    const second = anotherOf(presetOf(name));
    expect(thrownBy(() => readJoined(name, [second]))).toMatchObject(refused);
    expect(thrownBy(() => readJoined(name, [], [second]))).toMatchObject(refused);
  });
});

describe('x-forwarded-client-cert that came twice and was joined', () => {
  it('is the list that Envoy would have made of it, of which the last element counts', () => {
    const second = anotherOf(presetOf('envoy'));
    expect(readJoined('envoy', [second])?.certificate).toEqual(leaf);
    expect(readJoined('envoy', [], [second])?.certificate).toEqual(other);
  });
});
