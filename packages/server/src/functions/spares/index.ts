export * from './limits.ts'
export * from './shape.ts'
export * from './spares.ts'
