export { ApiCallData } from './api-call.ts'
export { AuditTrail, type CallDescription } from './audit-trail.ts'
export { namesInPath } from './parameters.ts'
export { kindOf } from './recorded-actions.ts'
