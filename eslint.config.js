/** Lint rules: typescript-eslint's strictest set, and the direction of imports between the layers. */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const AWS = [
  '@aws-sdk/*',
  '@aws-lambda-powertools/*',
  '@middy/*',
  'aws-lambda',
  'aws-cdk-lib',
  'aws-cdk-lib/*',
];

/**
 * A rule that keeps the files of one layer from importing what lies above or beside it.
 * @param {string} files @param {string[]} forbidden @param {string} why
 * @param {{ regex: string, message: string }[]} more
 */
function layer(files, forbidden, why, more = []) {
  return {
    files: [files],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ group: forbidden, message: why }, ...more] }],
    },
  };
}

export default [
  { ignores: ['node_modules', 'cdk.out', '.local', '.cache', 'coverage', 'dist'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
  {
    // The pages run in a browser, as they stand: no types to check.
    files: ['tools/local/status/page/*.js', 'tools/local/docs/page/*.js'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      parserOptions: { projectService: false },
      globals: Object.fromEntries(
        [
          'AbortSignal',
          'atob',
          'document',
          'fetch',
          'history',
          'location',
          'matchMedia',
          'setTimeout',
          'SwaggerUIBundle',
          'URLSearchParams',
          'window',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    // They also run on a Node.js that knows no types.
    files: ['check-node.cjs', 'client/*.js'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      parserOptions: { projectService: false },
      globals: { console: 'readonly', process: 'readonly', URL: 'readonly' },
    },
  },
  layer(
    'src/domain/**',
    [
      ...AWS,
      '**/application/**',
      '**/ports/**',
      '**/adapters/**',
      '**/http/**',
      '**/observability/**',
      '**/lib/**',
      '**/local/**',
    ],
    'The domain is pure: no clock, no AWS, no randomness, nothing of the layers above.',
    [{ regex: '^node:(?!crypto$)', message: 'The domain is pure; of Node it uses digests only.' }],
  ),
  layer(
    'src/ports/**',
    [
      ...AWS,
      '**/application/**',
      '**/adapters/**',
      '**/http/**',
      '**/observability/**',
      '**/lib/**',
      '**/local/**',
    ],
    'A port speaks the language of the domain only.',
  ),
  layer(
    'src/application/**',
    [...AWS, '**/adapters/**', '**/http/**', '**/observability/**', '**/lib/**', '**/local/**'],
    'A use case knows the domain and the ports, not what is behind them.',
  ),
  layer(
    'src/adapters/**',
    ['**/application/**', '**/http/**', '**/observability/**', '**/lib/**', '**/lambdas/**', '**/local/**'],
    'An adapter knows the port it serves and the domain.',
  ),
  layer(
    'src/{http,observability}/**',
    ['**/application/**', '**/adapters/**', '**/lib/**', '**/lambdas/**', '**/local/**'],
    'What every function needs serves any handler; it knows the domain and the ports only.',
  ),
  layer(
    'client/**',
    [
      ...AWS,
      '**/adapters/**',
      '**/http/**',
      '**/observability/**',
      '**/ports/**',
      '**/lib/**',
      '**/lambdas/**',
    ],
    'A client knows the contract, not what is behind it.',
  ),
  {
    files: ['lib/**'],
    rules: {
      // Types of the sources and of the functions' entries are free to use: nothing is left of them at run time.
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex:
                '/lambdas/|/src/(?!observability/metric-names\\.ts$|adapters/dynamodb/open-jobs-index\\.ts$)',
              allowTypeImports: true,
              message:
                'Of the sources the stack takes types, and the constants of the files that have nothing else.',
            },
            { group: ['**/local/**'], message: 'The stack knows nothing of the programs that run it.' },
          ],
        },
      ],
    },
  },
];
