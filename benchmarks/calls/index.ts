export { median } from './median.ts'
export { account, openPlatform, type Platform, silentLog } from './platform.ts'
