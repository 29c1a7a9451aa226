export * from './test-arguments.ts'
export * from './run-tests.ts'
export * from './verdict.ts'
