export { logStoreErrors } from './errors.ts'
export { createLogStores, type LogStores, type LogStoresOptions, type ShardSpan } from './log-stores.ts'
export { type HashRange, hashRange } from './hash-range.ts'
