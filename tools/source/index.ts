export * from './syntax.ts'
export * from './tree.ts'
