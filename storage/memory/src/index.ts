export { type MemoryStorage, type MemoryStorageOptions, openStorage } from './storage.ts'
export type { Write } from './write.ts'
