import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertWholeNumber } from '../../src/core/assert-option.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { thrownBy } from '../thrown-by.js';

describe('assertWholeNumber', () => {
  it('takes every whole number within bounds, the bounds included', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), (value) => {
        assertWholeNumber('size', value, 1, 10);
      }),
      { examples: [[1], [10]] },
    );
  });

  it.each([0, 11, -1, 1.5, Number.NaN, Infinity, -Infinity])('refuses %d', (value) => {
    const error = thrownBy(() => {
      assertWholeNumber('size', value, 1, 10);
    });
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({
      code: 'configuration_invalid',
      option: 'size',
      message: 'size: must be a whole number from 1 to 10',
    });
  });
});
