export * from './root.ts'
export * from './run.ts'
