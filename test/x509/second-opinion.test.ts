import { describe, expect, it } from 'vitest';
import { der } from '../../src/x509/der-writer.js';
import { oid } from '../../src/x509/oid.js';
import {
  describeCertificateTolerantly,
  describeCrlTolerantly,
  describeRequestTolerantly,
} from '../../src/x509/second-opinion.js';
import {
  attribute,
  basicConstraints,
  crlEntry,
  forgeCertificate,
  forgeCrl,
  forgeRequest,
  keyUsage,
  name,
  newKeyPair,
} from './forge.js';

const keys = newKeyPair();

describe('a tolerant reader', () => {
  it('tells of a certification request', () => {
    const attributes = [attribute('1.2.3', der.null()), attribute('1.2.4', der.null())];
    expect(describeRequestTolerantly(forgeRequest({ keys, attributes }))).toEqual([
      ['subject', 'CN=device'],
      ['attributes', '1.2.3, 1.2.4'],
    ]);
    expect(describeRequestTolerantly(forgeRequest({ keys }))).toContainEqual(['attributes', '(none)']);
  });

  it('tells of a certificate', () => {
    const bytes = forgeCertificate({
      keys,
      subject: name('device'),
      issuer: name('CA'),
      extensions: [basicConstraints(false), keyUsage(0)],
    });
    expect(describeCertificateTolerantly(bytes)).toEqual([
      ['subject', 'CN=device'],
      ['issuer', 'CN=CA'],
      ['serial', '1001'],
      ['from', '2025-01-01T00:00:00.000Z'],
      ['until', '2026-01-01T00:00:00.000Z'],
      ['extensions', `${oid.basicConstraints}, ${oid.keyUsage}`],
    ]);
  });

  it('tells of a CRL', () => {
    const bytes = forgeCrl({ signer: keys, issuer: name('CA'), entries: [crlEntry(1n), crlEntry(2n)] });
    expect(describeCrlTolerantly(bytes)).toEqual([
      ['issuer', 'CN=CA'],
      ['made', '2025-01-01T00:00:00.000Z'],
      ['entries', '2'],
    ]);
  });

  it.each([describeRequestTolerantly, describeCertificateTolerantly, describeCrlTolerantly])(
    'has nothing to tell of nonsense: %o',
    (describeTolerantly) => {
      expect(describeTolerantly(Buffer.from('nonsense'))).toEqual([]);
    },
  );
});
