import { describe, expect, it } from 'vitest';
import { ConfigurationError, MalformedError } from '../../src/core/errors.js';
import { malformed } from '../../src/x509/der-reader.js';
import { parseDer } from '../../src/x509/parse-der.js';
import { thrownBy } from '../thrown-by.js';

const request = {
  der: Uint8Array.of(5, 0),
  maxBytes: 2,
  code: 'csr_malformed',
  what: 'a test',
} as const;

describe('a parser of the whole of some bytes', () => {
  it('returns what it read, of as many bytes as are allowed', () => {
    const parsed = parseDer(request, (reader) => {
      reader.null();
      return 'read';
    });
    expect(parsed).toBe('read');
  });

  it('reads the bytes of a view, not those around it', () => {
    const der = Uint8Array.of(1, 2, 3, 0x05, 0x00, 4).subarray(3, 5);
    expect(parseDer({ ...request, der }, (reader) => reader.content(5))).toHaveLength(0);
  });

  it('refuses more bytes unread', () => {
    let read = false;
    const error = thrownBy(() => {
      parseDer({ ...request, maxBytes: 1 }, () => {
        read = true;
      });
    });
    expect(error).toBeInstanceOf(MalformedError);
    expect(error).toMatchObject({ code: 'csr_malformed', cause: { code: 'der_malformed' } });
    expect(read).toBe(false);
  });

  it('refuses bytes that it leaves over', () => {
    expect(thrownBy(() => parseDer(request, () => null))).toMatchObject({ code: 'csr_malformed' });
  });

  it('calls malformed DER by the code of what it should be, and keeps the cause', () => {
    const cause = malformed('a reason');
    const error = thrownBy(() =>
      parseDer(request, () => {
        throw cause;
      }),
    );
    expect(error).toMatchObject({ code: 'csr_malformed', message: 'not a test: a reason', cause });
  });

  it.each([
    ['malformed in another way', new MalformedError('pem_malformed', { message: 'pem' })],
    ['no matter of the bytes', new ConfigurationError('option', { message: 'wrong' })],
    ['a bug', new TypeError('undefined is not a function')],
  ])('passes on what is %s', (_, thrown) => {
    const error = thrownBy(() =>
      parseDer(request, () => {
        throw thrown;
      }),
    );
    expect(error).toBe(thrown);
  });
});
