export * from './environment.ts'
export * from './ids.ts'
export * from './result.ts'
export * from './sync.ts'
