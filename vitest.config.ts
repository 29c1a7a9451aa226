import { defineConfig } from 'vitest/config'

const faults = '**/{faults,*.faults}.test.ts'

/**
 * `unit` stands beside the code and needs no network; `suite` talks to real processes and servers; `faults` kills,
 * cuts and stalls them, and waits until all is well again: too long for every change, so it has a command of its own.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '{packages,connectors,storage,runtimes}/*/src/**/*.test.ts',
            'tools/{*,*/*,tidy/*/*,services/install/*}.test.ts',
            'benchmarks/**/*.test.ts',
          ],
          // No module keeps state, so files may share what is loaded: a quarter of the time.
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'suite',
          include: [
            '{packages,connectors,storage,runtimes}/*/test/**/*.test.ts',
            'tests/**/*.test.ts',
            'examples/*/test/**/*.test.ts',
            'tools/services/test/**/*.test.ts',
          ],
          exclude: [faults, '**/node_modules/**'],
          globalSetup: 'tools/services/run-end.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'faults',
          include: [`{packages,connectors,storage,runtimes,tests,examples}/${faults}`],
          exclude: ['**/node_modules/**'],
          globalSetup: 'tools/services/run-end.ts',
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
