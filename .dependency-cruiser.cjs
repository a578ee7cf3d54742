/** The import rules of docs/architecture.md. `npm run lint` enforces them; test/unit/house/import-rules.test.ts proves that they bite. */
const value = {dependencyTypesNot: ['type-only', 'type-import']}
const PURE =
  '^src/lib/(plan/|router/(table|render|spec|container|counters|error-rule)\\.ts|stack/(gate-deadline|read-|container|hash|canonical|labels|resource-|restart-|file-mounts|writable))'

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A circle of modules cannot be understood, or tested, one at a time.',
      severity: 'error',
      from: {},
      to: {circular: true, viaOnly: value},
    },
    {
      name: 'lib-knows-no-command-line',
      comment: 'lib/ is usable without oclif; the seam is base-command.ts.',
      severity: 'error',
      from: {path: '^src/lib/'},
      to: {path: '(^|node_modules/)@oclif/|^src/(commands|hooks)/|^src/base-command'},
    },
    {
      name: 'commands-do-not-call-commands',
      comment: 'What two commands share is a workflow in lib/.',
      severity: 'error',
      from: {path: '^src/commands/'},
      to: {path: '^src/commands/'},
    },
    {
      name: 'pure-modules-read-nothing',
      comment: 'What decides gets facts and gives a plan: no files, processes, clocks or engine calls.',
      severity: 'error',
      from: {path: PURE},
      to: {
        path: '^(node:)?(fs|fs/promises|child_process|net|http|timers|timers/promises)$|(^|node_modules/)(dockerode|execa)(/|$)|^src/lib/(engine/(dockerode|connect)|execute|workflow|progress|gate)',
        ...value,
      },
    },
    {
      name: 'dockerode-only-in-its-adapter',
      comment: 'The port engine/engine.ts is what everybody else sees.',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/lib/engine/'},
      to: {path: '(^|node_modules/)dockerode(/|$)', ...value},
    },
    {
      name: 'listr2-only-in-its-view',
      comment: 'It draws events; nothing runs in it.',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/lib/progress/'},
      to: {path: '(^|node_modules/)listr2(/|$)'},
    },
    {
      name: 'progress-only-listens',
      comment: 'A renderer sees events and nothing else of the product.',
      severity: 'error',
      from: {path: '^src/lib/progress/'},
      to: {path: '^src/lib/(engine|execute|plan|workflow|router|stack|build)/', ...value},
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: {couldNotResolve: true},
    },
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: 'specify',
    tsConfig: {fileName: 'tsconfig.json'},
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.json', '.mjs', '.cjs'],
    },
  },
}
