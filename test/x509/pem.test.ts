import { describe, expect, it } from 'vitest';
import { MalformedError } from '../../src/core/errors.js';
import { encodePem, parsePem } from '../../src/x509/pem.js';
import { thrownBy } from '../thrown-by.js';

const der = Uint8Array.from({ length: 100 }, (_, index) => index);
const other = Uint8Array.of(0x30, 0x00);
const read = (text: string, label = 'CERTIFICATE') => parsePem(text, label).map((bytes) => [...bytes]);

describe('PEM', () => {
  it('has 64 characters a line, and a line end after it', () => {
    expect(encodePem('X509 CRL', der).split('\n')).toEqual([
      '-----BEGIN X509 CRL-----',
      Buffer.from(der).toString('base64').slice(0, 64),
      Buffer.from(der).toString('base64').slice(64, 128),
      Buffer.from(der).toString('base64').slice(128),
      '-----END X509 CRL-----',
      '',
    ]);
  });

  it('of nothing has a line of nothing', () => {
    expect(encodePem('CERTIFICATE', new Uint8Array())).toBe(
      '-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n',
    );
  });

  it('is read again, every block of the label, in order', () => {
    const text = encodePem('CERTIFICATE', der) + encodePem('CERTIFICATE', other);
    expect(read(text)).toEqual([[...der], [...other]]);
  });

  it('is read amid other blocks and other text, whatever its white space', () => {
    const block = encodePem('CERTIFICATE', der).replaceAll('\n', ' \r\n\t');
    const text = `subject=CN=a\n${encodePem('PRIVATE KEY', other)}${block}the end`;
    expect(read(text)).toEqual([[...der]]);
    expect(read(text, 'PRIVATE KEY')).toEqual([[...other]]);
  });

  it.each([
    ['in text without a block', 'hello'],
    ['in a block of another label', encodePem('TRUSTED CERTIFICATE', der)],
    ['in a block that ends as another', '-----BEGIN CERTIFICATE-----\nMAA=\n-----END X509 CRL-----\n'],
    ['in a block with headers', '-----BEGIN CERTIFICATE-----\nA: b\n\nMAA=\n-----END CERTIFICATE-----\n'],
  ])('is not found %s', (_, text) => {
    expect(read(text)).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['padding alone', '='],
    ['a letter too many', 'MAAAA'],
    ['padding in the middle', 'MA==MAA='],
  ])('is malformed with %s in it', (_, base64) => {
    const error = thrownBy(() =>
      parsePem(`-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`, 'CERTIFICATE'),
    );
    expect(error).toBeInstanceOf(MalformedError);
    expect(error).toMatchObject({
      code: 'pem_malformed',
      message: 'a PEM block CERTIFICATE does not hold base64',
    });
  });
});
