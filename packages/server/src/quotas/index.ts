export { operatorOnly, quotaErrors } from './errors.ts'
export { type QuotaState, Quotas, type QuotasParts, type RequestRate } from './quotas.ts'
