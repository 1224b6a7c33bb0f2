/**
 * Mutation testing of the rooms that judge what strangers send; see docs/architecture.md.
 *
 * @type {import('@stryker-mutator/api/core').PartialStrykerOptions}
 */
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'vitest.mutation.config.ts' },
  mutate: ['src/x509/*.ts', 'src/authentication/**/*.ts'],
  // What no test reads would only be copied into the sandbox.
  ignorePatterns: ['/bench', '/docs', '/dist', '/coverage', '/data', '/reports'],
  // Results are kept, so that the next run only tries what has changed, and one file can be tried at a time.
  incremental: true,
  incrementalFile: 'reports/mutation/incremental.json',
  concurrency: 2,
  // A mutant that is run when a file is loaded would have every test run for it; those that also run within tests still count.
  ignoreStatic: true,
  timeoutMS: 20_000,
  timeoutFactor: 2,
  reporters: ['clear-text', 'html', 'json'],
  clearTextReporter: { reportTests: false, allowColor: false },
  thresholds: { high: 95, low: 85, break: 85 },
};
