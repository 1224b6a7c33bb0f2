import { describe, expect, it } from 'vitest';

import { ConfigurationError, RejectedError, UnavailableError } from '../../src/core/errors.js';
import { allOf, anyOf, forAction, fromOneVerdict, not, when } from '../../src/policy/combinators.js';
import { satisfied, unsatisfied, type Rule, type RuleResult } from '../../src/policy/rule.js';
import { requireDeviceIntegrity, requireProvider, requireRecognizedApp } from '../../src/policy/rules.js';
import { thrownBy } from '../thrown-by.js';
import { context, renewal, verdict } from './verdicts.js';

const yes = (...reasons: string[]): Rule => ({ name: 'yes', evaluate: () => satisfied(...reasons) });
const no = (reason: string, action?: 'update' | 'stop' | 'retry'): Rule => ({
  name: `no ${reason}`,
  evaluate: () => unsatisfied(reason, action),
});
const broken: Rule = {
  name: 'broken',
  evaluate: () => {
    throw new TypeError('a bug');
  },
};

describe('allOf', () => {
  it('holds if every rule holds, with the reasons of all', () => {
    expect(allOf(yes('a'), yes(), yes('b', 'a')).evaluate(context())).toEqual({
      satisfied: true,
      reasons: ['a', 'b'],
    });
  });

  it('does not hold if one does not, keeps every reason, and asks for the hardest action', () => {
    const result = allOf(no('a'), yes('good'), no('b', 'stop'), no('c', 'update'), no('a')).evaluate(
      context(),
    );
    expect(result).toEqual({ satisfied: false, reasons: ['a', 'b', 'c'], action: 'stop' });
  });

  it('refuses to be made of nothing, which would always hold', () => {
    expectConfigurationError(() => allOf(), 'allOf');
  });
});

describe('anyOf', () => {
  it('holds if one rule holds, with the reasons of those that do', () => {
    expect(anyOf(no('a'), yes('b')).evaluate(context())).toEqual({ satisfied: true, reasons: ['b'] });
  });

  it('does not hold if none does, keeps every reason, and asks for the easiest action', () => {
    const result = anyOf(no('a', 'stop'), no('b', 'update'), no('c', 'stop')).evaluate(context());
    expect(result).toEqual({ satisfied: false, reasons: ['a', 'b', 'c'], action: 'update' });
  });

  it('refuses to be made of nothing', () => {
    expectConfigurationError(() => anyOf(), 'anyOf');
  });
});

describe('not', () => {
  it('turns a rule around, with a reason of its own', () => {
    expect(not(yes(), 'because', 'update').evaluate(context())).toEqual({
      satisfied: false,
      reasons: ['because'],
      action: 'update',
    });
    expect(not(no('a'), 'because').evaluate(context())).toEqual({ satisfied: true, reasons: [] });
    expect(not(yes(), 'because').evaluate(context())).toMatchObject({ action: 'reattest' });
  });

  it('does not turn a rule that fails into one that holds', () => {
    expectUnavailable(() => not(broken, 'because').evaluate(context()));
  });
});

describe('when and forAction', () => {
  it('demand the rule where the condition is met, and nothing elsewhere', () => {
    const rule = when('renewing', ({ action }) => action === 'renew', no('a'));
    expect(rule.evaluate(renewal())).toMatchObject({ satisfied: false, reasons: ['a'] });
    expect(rule.evaluate(context())).toEqual({ satisfied: true, reasons: [] });
    expect(forAction('renew', no('a')).evaluate(renewal()).satisfied).toBe(false);
    expect(forAction('renew', no('a')).evaluate(context()).satisfied).toBe(true);
    expect(forAction('enroll', no('a')).evaluate(context()).satisfied).toBe(false);
  });

  it.each([undefined, 1, '', Promise.resolve(false)])('fail on a condition that answers %o', (answer) => {
    const rule = when('odd', () => answer as unknown as boolean, yes());
    expectUnavailable(() => allOf(rule).evaluate(context()));
  });
});

describe('fromOneVerdict', () => {
  const bothFromOne = fromOneVerdict(allOf(requireRecognizedApp(), requireDeviceIntegrity('strong')));

  it('holds if a single verdict is enough', () => {
    const weak = verdict({ integrity: 'basic', recognition: 'unevaluated' });
    expect(bothFromOne.evaluate(context(weak, verdict()))).toEqual({ satisfied: true, reasons: [] });
  });

  it('does not add up the app of one verdict and the device of another', () => {
    const cleanApp = verdict({ provider: 'a', integrity: 'basic' });
    const cleanDevice = verdict({ provider: 'b', recognition: 'unevaluated' });
    expect(
      allOf(requireRecognizedApp(), requireDeviceIntegrity('strong')).evaluate(
        context(cleanApp, cleanDevice),
      ),
    ).toEqual({
      satisfied: true,
      reasons: [],
    });
    expect(bothFromOne.evaluate(context(cleanApp, cleanDevice))).toEqual({
      satisfied: false,
      reasons: ['device_integrity_too_low', 'app_not_evaluated'],
      action: 'reattest',
    });
  });

  it('does not hold without evidence, whatever is inside', () => {
    expect(fromOneVerdict(yes()).evaluate(context())).toMatchObject({ reasons: ['evidence_missing'] });
    const shutOut = fromOneVerdict(not(requireProvider('x'), 'because'));
    expect(shutOut.evaluate(context()).satisfied).toBe(false);
  });
});

describe('a rule from elsewhere', () => {
  it.each([
    ['throws', broken.evaluate],
    ['answers true', () => true],
    ['answers nothing', () => undefined],
    ['answers a promise', async () => satisfied()],
    ['answers with another kind of truth', () => ({ satisfied: 1, reasons: [] })],
    ['answers without reasons', () => ({ satisfied: true })],
    ['says no without a reason', () => ({ satisfied: false, reasons: [], action: 'stop' })],
    ['says no without an action', () => ({ satisfied: false, reasons: ['a'] })],
    ['says no with an action that is none', () => ({ satisfied: false, reasons: ['a'], action: 'toString' })],
    ['gives a reason that is no text', () => ({ satisfied: true, reasons: [7] })],
    [
      'throws a refusal',
      () => {
        throw new RejectedError('policy_denied', { message: 'no' });
      },
    ],
  ])('that %s fails the policy, in every combination', (_, evaluate) => {
    const rule: Rule = { name: 'odd', evaluate: evaluate as () => RuleResult };
    for (const combined of [
      allOf(yes(), rule),
      allOf(no('a'), rule),
      anyOf(yes(), rule),
      anyOf(rule, yes()),
      not(rule, 'because'),
      fromOneVerdict(rule),
      allOf(when('always', () => true, rule)),
    ]) {
      const error = expectUnavailable(() => combined.evaluate(context(verdict())));
      expect(error.message).toContain('"odd"');
      expect(error.cause).toBeDefined();
    }
  });

  it('may say that it could not find out, in its own words', () => {
    const own = new UnavailableError('provider_unavailable', { message: 'the risk engine is down' });
    const rule: Rule = {
      name: 'risk',
      evaluate: () => {
        throw own;
      },
    };
    expect(thrownBy(() => anyOf(yes(), rule).evaluate(context()))).toBe(own);
  });

  it.each([undefined, null, {}, { name: 'a' }, { evaluate: () => satisfied() }, () => satisfied()])(
    'that is %o is refused at creation',
    (value) => {
      const rule = value as unknown as Rule;
      expectConfigurationError(() => allOf(yes(), rule), 'allOf[1]');
      expectConfigurationError(() => anyOf(rule), 'anyOf[0]');
      expectConfigurationError(() => not(rule, 'because'), 'not');
      expectConfigurationError(() => when('always', () => true, rule), 'when');
      expectConfigurationError(() => fromOneVerdict(rule), 'fromOneVerdict');
    },
  );
});

it('a combined rule is named after its parts', () => {
  const rule = allOf(requireRecognizedApp(), anyOf(requireDeviceIntegrity('device'), not(yes(), 'because')));
  expect(rule.name).toBe('all of (recognised app, any of (device integrity device, not (yes)))');
});

function expectConfigurationError(create: () => unknown, option: string): void {
  const error = thrownBy(create);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({ code: 'configuration_invalid', option });
}

function expectUnavailable(call: () => unknown): UnavailableError {
  const error = thrownBy(call);
  expect(error).toBeInstanceOf(UnavailableError);
  expect(error).toMatchObject({ code: 'policy_unavailable' });
  return error as UnavailableError;
}
