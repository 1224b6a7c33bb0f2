import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStores } from '../../src/cli/open-stores.js';
import { sampleDevice, sampleIntent, sampleKey } from '../../src/testing/contracts/sample-intent.js';
import { makeFolder, type Folder } from './folder.js';
import {
  ACTOR,
  createOperator,
  FLEET,
  issue,
  readLogs,
  withStoresOf,
  type Operator,
  type StorePlace,
} from './operator.js';
import { places } from './places.js';

const ISSUER = FLEET[0]!.issuerId;

describe.each(places)('revoke over $name', ({ create }) => {
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
  });

  const subjects = async () => (await readLogs(url)).revocations.map(({ subject }) => subject);
  const events = async () =>
    (await readLogs(url)).audit.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

  it('suspends a device with its certificates, and keeps who did it and why', async () => {
    const deviceId = sampleDevice(4);
    const words = ['--device', deviceId, '--reason', 'privilegeWithdrawn', '--note', 'ticket 7'];
    expect(await operator.run('revoke', ...words)).toEqual({
      status: 0,
      stdout: `revoked device ${deviceId}\n`,
      stderr: '',
    });
    expect(await subjects()).toMatchObject([
      { kind: 'device', deviceId, state: 'suspended' },
      { kind: 'certificate' },
      { kind: 'certificate' },
    ]);
    const [event] = await events();
    expect(event).toMatchObject({
      type: 'revoked',
      actor: ACTOR,
      note: 'ticket 7',
      reason: 'privilegeWithdrawn',
    });
    expect((await operator.run('revoke', ...words)).stdout).toBe(`device ${deviceId} was revoked already\n`);
  });

  it('bans a device when told to, in the name of whom it is told', async () => {
    const deviceId = sampleDevice(1);
    const words = ['--device', deviceId, '--ban', '--reason', 'unspecified', '--actor', 'bob'];
    expect((await operator.run('revoke', ...words)).status).toBe(0);
    expect(await subjects()).toMatchObject([{ state: 'banned' }, { kind: 'certificate' }]);
    expect(await events()).toMatchObject([{ actor: 'bob', note: null }]);
  });

  it('finds a certificate by its serial number as tools print it, under the issuer that is named', async () => {
    const { serialNumber } = FLEET[1]!;
    const printed = `00${serialNumber}`.toUpperCase().replaceAll(/(..)(?=.)/g, '$1:');
    const words = ['--serial', printed, '--reason', 'superseded'];
    const other = await operator.run('revoke', ...words, '--issuer', 'b2'.repeat(20));
    expect(other).toEqual({
      status: 1,
      stdout: '',
      stderr: 'device-trust: nothing of that name was issued\n',
    });
    expect(await readLogs(url)).toEqual({ revocations: [], audit: [] });
    const two = ['--issuer', 'b2'.repeat(20), '--issuer', ISSUER.toUpperCase()];
    expect(await operator.run('revoke', ...words, ...two)).toMatchObject({
      status: 0,
      stdout: `revoked certificate ${serialNumber}\n`,
    });
    expect(await subjects()).toMatchObject([{ kind: 'certificate', issuerId: ISSUER, serialNumber }]);
  });

  it('blocks a key, with the certificates that it has', async () => {
    const words = ['--key', sampleKey(1).toUpperCase(), '--reason', 'keyCompromise'];
    expect((await operator.run('revoke', ...words)).status).toBe(0);
    expect(await subjects()).toMatchObject([
      { kind: 'key', publicKeySha256: sampleKey(1) },
      { kind: 'certificate', serialNumber: FLEET[0]!.serialNumber },
    ]);
  });

  it('revokes what a filter finds, and nothing else; again it finds it revoked', async () => {
    const words = ['--tier', 'strong', '--reason', 'cessationOfOperation'];
    expect(await operator.run('revoke', ...words)).toEqual({
      status: 0,
      stdout: '2 matched, 2 revoked, 0 were revoked already\n',
      stderr: '',
    });
    expect(await subjects()).toHaveLength(2);
    expect((await operator.run('revoke', ...words)).stdout).toBe(
      '2 matched, 0 revoked, 2 were revoked already\n',
    );
    const [before, after] = await events();
    expect(before).toMatchObject({ type: 'revoked', target: { filter: { tier: 'strong' } }, actor: ACTOR });
    expect(after).toMatchObject({ type: 'batch_revoked', revoked: 2 });
  });

  it.each([
    ['a filter', ['--tier', 'strong'], 'would revoke 2 of the certificates that have not ended'],
    ['a device', ['--device', sampleDevice(1)], `would revoke device ${sampleDevice(1)}`],
    ['a key', ['--key', sampleKey(1)], `would revoke key ${sampleKey(1)}`],
    [
      'a certificate',
      ['--serial', FLEET[0]!.serialNumber, '--issuer', ISSUER],
      `would revoke certificate ${FLEET[0]!.serialNumber}`,
    ],
  ])('changes nothing in a dry run of %s', async (_, words, said) => {
    const answer = await operator.run('revoke', ...words, '--reason', 'superseded', '--dry-run');
    expect(answer).toEqual({ status: 0, stdout: `${said}; nothing was changed\n`, stderr: '' });
    expect(await readLogs(url)).toEqual({ revocations: [], audit: [] });
  });

  it.each([
    ['a device', ['--device', sampleDevice(99)]],
    ['a certificate', ['--serial', 'abcd', '--issuer', ISSUER]],
  ])('refuses %s that it does not know, in a dry run as well', async (_, words) => {
    for (const dry of [[], ['--dry-run']]) {
      const answer = await operator.run('revoke', ...words, '--reason', 'superseded', ...dry);
      expect(answer).toMatchObject({ status: 1, stdout: '' });
      expect(answer.stderr).toBe('device-trust: nothing of that name was issued\n');
    }
    expect(await readLogs(url)).toEqual({ revocations: [], audit: [] });
  });

  it('breaks a batch off after the page at hand, and goes on from the cursor it printed', async () => {
    const interrupt = new AbortController();
    let pages = 0;
    const words = ['--app-version', '1.2.3', '--reason', 'superseded'];
    const broken = await createOperator(url, {
      // Pages of one, so that five certificates are five pages.
      openStores: async (choice) => {
        const { stores, close } = await openStores(choice);
        const search: typeof stores.certificates.search = (query) =>
          stores.certificates.search({ ...query, limit: 1 });
        return { stores: { ...stores, certificates: { ...stores.certificates, search } }, close };
      },
      listenForInterrupt: () => interrupt.signal,
      report: () => {
        pages += 1;
        if (pages === 2) interrupt.abort();
      },
    }).run('revoke', ...words);
    expect(broken).toMatchObject({ status: 1, stdout: '' });
    const lines = broken.stderr.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^1 matched, 1 revoked; go on with --after \S+$/);
    expect(lines[1]).toMatch(/^2 matched, 2 revoked; go on with --after \S+$/);
    const cursor = /^interrupted; go on with --after (\S+)$/.exec(lines[2] ?? '')?.[1] ?? '';
    expect(lines[1]).toContain(` ${cursor}`);
    expect(await subjects()).toHaveLength(2);

    expect(await operator.run('revoke', ...words, '--after', cursor)).toMatchObject({
      status: 0,
      stdout: '3 matched, 3 revoked, 0 were revoked already\n',
    });
    expect(await subjects()).toHaveLength(5);
  });

  it('revokes nothing if it is interrupted before the first page, or the cursor is of somebody else', async () => {
    const words = ['--tier', 'strong', '--reason', 'superseded'];
    const early = createOperator(url, { listenForInterrupt: () => AbortSignal.abort() });
    expect(await early.run('revoke', ...words)).toMatchObject({
      status: 1,
      stderr: 'interrupted; nothing was revoked\n',
    });
    const lost = await operator.run('revoke', ...words, '--after', 'no cursor');
    expect(lost.status).toBe(1);
    expect(lost.stderr).toMatch(/^device-trust: [^\n]+\n$/);
    expect(await subjects()).toEqual([]);
  });

  it('does nothing that the audit trail does not take', async () => {
    const deaf = createOperator(url, {
      openStores: async (choice) => {
        const { stores, close } = await openStores(choice);
        const appendAudit = () => Promise.reject(new Error('disk full'));
        return { stores: { ...stores, audit: { ...stores.audit, appendAudit } }, close };
      },
    });
    const words = ['--device', sampleDevice(1), '--reason', 'superseded'];
    expect(await deaf.run('revoke', ...words)).toMatchObject({
      status: 1,
      stderr: 'device-trust: the event sink did not take the event (disk full)\n',
    });
    expect(await subjects()).toEqual([]);
  });
});

describe.each(places)('reinstate over $name', ({ create }) => {
  let place: StorePlace;
  let operator: Operator;
  let url: string;
  beforeAll(async () => {
    place = await create();
    url = await place.makeUrl();
    operator = createOperator(url);
    await withStoresOf(url, (stores) => issue(stores, FLEET));
  });
  afterAll(async () => {
    await place.end();
  });

  it('lets a suspended device enrol again, and says if there was nothing to do', async () => {
    const device = sampleDevice(1);
    await operator.run('revoke', '--device', device, '--reason', 'superseded');
    const words = ['reinstate', '--device', device, '--note', 'it was found', '--actor', 'bob'];
    expect(await operator.run(...words)).toEqual({
      status: 0,
      stdout: `device ${device} reinstated; it must enrol again\n`,
      stderr: '',
    });
    expect((await operator.run(...words)).stdout).toBe(`device ${device} was active already\n`);
    const { revocations, audit } = await readLogs(url);
    expect(revocations.at(-1)?.subject).toEqual({ kind: 'device', deviceId: device, state: 'active' });
    expect(JSON.parse(audit[1]?.body ?? '')).toMatchObject({ actor: 'bob', note: 'it was found' });
  });

  it('refuses a device that it does not know', async () => {
    expect(await operator.run('reinstate', '--device', sampleDevice(99))).toEqual({
      status: 1,
      stdout: '',
      stderr: 'device-trust: nothing of that name was issued\n',
    });
  });
});

describe('the issuer of a serial number', () => {
  let folder: Folder;
  let place: StorePlace;
  let issuerId: string;
  beforeAll(async () => {
    folder = makeFolder();
    place = await (places[0] ?? { create: () => Promise.reject(new Error('no database')) }).create();
    await createOperator(null).run('init', '--dir', folder.at('pki'));
    const { stdout } = await createOperator(null).run('inspect', folder.at('pki/device-ca.pem'));
    issuerId = /^ *own id +([0-9a-f]{40})$/m.exec(stdout)?.[1] ?? '';
  });
  afterAll(async () => {
    folder.end();
    await place.end();
  });

  it.each([
    ['in the folder that is named', ['--dir', 'pki'], {}],
    ['in the folder of the environment', [], { DATA_DIR: 'pki' }],
  ])('is read from the certificate %s', async (_, words, names) => {
    const url = await place.makeUrl();
    const intent = sampleIntent(1, { issuerId });
    await withStoresOf(url, (stores) => issue(stores, [intent]));
    const at = (word: string) => (word === 'pki' ? folder.at('pki') : word);
    const environment = Object.fromEntries(Object.entries(names).map(([name, value]) => [name, at(value)]));
    const operator = createOperator(url, { environment: { STORE_URL: url, ...environment } });
    const revoke = ['revoke', '--serial', intent.serialNumber, '--reason', 'superseded'];
    expect(await operator.run(...revoke, ...words.map(at))).toMatchObject({
      status: 0,
      stdout: `revoked certificate ${intent.serialNumber}\n`,
    });
  });

  it('must be named, and a folder that is named must have it', async () => {
    const operator = createOperator('sqlite:/not/there', {
      environment: { STORE_URL: 'sqlite:/not/there', DATA_DIR: folder.at('nowhere') },
    });
    const revoke = ['revoke', '--serial', 'ab', '--reason', 'superseded'];
    expect(await operator.run(...revoke)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/needs its issuer/) as string,
    });
    expect(await operator.run(...revoke, '--dir', folder.at('nowhere'))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/there is no file .*device-ca\.pem\n$/) as string,
    });
    expect(await operator.run(...revoke, '--issuer', 'abcd')).toMatchObject({ status: 2 });
  });
});

describe('a call of revoke or reinstate that there is not', () => {
  it.each([
    [['revoke', '--reason', 'superseded']],
    [['revoke', '--device', 'x']],
    [['revoke', '--device', 'x', '--reason', 'dislike']],
    [['revoke', '--device', 'x', '--reason', 'toString']],
    [['revoke', '--device', 'x', '--key', 'a'.repeat(64), '--reason', 'superseded']],
    [['revoke', '--device', 'x', '--tier', 'strong', '--reason', 'superseded']],
    [['revoke', '--key', 'abc', '--reason', 'superseded']],
    [['revoke', '--serial', 'xyz', '--issuer', ISSUER, '--reason', 'superseded']],
    [['revoke', '--tier', 'strong', '--ban', '--reason', 'superseded']],
    [['revoke', '--device', 'x', '--after', 'y', '--reason', 'superseded']],
    [['revoke', '--tier', 'strong', '--after', 'y', '--dry-run', '--reason', 'superseded']],
    [['revoke', '--device', 'x', '--reason', 'superseded', '--note', 'n'.repeat(501)]],
    [['revoke', '--device', 'x', '--reason', 'superseded', '--actor', 'a'.repeat(201)]],
    [['revoke', '--device', 'x', '--reason', 'superseded', '--actor', '']],
    [['reinstate']],
    [['reinstate', '--device', 'x', '--reason', 'superseded']],
  ])('%j is told so, before a store is opened', async (words) => {
    const { status, stdout, stderr } = await createOperator('sqlite:/not/there').run(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^device-trust: [^\n]+; see device-trust --help\n$/);
  });
});
