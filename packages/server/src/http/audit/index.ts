export { ApiCallData } from './api-call.ts'
export { AuditTrail } from './audit-trail.ts'
