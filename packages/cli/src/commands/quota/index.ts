export { quotaCommand } from './quota.ts'
