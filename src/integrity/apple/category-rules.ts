// integrity/apple: imports core and this folder only.

import { ConfigurationError } from '../../core/errors.js';
import type { KnownReasonCode } from '../../core/reason-code.js';
import type { AppAttestExtensions } from './parse-extensions.js';

/** Options by which the validation category is judged; see {@link AppAttestExtensions}. */
export interface CategoryOptions {
  /**
   * Validation categories to accept, such as `[4]` for the App Store alone. Systems before iOS 27 say none, which is accepted
   * unless `validationCategoryRequired`. Default: all.
   */
  readonly validationCategories?: readonly number[];
  /** Whether evidence without a validation category is refused: all of it before iOS 27. Default: false. */
  readonly validationCategoryRequired?: boolean;
}

export interface CategoryRules {
  /** `null`: all. */
  readonly accepted: readonly number[] | null;
  readonly required: boolean;
}

/** @throws ConfigurationError */
export function createCategoryRules(options: CategoryOptions): CategoryRules {
  const { validationCategories: accepted = null, validationCategoryRequired: required = false } = options;
  const isList =
    accepted === null ||
    (accepted.length > 0 &&
      accepted.every((category) => Number.isInteger(category) && category >= 0 && category <= 0xffff_ffff));
  if (isList) return { accepted, required };
  throw new ConfigurationError('validationCategories', {
    message: 'must name at least one category, each from 0 to 4294967295',
  });
}

/** Why a validation category is refused; `null` if it is not. One that we cannot read is none that is accepted. */
export function findCategoryFault(
  category: AppAttestExtensions['validationCategory'],
  { accepted, required }: CategoryRules,
): KnownReasonCode | null {
  const isRefused =
    typeof category === 'number'
      ? accepted !== null && !accepted.includes(category)
      : required || (category === 'unreadable' && accepted !== null);
  return isRefused ? 'validation_category_refused' : null;
}
