export * from './core/index.ts'
export * from './house/index.ts'
export * from './house-rules.ts'
export * from './run.ts'
