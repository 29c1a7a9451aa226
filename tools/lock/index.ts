export * from './complete.ts'
