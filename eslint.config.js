import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Ambient state that only one file may touch; everybody else is handed it. */
const ambient = [
  { object: 'Date', property: 'now', message: 'Take a Clock (src/core/clock.ts).' },
  { object: 'Math', property: 'random', message: 'Take a Random (src/core/random.ts).' },
  {
    object: 'process',
    property: 'env',
    message: 'Take an option; only the CLI and the examples read the environment.',
  },
];

export default tseslint.config(
  {
    ignores: ['dist/', 'coverage/', 'data/', 'docs/reference/', 'node_modules/', 'reports/', '.stryker-tmp/'],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Contracts are asynchronous so that a store may be a database; the memory implementations have nothing to await.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-properties': ['error', ...ambient],
      'no-restricted-globals': ['error', 'fetch', 'console'],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
          message: 'Take a Clock (src/core/clock.ts).',
        },
      ],
      eqeqeq: 'error',
    },
  },
  {
    // The edges of the program: they own the console, the environment and the time of day.
    files: ['src/cli/**', 'test/**', 'bench/**', 'examples/**', 'scripts/**', '*.ts'],
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-globals': 'off',
      'no-restricted-syntax': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['src/core/clock.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-syntax': 'off' },
  },
  { files: ['src/core/http-fetch.ts'], rules: { 'no-restricted-globals': 'off' } },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
);
