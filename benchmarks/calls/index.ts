export { median } from './median.ts'
export { account, openPlatform, type Platform } from './platform.ts'
