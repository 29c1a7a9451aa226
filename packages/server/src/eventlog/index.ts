export { type EventLogs, openEventLogs } from './event-logs.ts'
