// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import { MalformedError } from '../../core/errors.js';

/** Checks that a call ends in `request_malformed`, and in nothing else. */
export async function assertRequestMalformed(call: () => Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof MalformedError, `expected a MalformedError, got ${String(error)}`);
    assert.equal(error.code, 'request_malformed');
    return true;
  });
}
