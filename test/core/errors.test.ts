import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  DeviceTrustError,
  MalformedError,
  RejectedError,
  UnavailableError,
} from '../../src/core/errors.js';

const message = 'what happened';
const cause = new Error('underneath');

describe('the errors of the library', () => {
  const each = [
    ['ConfigurationError', 'configuration_invalid', new ConfigurationError('ttl', { message, cause })],
    ['MalformedError', 'csr_malformed', new MalformedError('csr_malformed', { message, cause })],
    ['RejectedError', 'policy_denied', new RejectedError('policy_denied', { message, cause })],
    ['UnavailableError', 'store_unavailable', new UnavailableError('store_unavailable', { message, cause })],
  ] as const;

  it.each(each)('%s carries its name, its code and what was thrown underneath', (name, code, error) => {
    expect(error).toBeInstanceOf(DeviceTrustError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code, cause });
    expect(error.message).toContain(message);
    expect(String(error)).toMatch(new RegExp(`^${name}: `));
    expect(error.stack).toContain('errors.test.ts');
  });

  it('have no cause where there was none', () => {
    expect('cause' in new MalformedError('csr_malformed', { message })).toBe(false);
  });

  it('keep a cause that is nothing', () => {
    const error = new MalformedError('csr_malformed', { message, cause: undefined });
    expect('cause' in error).toBe(true);
  });
});

describe('ConfigurationError', () => {
  it('names the option, in the message too', () => {
    const error = new ConfigurationError('tiers[0].oid', { message });
    expect(error.option).toBe('tiers[0].oid');
    expect(error.message).toBe('tiers[0].oid: what happened');
  });
});

describe('RejectedError', () => {
  it('carries reasons and action', () => {
    const reasons = ['binding_mismatch', 'a_reason_of_a_provider'];
    const error = new RejectedError('evidence_rejected', { message, reasons, action: 'reattest' });
    expect(error).toMatchObject({ reasons, action: 'reattest' });
  });

  it('has no reasons and no action unless they are given', () => {
    expect(new RejectedError('policy_denied', { message })).toMatchObject({ reasons: [], action: null });
  });
});

describe('UnavailableError', () => {
  it('says when to try again: after five seconds unless told', () => {
    expect(new UnavailableError('store_unavailable', { message }).retryAfterSeconds).toBe(5);
    expect(
      new UnavailableError('store_unavailable', { message, retryAfterSeconds: 0 }).retryAfterSeconds,
    ).toBe(0);
  });
});
