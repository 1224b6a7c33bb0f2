import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDriver, readExport } from '../../src/cli/load-driver.js';
import { createProcessContext } from '../../src/cli/process-context.js';
import { ConfigurationError } from '../../src/core/errors.js';
import { sampleDevice } from '../../src/testing/contracts/sample-intent.js';
import { rejectionOf } from '../thrown-by.js';
import { hasServer as hasRedis, startServer, type RedisServer } from '../stores/redis/server.js';
import { makeFolder, type Folder } from './folder.js';
import { createOperator, createSqlitePlace, FLEET, issue, withStoresOf } from './operator.js';
import { runCommand } from './run-command.js';

const secret = 'correct-horse';

describe('the store of a verb', () => {
  it('is that of --store, else that of the environment', async () => {
    const place = await createSqlitePlace();
    const [empty, full] = [await place.makeUrl(), await place.makeUrl()];
    await withStoresOf(full, (stores) => issue(stores, FLEET));
    const operator = createOperator(empty);
    expect((await operator.run('devices', '--count')).stdout).toBe('0\n');
    expect((await operator.run('devices', '--count', '--store', full)).stdout).toBe('5\n');
    await place.end();
  });

  it.each([null, ''])('must be named: the environment says %j', async (url) => {
    expect(await createOperator(url).run('devices')).toEqual({
      status: 2,
      stdout: '',
      stderr: 'device-trust: there is no store: pass --store, or set STORE_URL; see device-trust --help\n',
    });
  });

  it.each([
    ['a URL of nothing', `mysql://root:${secret}@127.0.0.1/x`, /must be sqlite:<path>/],
    ['no URL', secret, /must be sqlite:<path>/],
    ['a file that is not there', 'sqlite:/not/there.db', /there is no file \/not\/there\.db/],
    ['Redis without consent', `redis://:${secret}@127.0.0.1:1`, /needs --redis-as-only-store/],
    ['a PostgreSQL that does not answer', `postgres://u:${secret}@127.0.0.1:1/x`, /ECONNREFUSED/],
    ['a URL that is none', `postgres://u:${secret}@[/x`, /./],
  ])('of %s is refused in one line, without a password', async (_, url, said) => {
    const { status, stdout, stderr } = await createOperator(url).run('devices');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^device-trust: [^\n]+\n$/);
    expect(stderr).toMatch(said);
    expect(stderr).not.toContain(secret);
  });

  it('that is Redis and does not answer is refused too', async () => {
    const { status, stderr } = await createOperator(`redis://:${secret}@127.0.0.1:1`).run(
      'devices',
      '--redis-as-only-store',
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/^device-trust: the store could not be opened \([^\n]*ECONNREFUSED[^\n]*\)\n$/);
    expect(stderr).not.toContain(secret);
  });

  it('is closed whatever became of the work', async () => {
    const { createMemoryStores } = await import('../../src/memory.js');
    const stores = createMemoryStores();
    let closed = 0;
    const operator = createOperator('memory', {
      openStores: async () => ({
        stores,
        close: async () => {
          closed += 1;
        },
      }),
    });
    expect((await operator.run('devices')).status).toBe(0);
    expect((await operator.run('devices', 'unknown')).status).toBe(1);
    expect(closed).toBe(2);
  });
});

describe.skipIf(!hasRedis)('Redis with consent', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    await server.dispose();
  });

  it('is a store as others are', async () => {
    const url = `redis://127.0.0.1:${server.port}`;
    await withStoresOf(url, (stores) => issue(stores, FLEET));
    const operator = createOperator(url);
    const consent = '--redis-as-only-store';
    expect((await operator.run('devices', '--count', consent)).stdout).toBe('5\n');
    const words = ['--device', sampleDevice(1), '--reason', 'superseded', consent];
    expect((await operator.run('revoke', ...words)).status).toBe(0);
    expect((await operator.run('audit', 'verify', consent)).stdout).toMatch(/^intact, 1 entry, head 1:/);
  });
});

describe('a driver', () => {
  let folder: Folder;
  beforeAll(() => {
    folder = makeFolder();
    const home = join(folder.path, 'node_modules', 'device-trust-test-driver');
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'package.json'), JSON.stringify({ main: 'main.cjs' }));
    writeFileSync(join(home, 'main.cjs'), 'module.exports = new (class { get Pool() { return 7; } })();');
  });
  afterAll(() => {
    folder.end();
  });

  it('is found in the project of the folder, if not beside the command', async () => {
    const module = await loadDriver('device-trust-test-driver', folder.path);
    expect(readExport(module, 'Pool')).toBe(7);
    expect(readExport(module, 'Client')).toBeUndefined();
  });

  it('that is nowhere is named, with the command that installs it', async () => {
    const error = await rejectionOf(loadDriver('device-trust-no-driver', folder.path));
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({
      message: expect.stringContaining('npm install device-trust-no-driver') as string,
    });
    expect(error).toHaveProperty('cause');
  });
});

describe('the process of the command', () => {
  it('is that of a user with a name', () => {
    expect(createProcessContext().userName()).toBe(userInfo().username);
  });

  it('aborts what is under way at the first interrupt, and at the second one ends', () => {
    const before = process.listenerCount('SIGINT');
    const signal = createProcessContext().listenForInterrupt();
    expect(signal.aborted).toBe(false);
    process.emit('SIGINT');
    expect(signal.aborted).toBe(true);
    // Without a listener Node.js ends the process.
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it('opens a store, prints, and ends', async () => {
    const place = await createSqlitePlace();
    const url = await place.makeUrl();
    await withStoresOf(url, (stores) => issue(stores, FLEET));
    const { status, stdout, stderr } = runCommand(['devices', '--count', '--store', url]);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '5\n', stderr: '' });
    const unknown = runCommand(['reinstate', '--device', 'nobody', '--store', url]);
    expect(unknown).toEqual({
      status: 1,
      stdout: '',
      stderr: 'device-trust: nothing of that name was issued\n',
    });
    await place.end();
  });
});
