export { type LmdbStorageOptions, openStorage } from './storage.ts'
