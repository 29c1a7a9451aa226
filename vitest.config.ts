import { defineConfig } from 'vitest/config'

/** `unit` stands beside the code and needs no network; `suite` talks to real processes and servers. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '{packages,connectors,storage,runtimes}/*/src/**/*.test.ts',
            'tools/{*,*/*,tidy/*/*,services/install/*}.test.ts',
            'benchmarks/**/*.test.ts',
          ],
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
          globalSetup: 'tools/services/run-end.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
