/**
 * Configures ESLint with typescript-eslint's strictest rules. dependency-cruiser.config.ts checks the
 * imports.
 */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default [
  {
    ignores: [
      'node_modules',
      'cdk.out',
      '.local',
      '.cache',
      'coverage',
      'dist',
      // They import generated files, without which there are no types to check.
      'test/rigs/generated-clients/programs/*-*.ts',
    ],
  },
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
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'max-len': ['error', { code: 1000, comments: 110, ignoreUrls: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            ':matches(PropertyDefinition, MethodDefinition[kind!="constructor"])[accessibility="private"]',
          message: 'Name private members with #.',
        },
      ],
    },
  },
  {
    // The pages run in a browser as they are, so there are no types to check.
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
    // These files also run on a Node.js that cannot strip types.
    files: ['ensure-node.js', 'client/*.js'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      parserOptions: { projectService: false },
      globals: Object.fromEntries(
        ['console', 'process', 'setInterval', 'clearInterval', 'URL'].map((name) => [name, 'readonly']),
      ),
    },
  },
];
