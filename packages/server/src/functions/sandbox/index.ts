export * from './process.ts'
export * from './sandbox.ts'
