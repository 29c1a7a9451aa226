export * from './limits.ts'
export * from './store.ts'
