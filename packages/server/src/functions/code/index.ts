export * from './collector.ts'
export * from './limits.ts'
export type { CodeFolder } from './shared-folders.ts'
export * from './store.ts'
