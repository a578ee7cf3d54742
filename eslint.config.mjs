import oclif from 'eslint-config-oclif'
import prettier from 'eslint-config-prettier'
import tseslint from 'typescript-eslint'

/** Budgets and choices of the house; each that differs from the preset has its reason beside it. */
const house = {
  files: ['**/*.ts', '**/*.tsx', '**/*.mjs'],
  rules: {
    // Budgets (CONTRIBUTING.md): the long tail of functions is what makes a code base hard to read.
    'max-lines': ['error', {max: 250, skipBlankLines: false, skipComments: false}],
    'max-lines-per-function': ['error', {max: 50, skipBlankLines: true, skipComments: true}],
    'max-depth': ['error', 3],
    'max-params': ['error', 3],
    complexity: ['error', {max: 15, variant: 'modified'}],
    // stdout is the result and nothing else; text leaves through oclif's `log` or an event.
    'no-console': 'error',
    // Literal keys stand in the order of meaning, not of the alphabet.
    'perfectionist/sort-objects': 'off',
    'perfectionist/sort-object-types': 'off',
    'perfectionist/sort-interfaces': 'off',
    'perfectionist/sort-classes': 'off',
    'perfectionist/sort-union-types': 'off',
    'perfectionist/sort-switch-case': 'off',
    'perfectionist/sort-modules': 'off',
    'perfectionist/sort-maps': 'off',
    'perfectionist/sort-sets': 'off',
    'perfectionist/sort-array-includes': 'off',
    'perfectionist/sort-jsx-props': 'off',
    'perfectionist/sort-enums': 'off',
    'perfectionist/sort-intersection-types': 'off',
    'perfectionist/sort-variable-declarations': 'off',
    'perfectionist/sort-heritage-clauses': 'off',
    // Top-down order: the exported thing first, what it calls below.
    '@typescript-eslint/no-use-before-define': 'off',
    'no-use-before-define': 'off',
    // Waiting in a loop is what a rollout is; parallel work is written with Promise.all where it is meant.
    'no-await-in-loop': 'off',
    'unicorn/no-await-expression-member': 'off',
    // `undefined` and `null` are different answers of the engine.
    'unicorn/no-null': 'off',
    'unicorn/no-useless-undefined': 'off',
    // Names like `props`, `env`, `args` are the field's own.
    'unicorn/prevent-abbreviations': 'off',
    'unicorn/no-array-reduce': 'off',
    'unicorn/no-array-callback-reference': 'off',
    'unicorn/filename-case': 'off',
    'unicorn/prefer-ternary': 'off',
    'unicorn/no-negated-condition': 'off',
    'unicorn/no-process-exit': 'off',
    // Interfaces read better in messages and documentation; a regular expression needs no flag to be right.
    '@typescript-eslint/consistent-type-definitions': 'off',
    'require-unicode-regexp': 'off',
    // JSON documents have null; Buffer and process are globals of the platform that we are on.
    '@typescript-eslint/no-restricted-types': 'off',
    'n/prefer-global/buffer': 'off',
    // One line per case is how an exhaustive switch reads as a table, however many cases it has.
    'unicorn/switch-case-braces': 'off',
    // Taste without a defect behind it.
    '@typescript-eslint/promise-function-async': 'off',
    '@typescript-eslint/array-type': 'off',
    '@typescript-eslint/no-empty-function': 'off',
    '@typescript-eslint/no-confusing-void-expression': 'off',
    '@typescript-eslint/prefer-nullish-coalescing': 'off',
    '@typescript-eslint/consistent-type-assertions': 'off',
    'unicorn/consistent-boolean-name': 'off',
    'unicorn/consistent-class-member-order': 'off',
    'unicorn/max-nested-calls': 'off',
    'unicorn/prefer-split-limit': 'off',
    'unicorn/consistent-conditional-object-spread': 'off',
    'unicorn/prefer-iterator-to-array': 'off',
    'unicorn/import-style': 'off',
    'unicorn/prefer-simple-condition-first': 'off',
    'unicorn/no-negated-array-predicate': 'off',
    'unicorn/prefer-includes-over-repeated-comparisons': 'off',
    'unicorn/no-break-in-nested-loop': 'off',
    'unicorn/no-duplicate-loops': 'off',
    'unicorn/no-unsafe-string-replacement': 'off',
    'unicorn/no-computed-property-existence-check': 'off',
    'unicorn/prefer-unicode-code-point-escapes': 'off',
    'unicorn/prefer-number-coercion': 'off',
    'unicorn/no-declarations-before-early-exit': 'off',
    'unicorn/prefer-direct-iteration': 'off',
    '@typescript-eslint/strict-void-return': 'off',
    '@typescript-eslint/prefer-promise-reject-errors': 'off',
    'unicorn/no-unused-array-method-return': 'off',
    'unicorn/prefer-simple-sort-comparator': 'off',
    // An address is what the thing is called, also where it has no TLS.
    'unicorn/prefer-https': 'off',
    'unicorn/prefer-then-catch': 'off',
    'object-shorthand': 'off',
    'prefer-destructuring': 'off',
    'arrow-body-style': 'off',
    'no-return-assign': 'off',
    'no-template-curly-in-string': 'off',
    'jsdoc/require-yields': 'off',
    'import-x/no-duplicates': ['error', {'prefer-inline': false}],
    // Flags of servers and permissions are bits; `void` marks a promise that is deliberately not awaited.
    'no-bitwise': 'off',
    'no-void': 'off',
    // prettier decides about form.
    '@stylistic/padding-line-between-statements': 'off',
    camelcase: 'off',
    'n/no-unpublished-import': 'off',
    'n/no-unsupported-features/node-builtins': 'off',
    'n/no-missing-import': 'off',
    'jsdoc/check-tag-names': 'off',
    'valid-jsdoc': 'off',
  },
}

const strict = {
  files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
  extends: [tseslint.configs.strict],
  rules: {
    '@typescript-eslint/no-explicit-any': 'error',
    '@typescript-eslint/no-unused-vars': [
      'error',
      {argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_'},
    ],
    '@typescript-eslint/consistent-type-imports': 'error',
  },
}

/** A test reads as one story: its describe block may be long. */
const tests = {
  files: ['test/**/*.ts', 'stack/**/*.test.ts', 'bench/**/*.ts'],
  rules: {
    'max-lines-per-function': 'off',
    '@typescript-eslint/no-non-null-assertion': 'off',
    'max-nested-callbacks': 'off',
    'no-console': 'off',
    // A test file is one suite, read from top to bottom.
    'max-lines': ['error', {max: 400}],
    // Short-hand of tests: what a callback returns is not read, and what comes from outside is checked by the expectation.
    'no-promise-executor-return': 'off',
    'unicorn/no-return-array-push': 'off',
    '@typescript-eslint/no-unsafe-assignment': 'off',
    '@typescript-eslint/no-unsafe-member-access': 'off',
    '@typescript-eslint/no-unsafe-call': 'off',
    '@typescript-eslint/no-loop-func': 'off',
    '@typescript-eslint/require-array-sort-compare': 'off',
    'unicorn/no-array-sort': 'off',
    'unicorn/prefer-structured-clone': 'off',
    'unicorn/no-incorrect-template-string-interpolation': 'off',
    'max-params': 'off',
  },
}

/** The shop's pages run in a browser. */
const browser = {
  files: ['stack/services/web/**/*.{ts,tsx,js}'],
  languageOptions: {
    globals: {addEventListener: 'readonly', location: 'readonly', document: 'readonly', sessionStorage: 'readonly'},
  },
  rules: {
    'n/no-unsupported-features/node-builtins': 'off',
    'no-promise-executor-return': 'off',
    // An address is what the thing is called, also where it has no TLS.
    'unicorn/prefer-https': 'off',
    'unicorn/prefer-then-catch': 'off',
    'unicorn/no-unnecessary-global-this': 'off',
    'unicorn/no-negated-comparison': 'off',
    'unicorn/prefer-number-is-safe-integer': 'off',
    '@typescript-eslint/no-base-to-string': 'off',
    '@typescript-eslint/no-unsafe-enum-comparison': 'off',
  },
}

/** Scripts talk to whoever runs them. */
const scripts = {files: ['scripts/**/*.mjs'], rules: {'no-console': 'off'}}

export default tseslint.config(
  {ignores: ['**/dist/**', '**/node_modules/**', 'coverage/**', '.dependency-cruiser.cjs']},
  ...oclif,
  prettier,
  house,
  strict,
  tests,
  browser,
  scripts,
)
