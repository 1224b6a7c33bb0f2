import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleCrl } from '../../src/testing/contracts/sample-crl.js';
import { days } from '../../src/testing/contracts/sample-intent.js';
import { parsePem } from '../../src/x509/pem.js';
import { makeFolder, type Folder } from './folder.js';
import { createOperator, withStoresOf, type Operator, type StorePlace } from './operator.js';
import { places } from './places.js';

const ISSUER = 'a1'.repeat(20);
const NEXT = days(1);
const lists = [
  sampleCrl(9n, { crlShard: 12, thisUpdate: days(0), nextUpdate: NEXT }),
  sampleCrl(7n, { crlShard: 2, thisUpdate: days(-3), nextUpdate: days(-1) }),
  sampleCrl(12n, { crlShard: null, thisUpdate: days(-0.1), nextUpdate: NEXT, ...big(1_000_001) }),
  sampleCrl(13n, { crlShard: 3, thisUpdate: days(-0.01), nextUpdate: NEXT, ...big(1_000_000) }),
];

function big(bytes: number) {
  return { bytes, crl: new Uint8Array(bytes), entryCount: 30_000 };
}

describe.each(places)('published lists over $name', ({ create }) => {
  let place: StorePlace;
  let folder: Folder;
  let operator: Operator;
  beforeAll(async () => {
    place = await create();
    folder = makeFolder();
    const url = await place.makeUrl();
    operator = createOperator(url);
    await withStoresOf(url, async ({ crls }) => {
      for (const list of lists) await crls.publishCrl(list, { expectedNumber: null });
    });
  });
  afterAll(async () => {
    folder.end();
    await place.end();
  });

  it('are in a table, those that are too long or out of date with a mark', async () => {
    const { status, stdout, stderr } = await operator.run('crl');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [header, ...rows] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(header).toEqual(['ISSUER', 'SHARD', 'NUMBER', 'AGE', 'ENDS', 'ENTRIES', 'BYTES', 'WARNING']);
    expect(rows).toEqual([
      [ISSUER, 'full', '12', '2 h', '2026-03-02T12:00:00Z', '30000', '1000001', '! over 1 MB'],
      [ISSUER, '2', '7', '3 d', '2026-02-28T12:00:00Z', '3', '6', '! out of date'],
      [ISSUER, '3', '13', '14 min', '2026-03-02T12:00:00Z', '30000', '1000000', '-'],
      [ISSUER, '12', '9', '0 s', '2026-03-02T12:00:00Z', '3', '6', '-'],
    ]);
  });

  it('are written to a file as they were published, in DER and PEM, in place of what was there', async () => {
    const out = folder.at('list.crl');
    writeFileSync(out, 'the one before');
    const words = ['crl', '--issuer', ISSUER, '--shard', '12', '--out', out];
    expect(await operator.run(...words)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(new Uint8Array(readFileSync(out))).toEqual(lists[0]?.crl);
    expect((await operator.run(...words, '--pem')).status).toBe(0);
    expect(parsePem(readFileSync(out, 'utf8'), 'X509 CRL').map((der) => new Uint8Array(der))).toEqual([
      lists[0]?.crl,
    ]);
    expect((await operator.run('crl', '--issuer', ISSUER, '--shard', 'full', '--out', out)).status).toBe(0);
    expect(readFileSync(out)).toHaveLength(1_000_001);
    expect(readdirSync(folder.path)).toEqual(['list.crl']);
  });

  it('are not written where there is none, or no folder: what was there stays', async () => {
    const out = folder.at('kept.crl');
    writeFileSync(out, 'kept');
    expect(await operator.run('crl', '--issuer', ISSUER, '--shard', '99', '--out', out)).toMatchObject({
      status: 1,
      stderr: 'device-trust: no such list was published\n',
    });
    expect(readFileSync(out, 'utf8')).toBe('kept');
    const nowhere = ['crl', '--issuer', ISSUER, '--shard', '12', '--out', folder.at('no/where.crl')];
    const { status, stderr } = await operator.run(...nowhere);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^device-trust: ENOENT[^\n]+\n$/);
  });
});

describe('a call of crl that there is not', () => {
  it.each([
    [['--pem']],
    [['--issuer', ISSUER]],
    [['--issuer', ISSUER, '--shard', '1']],
    [['--shard', '1', '--out', 'x']],
    [['--issuer', 'abc', '--shard', '1', '--out', 'x']],
    [['--issuer', ISSUER, '--shard', 'all', '--out', 'x']],
    [['all']],
  ])('%j is told so, before a store is opened', async (words) => {
    const { status, stdout, stderr } = await createOperator('sqlite:/not/there').run('crl', ...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^device-trust: [^\n]+; see device-trust --help\n$/);
  });
});
