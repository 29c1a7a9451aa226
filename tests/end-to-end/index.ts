export { patienceMs, testLimitMs } from './command.ts'
export { temporaryFolder } from './place.ts'
