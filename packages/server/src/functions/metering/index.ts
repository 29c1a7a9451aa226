export * from './observer.ts'
export * from './request-records.ts'
export * from './usage.ts'
export * from './usage-keeper.ts'
