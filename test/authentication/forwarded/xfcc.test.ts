import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXfcc } from '../../../src/authentication/forwarded/xfcc.js';
import { createForwardedCertificates, envoy, proxyAddresses } from '../../../src/proxy.js';
import { thrownBy } from '../../thrown-by.js';
import { escapedPem, leaf, other, sha256 } from './encodings.js';

/** `[key, value]`; quoted where Envoy's documentation says so, or where it is asked for. */
interface Pair {
  readonly key: string;
  readonly value: string;
  readonly quoted: boolean;
}

const encodeXfcc = (elements: readonly (readonly Pair[])[]): string =>
  elements
    .map((pairs) =>
      pairs
        .map(({ key, value, quoted }) =>
          quoted || /[,;="\\]/.test(value) || value.startsWith(' ') || value.endsWith(' ')
            ? `${key}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
            : `${key}=${value}`,
        )
        .join(';'),
    )
    .join(',');

const pair = fc.record<Pair>({
  key: fc.oneof(
    fc.constantFrom('By', 'Hash', 'Cert', 'Chain', 'Subject', 'URI', 'DNS', 'uri', 'hAsH'),
    fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,10}$/),
  ),
  value: fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) }),
  quoted: fc.boolean(),
});

const elements = fc.array(fc.array(pair, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 });

describe('x-forwarded-client-cert', () => {
  it('is read back as it was written', () => {
    fc.assert(
      fc.property(elements, (written) => {
        expect(parseXfcc(encodeXfcc(written))).toEqual(
          written.map((pairs) => pairs.map(({ key, value }) => ({ key: key.toLowerCase(), value }))),
        );
      }),
    );
  });

  it('of any text is read, or refused with one code', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', '\\', ',', ';', '=', 'a', ' ') })),
        (text) => {
          try {
            expect(parseXfcc(text).flat().length).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toMatchObject({ code: 'forwarded_certificate_malformed' });
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('never lets a client choose the last element, whatever it sent before it', () => {
    const appended = `By=spiffe://a/b;Hash=${sha256(leaf)};Cert="${escapedPem(leaf)}";Subject="CN=device";URI=urn:x`;
    const forged = `Hash=${sha256(other)};Cert="${escapedPem(other)}"`;
    const source = createForwardedCertificates({ format: envoy(), proxy: proxyAddresses(['10.0.0.1']) });
    const piece = fc.constantFrom('"', '\\', ',', ';', '=', ' ', 'a', 'By=', 'Subject="', forged);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const request = {
          socket: { remoteAddress: '10.0.0.1' },
          rawHeaders: ['x-forwarded-client-cert', `${pieces.join('')},${appended}`],
        };
        try {
          expect(source.readPeerCertificate(request)).toEqual({ certificate: Buffer.from(leaf) });
        } catch (error) {
          expect(error).toMatchObject({ code: 'forwarded_certificate_malformed' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['By=a', [[['by', 'a']]]],
    ['By=a;URI=b;URI=c,By=d', [[['by', 'a'], ['uri', 'b'], ['uri', 'c']], [['by', 'd']]]], // prettier-ignore
    ['Subject=""', [[['subject', '']]]],
    ['Hash=;By=', [[['hash', ''], ['by', '']]]], // prettier-ignore
    ['Subject="/C=US/CN=a, b;c=d"', [[['subject', '/C=US/CN=a, b;c=d']]]],
    ['Subject="CN=\\"a\\""', [[['subject', 'CN="a"']]]],
    ['Subject="CN=a\\\\";By=b', [[['subject', 'CN=a\\'], ['by', 'b']]]], // prettier-ignore
    ['Subject="CN=a\\,b"', [[['subject', 'CN=a\\,b']]]],
    ['URI=https://a/?b=c', [[['uri', 'https://a/?b=c']]]],
    ['By=a , By=b ; Hash=c', [[['by', 'a']], [['by', 'b'], ['hash', 'c']]]], // prettier-ignore
  ])('%s', (text, expected) => {
    const found = parseXfcc(text).map((pairs) => pairs.map(({ key, value }) => [key, value]));
    expect(found).toEqual(expected);
  });

  it.each([
    [''],
    [' '],
    ['By'],
    ['=a'],
    ['By =a'],
    ['B y=a'],
    ['By=a,'],
    ['By=a;'],
    [',By=a'],
    [';By=a'],
    ['By=a,,By=b'],
    ['By=a;;By=b'],
    ['By="a'],
    ['By="a\\"'],
    ['By="a"b'],
    ['By="a"="b"'],
    ['By="a"bHash=c'],
    ['By="a" Hash=c'],
    ['By="a"|Hash=c'],
    ['By=a"b'],
    ['By=a "b"'],
    ['By=\u00e4'],
    ['By=a\tb'],
  ])('is refused as %j', (text) => {
    expect(thrownBy(() => parseXfcc(text))).toMatchObject({ code: 'forwarded_certificate_malformed' });
  });
});

describe('envoy', () => {
  const source = createForwardedCertificates({ format: envoy(), proxy: proxyAddresses(['10.0.0.1']) });
  const read = (value: string) =>
    source.readPeerCertificate({
      socket: { remoteAddress: '10.0.0.1' },
      rawHeaders: ['x-forwarded-client-cert', value],
    });
  const cert = `Cert="${escapedPem(leaf)}"`;
  const hash = `Hash=${sha256(leaf)}`;

  it.each([
    ['Cert alone', cert],
    ['Hash and Cert', `${hash};${cert}`],
    ['keys in other cases', `HASH=${sha256(leaf).toUpperCase()};cERT="${escapedPem(leaf)}"`],
    ['Cert without quotes', `Cert=${escapedPem(leaf)}`],
    [
      'all that there is',
      `By=a;By=b;${hash};${cert};Chain="${escapedPem(leaf, other)}";Subject="CN=a";URI=c;DNS=d;DNS=e`,
    ],
    ['an element of another proxy before it', `${hash.replaceAll('a', 'b')};Cert="x",${hash};${cert}`],
  ])('takes %s', (_what, value) => {
    expect(read(value)).toEqual({ certificate: Buffer.from(leaf) });
  });

  it.each([
    ['a Hash alone', hash, 'forwarded_certificate_missing'],
    ['a Hash alone in the last element', `${hash};${cert},${hash}`, 'forwarded_certificate_missing'],
    ['a Chain alone', `${hash};Chain="${escapedPem(leaf)}"`, 'forwarded_certificate_missing'],
    ['neither Hash nor Cert', 'By=a;Subject="CN=a"', 'forwarded_certificate_malformed'],
    ['Cert twice', `${cert};${cert}`, 'forwarded_certificate_malformed'],
    ['Hash twice', `${hash};${hash};${cert}`, 'forwarded_certificate_malformed'],
    ['another Hash', `Hash=${sha256(other)};${cert}`, 'forwarded_certificate_malformed'],
    ['an empty Hash', `Hash=;${cert}`, 'forwarded_certificate_malformed'],
    ['a Hash that is none', `Hash=abc;${cert}`, 'forwarded_certificate_malformed'],
  ])('refuses %s', (_what, value, code) => {
    expect(thrownBy(() => read(value))).toMatchObject({ code });
  });
});
