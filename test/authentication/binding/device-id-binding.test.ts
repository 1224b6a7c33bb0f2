import { describe, expect, it } from 'vitest';
import { ConfigurationError, deviceIdBinding } from '../../../src/index.js';
import { thrownBy } from '../../thrown-by.js';
import { DEVICE_ID, presenterWith, tokenWith } from './present.js';

describe('a token bound to a device', () => {
  it('lives through renewals and new keys', () => {
    const token = tokenWith({ device_id: DEVICE_ID });
    expect(deviceIdBinding().evaluate(token, presenterWith())).toBe('bound');
    expect(deviceIdBinding().evaluate(token, presenterWith())).toBe('bound');
  });

  it('may name it in another claim', () => {
    const binding = deviceIdBinding({ claim: 'https://example.com/device' });
    expect(binding.evaluate(tokenWith({ 'https://example.com/device': DEVICE_ID }), presenterWith())).toBe(
      'bound',
    );
    expect(binding.evaluate(tokenWith({ device_id: DEVICE_ID }), presenterWith())).toBe('unbound');
  });

  it.each<[string, unknown]>([
    ['another device', '11111111-4f50-4162-8738-495a6b7c8d9e'],
    ['upper case', DEVICE_ID.toUpperCase()],
    ['a URN', `urn:uuid:${DEVICE_ID}`],
    ['null', null],
    ['undefined', undefined],
    ['a list', [DEVICE_ID]],
  ])('does not hold if the claim is %s', (_what, claim) => {
    expect(deviceIdBinding().evaluate(tokenWith({ device_id: claim }), presenterWith())).toBe('mismatch');
  });

  it('is unbound without the claim, whatever the claim is called', () => {
    expect(deviceIdBinding().evaluate(tokenWith({}), presenterWith())).toBe('unbound');
    expect(deviceIdBinding({ claim: 'toString' }).evaluate(tokenWith({}), presenterWith())).toBe('unbound');
  });

  it.each(['', 'cnf'])('cannot have %j for its claim', (claim) => {
    const error = thrownBy(() => deviceIdBinding({ claim }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ message: 'claim: must be the name of a private claim' });
  });
});
