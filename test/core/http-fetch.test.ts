import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { systemFetch } from '../../src/index.js';
import { rejectionOf } from '../thrown-by.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`;
}

const get = (url: string) =>
  systemFetch(url, { method: 'GET', headers: {}, signal: AbortSignal.timeout(10_000) });

describe('the fetch of the runtime', () => {
  it.each<[string, number, string]>([
    ['text in several pieces', 200, 'grüße '.repeat(20_000)],
    ['nothing', 204, ''],
  ])('reads %s', async (_what, status, body) => {
    const response = await get(await serve((_request, answer) => answer.writeHead(status).end(body)));
    expect([response.status, await response.text()]).toEqual([status, body]);
  });

  it('follows no redirect', async () => {
    let asked = 0;
    const url = await serve((_request, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await rejectionOf(get(url))).toBeInstanceOf(TypeError);
    expect(asked).toBe(1);
  });

  it('reads an answer without end no further than 1 MiB', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    let gone: () => void;
    const closed = new Promise<void>((resolve) => {
      gone = resolve;
    });
    const url = await serve((_request, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(piece));
        response.once('drain', write);
      };
      response.once('close', gone);
      write();
    });
    const response = await get(url);
    expect(await rejectionOf(response.text())).toMatchObject({ name: 'QuotaExceededError' });
    // And hangs up.
    await closed;
  });
});
