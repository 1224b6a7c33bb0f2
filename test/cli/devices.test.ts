import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { days, sampleDevice } from '../../src/testing/contracts/sample-intent.js';
import { createOperator, FLEET, issue, withStoresOf, type Operator, type StorePlace } from './operator.js';
import { places } from './places.js';

/** The first word of each line but the first, up to an empty line. */
const idsIn = (table: string) =>
  (table.split('\n\n')[0] ?? '')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(' ')[0]);

const deviceIds = (...indexes: readonly number[]) => indexes.map(sampleDevice);
/** The order of their latest certificates. */
const ALL = deviceIds(1, 2, 3, 4, 6);

describe.each(places)('devices over $name', ({ create }) => {
  let place: StorePlace;
  let operator: Operator;
  let url: string;
  beforeAll(async () => {
    place = await create();
    url = await place.makeUrl();
    operator = createOperator(url);
    await withStoresOf(url, async (stores) => {
      await issue(stores, FLEET);
      await stores.certificates.recordFirstUse(FLEET[4]!, days(0));
    });
  });
  afterAll(async () => {
    await place.end();
  });

  it('are listed by their latest certificate, in columns, whatever the app called itself', async () => {
    const { status, stdout, stderr } = await operator.run('devices');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(idsIn(stdout)).toEqual(ALL);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^DEVICE +TIER +PROVIDER +APP VERSION +ENDS +SERIAL$/);
    const columns = [...(lines[0] ?? '').matchAll(/\S+( \S+)*/g)].map(({ index }) => index);
    for (const line of lines) {
      // Before each column there are two blanks, and in its first place there is none.
      for (const start of columns.slice(1)) expect(line.slice(start - 2, start + 1)).toMatch(/^ {2}\S$/);
    }
    expect(lines[3]).toContain('  -  ');
    expect(lines[3]).toContain('\\u{1b}[2J9\\u{a}\\u{202e}');
    expect(lines[4]).toContain(FLEET[4]!.serialNumber);
    expect(stdout).not.toMatch(/more:/);
  });

  it.each([
    [['--tier', 'strong'], deviceIds(2, 4)],
    [['--provider', 'play-integrity'], deviceIds(1, 2, 4, 6)],
    [['--provider', ''], deviceIds(3)],
    [['--app-version', '1.2.3'], deviceIds(1, 2, 4, 6)],
    [['--release', 'F0'.repeat(32)], deviceIds(6)],
    [['--enrolled-from', '2026-02-20'], deviceIds(2)],
    [['--enrolled-before', '2026-02-20T00:00:00+01:00'], deviceIds(1, 3, 4, 6)],
    [['--ends-before', '2026-03-03'], deviceIds(3)],
    [['--tier', 'strong', '--ends-before', '2026-03-03'], []],
  ])('%j finds those', async (filter, expected) => {
    const { status, stdout } = await operator.run('devices', ...filter);
    expect(status).toBe(0);
    expect([...idsIn(stdout)].sort()).toEqual([...expected].sort());
    const counted = await operator.run('devices', '--count', ...filter);
    expect(counted).toEqual({ status: 0, stdout: `${expected.length}\n`, stderr: '' });
  });

  it('come page by page, each naming the cursor of the next', async () => {
    const pages: (readonly (string | undefined)[])[] = [];
    let next: readonly string[] = [];
    do {
      const { stdout } = await operator.run('devices', '--limit', '2', ...next);
      pages.push(idsIn(stdout));
      next = /^more: (--after) (\S+)$/m.exec(stdout)?.slice(1) ?? [];
    } while (next.length > 0 && pages.length < 5);
    expect(pages.flat()).toEqual(ALL);
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
  });

  it('come as JSON, with the same cursor, and nothing in it that a terminal acts upon', async () => {
    const { stdout } = await operator.run('devices', '--json', '--limit', '3');
    const page = JSON.parse(stdout) as { devices: Record<string, unknown>[]; cursor: string };
    expect(page.devices.map(({ deviceId }) => deviceId)).toEqual(ALL.slice(0, 3));
    expect(page.devices[2]).toMatchObject({ tier: 'none', providers: [], appVersion: '\u001b[2J9\n\u202e' });
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    const rest = await operator.run('devices', '--json', '--after', page.cursor);
    expect(JSON.parse(rest.stdout)).toMatchObject({
      devices: ALL.slice(3).map((deviceId) => ({ deviceId })),
      cursor: null,
    });
    expect(JSON.parse((await operator.run('devices', '--json', '--count')).stdout)).toEqual({ count: 5 });
  });

  it('are shown one by one: state, certificates, decisions', async () => {
    const id = sampleDevice(4);
    expect(
      (await operator.run('revoke', '--device', id, '--reason', 'superseded', '--note', 'lost\r')).status,
    ).toBe(0);
    const { status, stdout } = await operator.run('devices', id);
    expect(status).toBe(0);
    const [facts = '', certificates = '', decisions = ''] = stdout.split('\n\n');
    expect(facts).toMatch(/^state +suspended 2026-03-01T12:00:00Z, superseded: lost\\u\{d\}$/m);
    expect(facts).toContain('e5'.repeat(32));
    expect(idsIn(certificates)).toEqual([FLEET[3]!.serialNumber, FLEET[4]!.serialNumber]);
    expect(certificates).toContain('revoked 2026-03-01T12:00:00Z');
    expect(decisions).toMatch(/^1 .*revoked .*alice .*superseded/m);

    const json = JSON.parse((await operator.run('devices', id, '--json')).stdout) as unknown;
    expect(json).toMatchObject({
      deviceId: id,
      state: 'suspended',
      certificates: [{ serialNumber: FLEET[3]!.serialNumber }, { serialNumber: FLEET[4]!.serialNumber }],
      decisions: [{ sequence: 1, event: { type: 'revoked', actor: 'alice' } }],
    });
    expect((await operator.run('reinstate', '--device', id)).status).toBe(0);
    expect((await operator.run('devices', id)).stdout).toMatch(/^state +active$/m);
  });

  it('that are not known are not shown, and a cursor of somebody else is not followed', async () => {
    for (const words of [[sampleDevice(99)], ['--after', 'no cursor']]) {
      const { status, stdout, stderr } = await operator.run('devices', ...words);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/^device-trust: [^\n]+\n$/);
    }
  });
});

describe('what a certificate has come to', () => {
  it('is told by what happened to it', async () => {
    const { describeLife } = await import('../../src/cli/device-view.js');
    const { recordOf } = await import('../../src/testing/contracts/sample-intent.js');
    const none = { certificate: null, device: null, key: null };
    const certificate = Uint8Array.of(0x30);
    const life = (change: Parameters<typeof recordOf>[1], now = days(0)) =>
      describeLife(recordOf(FLEET[0]!, change), none, now);
    expect(life({})).toBe('intended, not issued');
    expect(life({ certificate })).toBe('issued, not used yet');
    expect(life({ certificate, firstUsedAt: days(0) })).toBe('in use');
    expect(life({ certificate, supersededAt: days(0) })).toBe('superseded 2026-03-01T12:00:00Z');
    expect(life({ certificate, firstUsedAt: days(0) }, days(8))).toBe('expired');
  });
});

describe('a call of devices that there is not', () => {
  it.each([
    [['--limit', '0']],
    [['--limit', '1001']],
    [['--limit', '1e2']],
    [['--enrolled-from', 'yesterday']],
    [['--enrolled-from', '2026-02-31']],
    [['--enrolled-before', '2026-03-01T12:00:00']],
    [['--release', 'abc']],
    [['--count', '--after', 'x']],
    [['one', 'two']],
    [['one', '--tier', 'strong']],
    [['--color']],
  ])('%j is told so, before a store is opened', async (words) => {
    const { status, stdout, stderr } = await createOperator('sqlite:/not/there').run('devices', ...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^device-trust: [^\n]+; see device-trust --help\n$/);
  });
});
