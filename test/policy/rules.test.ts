import { describe, expect, it } from 'vitest';

import { ConfigurationError } from '../../src/core/errors.js';
import type { Rule } from '../../src/policy/rule.js';
import {
  requireDeviceIntegrity,
  requireFreshEvidence,
  requireLicensedApp,
  requireProvider,
  requireRecognizedApp,
} from '../../src/policy/rules.js';
import { thrownBy } from '../thrown-by.js';
import { context, NOW, verdict, type VerdictChange } from './verdicts.js';

const YES = { satisfied: true, reasons: [] };
const no = (reason: string, action = 'reattest') => ({ satisfied: false, reasons: [reason], action });

function evaluate(rule: Rule, ...verdicts: readonly VerdictChange[]) {
  return rule.evaluate(context(...verdicts.map(verdict)));
}

describe('every rule about evidence', () => {
  it.each([
    requireRecognizedApp(),
    requireLicensedApp(),
    requireDeviceIntegrity('basic'),
    requireProvider('play-integrity'),
    requireFreshEvidence({ maxAgeSeconds: 60 }),
  ])('does not hold without evidence: $name', (rule) => {
    expect(evaluate(rule)).toEqual(no('evidence_missing'));
  });
});

describe('requireRecognizedApp', () => {
  const rule = requireRecognizedApp();
  it.each([
    ['recognised', [{ recognition: 'recognized' }], YES],
    ['unrecognised', [{ recognition: 'unrecognized' }], no('app_not_recognized', 'update')],
    ['unevaluated', [{ recognition: 'unevaluated' }], no('app_not_evaluated')],
    ['a word of tomorrow', [{ recognition: 'super-recognized' }], no('app_not_evaluated')],
    ['a word that objects have', [{ recognition: 'constructor' }], no('app_not_evaluated')],
    ['recognised by one, not judged by the other', [{ recognition: 'unevaluated' }, {}], YES],
    [
      'recognised by one, refused by the other',
      [{}, { recognition: 'unrecognized' }],
      no('app_not_recognized', 'update'),
    ],
    [
      'judged by none of two',
      [{ recognition: 'unevaluated' }, { recognition: 'unevaluated' }],
      no('app_not_evaluated'),
    ],
  ])('%s', (_, verdicts, expected) => {
    expect(evaluate(rule, ...verdicts)).toEqual(expected);
  });
});

describe('requireLicensedApp', () => {
  const rule = requireLicensedApp();
  it.each([
    ['licensed', [{ licensing: 'licensed' }], YES],
    ['unlicensed', [{ licensing: 'unlicensed' }], no('app_not_licensed', 'update')],
    ['unevaluated', [{ licensing: 'unevaluated' }], no('app_not_evaluated')],
    ['a word of tomorrow', [{ licensing: 'leased' }], no('app_not_evaluated')],
    ['licensed by one, not judged by the other', [{}, { licensing: 'unevaluated' }], YES],
    [
      'licensed by one, refused by the other',
      [{}, { licensing: 'unlicensed' }],
      no('app_not_licensed', 'update'),
    ],
  ])('%s', (_, verdicts, expected) => {
    expect(evaluate(rule, ...verdicts)).toEqual(expected);
  });
});

describe('requireDeviceIntegrity', () => {
  it.each([
    ['basic', 'strong', YES],
    ['basic', 'device', YES],
    ['basic', 'basic', YES],
    ['device', 'strong', YES],
    ['device', 'device', YES],
    ['device', 'basic', no('device_integrity_too_low')],
    ['strong', 'strong', YES],
    ['strong', 'device', no('device_integrity_too_low')],
    ['strong', 'basic', no('device_integrity_too_low')],
    ['basic', 'unevaluated', no('device_not_evaluated')],
    ['basic', 'failed', no('device_reported_compromised', 'stop')],
    ['basic', 'stronger-than-strong', no('device_not_evaluated')],
    ['basic', '__proto__', no('device_not_evaluated')],
  ] as const)('%s demanded, %s proven', (level, integrity, expected) => {
    expect(evaluate(requireDeviceIntegrity(level), { integrity })).toEqual(expected);
  });

  it('takes the strongest word of several', () => {
    const rule = requireDeviceIntegrity('device');
    expect(evaluate(rule, { integrity: 'basic' }, { integrity: 'strong' })).toEqual(YES);
    expect(evaluate(rule, { integrity: 'unevaluated' }, { integrity: 'device' })).toEqual(YES);
    expect(evaluate(rule, { integrity: 'unevaluated' }, { integrity: 'basic' })).toEqual(
      no('device_integrity_too_low'),
    );
  });

  it('does not hold where one vendor reports a compromised device, whatever another says', () => {
    const result = evaluate(
      requireDeviceIntegrity('basic'),
      { integrity: 'strong' },
      { integrity: 'failed' },
    );
    expect(result).toEqual(no('device_reported_compromised', 'stop'));
  });

  it('lets a client try again where the vendor judged neither device nor app', () => {
    const result = evaluate(requireDeviceIntegrity('basic'), {
      integrity: 'failed',
      recognition: 'unevaluated',
    });
    expect(result).toEqual(no('device_integrity_too_low'));
  });

  it.each(['failed', 'unevaluated', 'none', '', undefined])('refuses the level %s', (level) => {
    const error = thrownBy(() => requireDeviceIntegrity(level as 'basic'));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'configuration_invalid', option: 'level' });
  });
});

describe('requireProvider', () => {
  it('holds if one verdict is from one of them', () => {
    const rule = requireProvider('play-integrity', 'apple-app-attest');
    expect(evaluate(rule, { provider: 'apple-app-attest' })).toEqual(YES);
    expect(evaluate(rule, { provider: 'huawei-sysintegrity' }, { provider: 'play-integrity' })).toEqual(YES);
    expect(evaluate(rule, { provider: 'huawei-sysintegrity' })).toEqual(no('provider_not_accepted'));
    expect(evaluate(rule, { provider: 'Play-Integrity' })).toEqual(no('provider_not_accepted'));
  });

  it('refuses to be made without a name', () => {
    const error = thrownBy(() => requireProvider());
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'configuration_invalid', option: 'names' });
  });
});

describe('requireFreshEvidence', () => {
  const rule = requireFreshEvidence({ maxAgeSeconds: 60 });
  const aged = (milliseconds: number) => ({ issuedAt: new Date(NOW.getTime() - milliseconds) });

  it.each([
    ['as old as allowed', [aged(60_000)], YES],
    ['a millisecond older', [aged(60_001)], no('evidence_stale')],
    ['of this moment', [aged(0)], YES],
    ['from a clock that is a little ahead', [aged(-3000)], YES],
    ['without a date', [{ issuedAt: new Date(Number.NaN) }], no('evidence_stale')],
    ['fresh next to stale', [aged(0), aged(60_001)], no('evidence_stale')],
  ])('%s', (_, verdicts, expected) => {
    expect(evaluate(rule, ...verdicts)).toEqual(expected);
  });

  it.each([0, -1, 1.5, 86_401, Number.NaN])('refuses an age of %d', (maxAgeSeconds) => {
    const error = thrownBy(() => requireFreshEvidence({ maxAgeSeconds }));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ code: 'configuration_invalid', option: 'maxAgeSeconds' });
  });
});
