import { defineConfig } from 'vitest/config';
import config from './vitest.config.js';

/** The tests of the rooms that `npm run mutation` mutates, and no others: each mutant is killed by the tests of its own room. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ['test/x509/**/*.test.ts'],
    isolate: false,
  },
});
