import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStores } from '../../src/memory.js';
import { sampleDevice } from '../../src/testing/contracts/sample-intent.js';
import {
  createOperator,
  FLEET,
  issue,
  readLogs,
  withStoresOf,
  type Operator,
  type StorePlace,
} from './operator.js';
import { places } from './places.js';

/** Lets statements change the audit trail. */
const unlock: Readonly<Record<string, string>> = {
  SQLite: 'DROP TRIGGER device_trust_audit_fix; DROP TRIGGER device_trust_audit_keep',
  PostgreSQL: 'ALTER TABLE device_trust_audit DISABLE TRIGGER ALL',
};

describe.each(places)('the audit trail over $name', ({ name, create }) => {
  let place: StorePlace;
  let operator: Operator;
  let url: string;
  beforeAll(async () => {
    place = await create();
  });
  afterAll(async () => {
    await place.end();
  });
  beforeEach(async () => {
    url = await place.makeUrl();
    operator = createOperator(url);
    await withStoresOf(url, (stores) => issue(stores, FLEET));
    for (const index of [1, 2, 3]) {
      await operator.run(
        'revoke',
        '--device',
        sampleDevice(index),
        '--reason',
        'superseded',
        '--note',
        `n${index}`,
      );
    }
  });

  const headOf = async () => {
    const { audit } = await readLogs(url);
    const last = audit.at(-1);
    return `${last?.sequence ?? 0}:${last?.hash ?? ''}`;
  };

  it('is intact, and its head is an anchor for the next time', async () => {
    const head = await headOf();
    const intact = { status: 0, stdout: `intact, 3 entries, head ${head}\n`, stderr: '' };
    expect(await operator.run('audit', 'verify')).toEqual(intact);
    expect(await operator.run('audit', 'verify', '--anchor', head)).toEqual(intact);
    await operator.run('reinstate', '--device', sampleDevice(1));
    expect(await operator.run('audit', 'verify', '--anchor', head.toUpperCase())).toMatchObject({
      status: 0,
      stdout: `intact, 4 entries, head ${await headOf()}\n`,
    });
  });

  it.each([
    [
      'changed',
      `UPDATE device_trust_audit SET body = replace(body, 'n2', 'n9') WHERE sequence = 2`,
      2,
      'body_changed',
    ],
    ['taken out', 'DELETE FROM device_trust_audit WHERE sequence = 2', 2, 'gap'],
    [
      'filed under another device',
      'UPDATE device_trust_audit SET device_id = NULL WHERE sequence = 3',
      3,
      'device_changed',
    ],
  ])('is not intact if an entry was %s', async (_, statement, entry, problem) => {
    await place.tamper(url, `${unlock[name] ?? ''}; ${statement}`);
    const { status, stdout, stderr } = await operator.run('audit', 'verify');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^not intact: entry ${entry}: [^\\n]+ \\(${problem}\\)\\n$`));
  });

  it('that was cut off at its end is found by an anchor only', async () => {
    const head = await headOf();
    await place.tamper(url, `${unlock[name] ?? ''}; DELETE FROM device_trust_audit WHERE sequence = 3`);
    expect(await operator.run('audit', 'verify')).toMatchObject({ status: 0 });
    const { status, stdout } = await operator.run('audit', 'verify', '--anchor', head);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^not intact: entry 3: [^\n]+ \(anchor_missing\)\n$/);
  });

  it('is listed page by page, as a table and as JSON', async () => {
    const first = await operator.run('audit', 'list', '--limit', '2');
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(
      /^ENTRY +AT +WHAT +DEVICE +BY +DETAIL\n1 +2026-03-01T12:00:00.123Z +revoked +/,
    );
    expect(first.stdout).toMatch(/ n2 [^\n]+\n\nmore: --after 2\n$/);
    const second = await operator.run('audit', 'list', '--limit', '2', '--after', '2');
    expect(second.stdout.split('\n')[1]).toMatch(/^3 .* alice .* n3 /);
    expect(second.stdout).not.toContain('more:');
    const json = JSON.parse(
      (await operator.run('audit', 'list', '--json', '--limit', '1')).stdout,
    ) as unknown;
    const { audit } = await readLogs(url);
    expect(json).toMatchObject({ entries: [{ ...audit[0], event: { type: 'revoked' } }], after: 1 });
  });

  it('is listed for one device', async () => {
    const { stdout } = await operator.run('audit', 'list', '--device', sampleDevice(2), '--json');
    expect(JSON.parse(stdout)).toMatchObject({ entries: [{ sequence: 2 }], after: null });
  });
});

describe('an audit trail', () => {
  it('without entries is intact, and has no head', async () => {
    const stores = createMemoryStores();
    const operator = createOperator('memory', {
      openStores: async () => ({ stores, close: async () => undefined }),
    });
    expect(await operator.run('audit', 'verify')).toMatchObject({
      status: 0,
      stdout: 'intact, 0 entries, no head\n',
    });
  });

  it('shows text that is no event as it is, but for what a terminal acts upon', async () => {
    const stores = createMemoryStores();
    const { auditAfter } = await import('../../src/testing/contracts/sample-audit.js');
    await stores.audit.appendAudit([auditAfter(null, 'no \u001b[1mJSON')]);
    const operator = createOperator('memory', {
      openStores: async () => ({ stores, close: async () => undefined }),
    });
    const { stdout } = await operator.run('audit', 'list');
    expect(stdout).toContain('no \\u{1b}[1mJSON\n');
    expect(await operator.run('audit', 'verify')).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^not intact: entry 1: /) as string,
    });
  });
});

describe('a call of audit that there is not', () => {
  it.each([
    [[]],
    [['prove']],
    [['verify', 'all']],
    [['verify', '--anchor', '3']],
    [['verify', '--anchor', `0:${'a'.repeat(64)}`]],
    [['list', '--after', '-1']],
    [['list', '--after=-1']],
    [['list', '--limit', '1001']],
  ])('%j is told so, before a store is opened', async (words) => {
    const { status, stdout, stderr } = await createOperator('sqlite:/not/there').run('audit', ...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^device-trust: [^\n]+; see device-trust --help\n$/);
  });
});
