export * from './choose.ts'
export * from './process.ts'
export * from './sandbox.ts'
