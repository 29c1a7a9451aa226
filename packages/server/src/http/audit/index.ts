export { AuditTrail, type AuditTrailParts } from './audit-trail.ts'
