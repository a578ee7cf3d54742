import {defineConfig} from 'vitest/config'

const quietEnv = {NODE_ENV: 'production', NO_COLOR: '1'}

/** One project per layer of the test pyramid; those that use the engine run their files one after another. */
export default defineConfig({
  test: {
    projects: [
      {test: {name: 'unit', include: ['test/unit/**/*.test.ts'], env: quietEnv}},
      onEngine('setup', 180_000),
      onEngine('engine', 120_000),
      onEngine('stack', 180_000),
      onEngine('e2e', 300_000, {exclude: ['test/e2e/rollout/**']}),
      sideBySide('rollout', 'test/e2e/rollout', 300_000),
    ],
    disableConsoleIntercept: true,
  },
})

function onEngine(name: string, timeoutMs: number, more: {exclude?: string[]} = {}) {
  return {
    test: {
      ...more,
      name,
      include: [`test/${name}/**/*.test.ts`],
      env: quietEnv,
      fileParallelism: false,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
    },
  }
}

/** Scenarios mostly wait: for drains, monitor windows and slow requests. Two files at once, never beside the others. */
function sideBySide(name: string, folder: string, timeoutMs: number) {
  return {
    test: {
      name,
      include: [`${folder}/**/*.test.ts`],
      env: quietEnv,
      maxWorkers: 2,
      // Their bounds of time hold on a machine that is not busy with something else at that very moment.
      retry: 1,
      sequence: {groupOrder: 1},
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
    },
  }
}
