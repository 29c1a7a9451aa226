export { type AuditObserver, silentAuditObserver } from './audit-metrics.ts'
export { type HttpObserver, silentHttpObserver } from './http-observer.ts'
export { createLog, type Log, type LogLevel, type LogOptions, redactedFields } from './log.ts'
export { createMetrics, type Metrics, metricNamesMax, type MetricsOptions } from './metrics.ts'
export * from './observer.ts'
export { openOtlpTracer, type OtlpOptions } from './otlp-tracer.ts'
export {
  silentStreamObserver,
  type StreamLags,
  type StreamObserver,
  type StreamOutcome,
} from './stream-metrics.ts'
export { type ActiveSpan, silentTracer, type SpanAttributes, type SpanKind, type Tracer } from './tracer.ts'
