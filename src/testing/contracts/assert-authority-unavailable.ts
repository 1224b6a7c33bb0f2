// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import { UnavailableError } from '../../core/errors.js';

/** Checks that a call ends in `authority_unavailable`, and in nothing else. */
export async function assertAuthorityUnavailable(call: () => Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof UnavailableError, `expected an UnavailableError, got ${String(error)}`);
    assert.equal(error.code, 'authority_unavailable');
    return true;
  });
}
