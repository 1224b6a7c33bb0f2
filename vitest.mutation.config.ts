import { defineConfig } from 'vitest/config';
import config from './vitest.config.js';

/** The tests of the rooms that `npm run mutation` mutates, and no others: what they do not notice, nobody says. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ['test/x509/**/*.test.ts', 'test/authentication/**/*.test.ts'],
    isolate: false,
  },
});
