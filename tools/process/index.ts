export * from './root.ts'
export * from './run.ts'
export * from './server-process.ts'
