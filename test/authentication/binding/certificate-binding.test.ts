import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { certificateBinding } from '../../../src/index.js';
import { newPublicKey, presenterOf, presenterWith, tokenWith, x5t } from './present.js';

const binding = certificateBinding();
const presenter = presenterWith();
const digest = (encoding: 'hex' | 'base64') =>
  createHash('sha256').update(presenter.certificate).digest(encoding);

describe('a token bound to a certificate', () => {
  it('is the one of the RFC (RFC 8705 appendix A)', () => {
    const example = presenterOf(
      Buffer.from(
        'MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAxODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UE' +
          'AwwEbXRsczBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ/Au08/coZwxS7LfA4vOLS9Wu' +
          'neIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwIDSQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOVbUlJ' +
          'SGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=',
        'base64',
      ),
    );
    const cnf = { 'x5t#S256': 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0' };
    expect(binding.evaluate(tokenWith({ cnf }), example)).toBe('bound');
    expect(binding.evaluate(tokenWith({ cnf }), presenter)).toBe('mismatch');
  });

  it('does not outlive the certificate: a renewal with the same key is another certificate', () => {
    const key = newPublicKey();
    const token = tokenWith({ cnf: { 'x5t#S256': x5t(presenterWith(key)) } });
    expect(binding.evaluate(token, presenterWith(key))).toBe('mismatch');
  });

  it.each<[string, unknown]>([
    ['padded', `${x5t(presenter)}=`],
    ['in hex', digest('hex')],
    ['in the other base64', digest('base64')],
    ['in upper case', x5t(presenter).toUpperCase()],
    ['cut short', x5t(presenter).slice(0, 42)],
    ['with stray bits in the last character', `${x5t(presenter).slice(0, 42)}_`],
    ['with white space', ` ${x5t(presenter)}`],
    ['empty', ''],
    ['null', null],
    ['a number', 1],
    ['a list', [x5t(presenter)]],
    ['an object', { toString: x5t(presenter) }],
  ])('does not hold if the thumbprint is %s', (_what, value) => {
    expect(binding.evaluate(tokenWith({ cnf: { 'x5t#S256': value } }), presenter)).toBe('mismatch');
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['text', 'x5t#S256'],
    ['a list', [{ 'x5t#S256': x5t(presenter) }]],
    ['empty', {}],
  ])('does not hold if cnf is %s', (_what, cnf) => {
    expect(binding.evaluate(tokenWith({ cnf }), presenter)).toBe('mismatch');
  });

  it('is unbound without the claim, or if the claim is of another kind', () => {
    expect(binding.evaluate(tokenWith({}), presenter)).toBe('unbound');
    expect(binding.evaluate(tokenWith({ cnf: { jkt: 'x' } }), presenter)).toBe('unbound');
    expect(binding.evaluate(tokenWith({ 'x5t#S256': x5t(presenter) }), presenter)).toBe('unbound');
  });
});
