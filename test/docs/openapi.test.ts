import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const text = readFileSync('docs/openapi.yaml', 'utf8');

describe('docs/openapi.yaml', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(text)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('names the endpoints that the handlers serve', () => {
    const served = ['src/http/enrolment-handler.ts', 'src/http/admin-handler.ts'].flatMap((path) => {
      const source = readFileSync(path, 'utf8');
      const plain = [...source.matchAll(/\$\{basePath\}(\/[a-z/.]+)/g)].map(([, route = '']) => route);
      const ofDevice = [...source.matchAll(/\$\{device\}(\/[a-z]+)?\$/g)].map(
        ([, action = '']) => `/admin/devices/{deviceId}${action}`,
      );
      return [...plain, ...ofDevice];
    });
    expect(served).toContain('/admin/devices/{deviceId}/reinstate');
    const document = parse(text) as { paths: Record<string, unknown> };
    expect(Object.keys(document.paths).sort()).toEqual([...new Set(served)].sort());
  });
});
