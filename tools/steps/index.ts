export * from './run-steps.ts'
export * from './steps.ts'
