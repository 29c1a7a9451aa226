export { type HttpObserver, silentHttpObserver } from './http-observer.ts'
export { createLog, type Log, type LogLevel, type LogOptions, redactedFields } from './log.ts'
export { createMetrics, type Metrics, metricNamesMax, type MetricsOptions } from './metrics.ts'
export * from './observer.ts'
