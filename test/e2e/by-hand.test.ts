import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

describe.each(['express', 'fastify', 'hono'])('the life of a device by hand, on %s', (framework) => {
  it('goes as it must, with nothing but openssl and curl', async () => {
    const { stdout } = await promisify(execFile)('bash', ['test/e2e/by-hand.sh', framework], {
      timeout: 120_000,
    });
    expect(stdout).toContain('done: every step went as it must');
  }, 130_000);
});
