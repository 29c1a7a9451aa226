export * from './node-version.ts'
export * from './root.ts'
export * from './run.ts'
