export * from './append-loop.ts'
