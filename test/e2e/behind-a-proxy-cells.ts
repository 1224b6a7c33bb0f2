import type { Header } from '../authentication/forwarded/presets.js';
import type { ClientName } from './behind-a-proxy-fleet.js';
import type { Program } from './behind-a-proxy-proxies.js';

/** The headers that the proxy itself sends with this client. */
type HeadersOf = (name: ClientName) => readonly Header[];

type Rename = (name: string) => string;
const renamed = (headers: readonly Header[], rename: Rename) =>
  headers.map(([name, value]): Header => [rename(name), value]);

/** One kind of request, and what comes of it behind each proxy. */
export interface Cell {
  readonly what: string;
  readonly client: ClientName | null;
  readonly headers?: (headersOf: HeadersOf) => readonly Header[];
  readonly host?: string;
  /** Status and code, or the name of the client that was let in; `alert` where the proxy ends the handshake. */
  readonly answers: Readonly<Record<Program, string | RegExp>>;
}

const everywhere = (answer: string): Cell['answers'] => ({
  nginx: answer,
  haproxy: answer,
  apache2: answer,
  caddy: answer,
});

const underscores: Rename = (name) => name.replaceAll('-', '_');
const oneUnderscore: Rename = (name) => name.replace(/-(?=[^-]*$)/, '_');
const connectionNaming = (headers: readonly Header[]): Header => [
  'Connection',
  ['close', ...headers.map(([name]) => name)].join(', '),
];

export const cells: readonly Cell[] = [
  { what: 'a good device', client: 'good', answers: everywhere('200 good') },
  { what: 'no certificate', client: null, answers: everywhere('403 client_certificate_required') },
  {
    what: 'the bootstrap certificate',
    client: 'bootstrap',
    answers: everywhere('403 device_certificate_required'),
  },
  {
    what: 'an expired device',
    client: 'expired',
    answers: {
      nginx: '403 forwarded_certificate_unverified',
      haproxy: 'alert CERTIFICATE_EXPIRED',
      apache2: 'alert CERTIFICATE_EXPIRED',
      // Which of them is a matter of the Go that it was built with.
      caddy: /^alert (BAD_CERTIFICATE|CERTIFICATE_EXPIRED)$/,
    },
  },
  {
    what: 'a device of another root',
    client: 'of another root',
    answers: {
      nginx: '403 forwarded_certificate_unverified',
      haproxy: 'alert UNKNOWN_CA',
      apache2: 'alert UNKNOWN_CA',
      caddy: /^alert (BAD_CERTIFICATE|UNKNOWN_CA)$/,
    },
  },
  {
    what: 'a client of another CA under our root',
    client: 'of a sibling CA',
    answers: {
      ...everywhere('403 certificate_untrusted'),
      // Knows the issuing CAs alone.
      caddy: /^alert (BAD_CERTIFICATE|UNKNOWN_CA)$/,
    },
  },
  {
    what: 'a good device that says to be another',
    client: 'good',
    headers: (headersOf) => headersOf('another'),
    answers: everywhere('200 good'),
  },
  {
    what: 'a good device that says so twice',
    client: 'good',
    headers: (headersOf) => [...headersOf('another'), ...headersOf('another')],
    answers: everywhere('200 good'),
  },
  {
    what: 'no certificate and the headers of a good device',
    client: null,
    headers: (headersOf) => headersOf('good'),
    answers: everywhere('403 client_certificate_required'),
  },
  {
    what: 'no certificate and the headers of a good device, twice',
    client: null,
    headers: (headersOf) => [...headersOf('good'), ...headersOf('good')],
    answers: everywhere('403 client_certificate_required'),
  },
  {
    what: 'the bootstrap certificate and the headers of a good device',
    client: 'bootstrap',
    headers: (headersOf) => headersOf('good'),
    answers: everywhere('403 device_certificate_required'),
  },
  {
    what: 'a good device that says to be another, with underscores',
    client: 'good',
    headers: (headersOf) => renamed(headersOf('another'), underscores),
    answers: {
      nginx: '200 good',
      haproxy: '200 good',
      apache2: '400 forwarded_certificate_malformed',
      caddy: '400 forwarded_certificate_malformed',
    },
  },
  {
    what: 'no certificate and the headers of a good device, with one underscore',
    client: null,
    headers: (headersOf) => renamed(headersOf('good'), oneUnderscore),
    answers: {
      nginx: '403 client_certificate_required',
      haproxy: '403 client_certificate_required',
      apache2: '400 forwarded_certificate_malformed',
      caddy: '400 forwarded_certificate_malformed',
    },
  },
  {
    what: 'a good device that calls the headers of the proxy its own',
    client: 'good',
    headers: (headersOf) => [connectionNaming(headersOf('good'))],
    // Apache drops what it set itself.
    answers: { ...everywhere('200 good'), apache2: '400 forwarded_certificate_malformed' },
  },
  {
    what: 'a good device that calls the certificate header its own',
    client: 'good',
    headers: (headersOf) => [connectionNaming(headersOf('good').slice(0, 1))],
    answers: { ...everywhere('200 good'), apache2: '403 forwarded_certificate_missing' },
  },
  {
    what: 'no certificate, the headers of a good device, and that they are of this connection',
    client: null,
    headers: (headersOf) => {
      const headers = headersOf('good');
      return [connectionNaming(headers), ...headers];
    },
    answers: {
      ...everywhere('403 client_certificate_required'),
      apache2: '400 forwarded_certificate_malformed',
    },
  },
  {
    what: 'a good device that asks for another host than in the handshake',
    client: 'good',
    host: 'other.example.com',
    // No code: it is Caddy that refuses.
    answers: { ...everywhere('200 good'), caddy: '421 ""' },
  },
];

/** Whether sessions are resumed with what the guide has. */
export const resumes: Readonly<Record<Program, boolean>> = {
  nginx: false,
  // Not by tickets, but from its own memory.
  haproxy: true,
  apache2: false,
  // By tickets, with keys that it changes by itself.
  caddy: true,
};
