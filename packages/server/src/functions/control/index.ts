export * from './resolve.ts'
