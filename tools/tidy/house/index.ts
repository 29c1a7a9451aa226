export * from './layers.ts'
export * from './lists.ts'
