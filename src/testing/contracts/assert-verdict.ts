// testing: may import everything; nothing imports it.

import assert from 'node:assert/strict';

import type { UnverifiedEvidence } from '../../contracts/evidence.js';
import type { IntegrityProvider } from '../../contracts/integrity-provider.js';
import type { IntegrityVerdict } from '../../contracts/integrity-verdict.js';

const RECOGNITION: readonly string[] = ['recognized', 'unrecognized', 'unevaluated'];
const LICENSING: readonly string[] = ['licensed', 'unlicensed', 'unevaluated'];
const INTEGRITY: readonly string[] = ['failed', 'unevaluated', 'basic', 'device', 'strong'];

/** Texts of the evidence from this length on are taken for tokens: a verdict is kept, and a token must not be. */
const TOKEN_LENGTH = 64;

/** Checks that a verdict is what {@link IntegrityVerdict} says. */
export function assertVerdict(
  verdict: IntegrityVerdict,
  provider: IntegrityProvider,
  evidence: UnverifiedEvidence,
): void {
  assert.equal(verdict.provider, provider.name);
  assert.match(verdict.kind, /./);
  assert.ok(
    verdict.issuedAt instanceof Date && !Number.isNaN(verdict.issuedAt.getTime()),
    'issuedAt is a time',
  );
  const { packageName, certificateSha256, version, recognition, licensing } = verdict.app;
  for (const text of [packageName, version]) assert.ok(text === null || typeof text === 'string');
  for (const digest of certificateSha256) assert.match(digest, /^[0-9a-f]{64}$/);
  assert.ok(RECOGNITION.includes(recognition), `there is no recognition ${recognition}`);
  assert.ok(LICENSING.includes(licensing), `there is no licensing ${licensing}`);
  assert.ok(
    INTEGRITY.includes(verdict.device.integrity),
    `there is no integrity ${verdict.device.integrity}`,
  );
  for (const label of verdict.device.labels) assert.equal(typeof label, 'string');

  const kept = JSON.stringify(verdict);
  const details: unknown = JSON.parse(JSON.stringify({ details: verdict.details }));
  assert.deepEqual(details, structuredClone({ details: verdict.details }), 'details are JSON-compatible');
  for (const member of Object.values(evidence)) {
    const isToken = typeof member === 'string' && member.length >= TOKEN_LENGTH;
    assert.ok(!isToken || !kept.includes(member), 'the verdict does not hold the token');
  }
}
