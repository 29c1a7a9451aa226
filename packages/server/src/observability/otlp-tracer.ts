import type { Context, SpanContext, SpanKind as OtelSpanKind } from '@opentelemetry/api'
import type { SpanAttributes, SpanKind, Tracer } from './tracer.ts'

export interface OtlpOptions {
  /** Base address of a collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`. */
  readonly endpoint: string
  /** Share of the traces begun here that are recorded, 0 to 1; those begun elsewhere follow their own flag. */
  readonly ratio: number
  readonly version: string
  readonly region: string
}

/** Spans waiting for the collector; those above are dropped: tracing must not hold up what it looks at. */
const waitingMax = 4_096
/** A collector that takes longer gets nothing: the server may be waiting for this to end. */
const exportTimeoutMs = 2_000

/** Loads OpenTelemetry, which nobody pays for who does not use it. */
export async function openOtlpTracer(options: OtlpOptions): Promise<Tracer> {
  const api = await import('@opentelemetry/api')
  const sdk = await import('@opentelemetry/sdk-trace')
  const { resourceFromAttributes } = await import('@opentelemetry/resources')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const url = `${options.endpoint.replace(/\/+$/, '')}/v1/traces`
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs })
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'millrace',
      'service.version': options.version,
      'cloud.region': options.region,
    }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(options.ratio) }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        exporter,
        maxQueueSize: waitingMax,
        scheduledDelayMillis: 1_000,
        exportTimeoutMillis: exportTimeoutMs,
      }),
    ],
  })
  const tracer = provider.getTracer('millrace', options.version)
  const kinds: Readonly<Record<SpanKind, OtelSpanKind>> = {
    internal: api.SpanKind.INTERNAL,
    server: api.SpanKind.SERVER,
    client: api.SpanKind.CLIENT,
    producer: api.SpanKind.PRODUCER,
    consumer: api.SpanKind.CONSUMER,
  }
  const contextOf = (parent: string | undefined): Context => {
    const found = parseTraceparent(parent)
    if (found === undefined) return api.ROOT_CONTEXT
    return api.trace.setSpanContext(api.ROOT_CONTEXT, found)
  }
  return {
    isOn: true,
    start(name, kind, parent, attributes) {
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, contextOf(parent))
      return {
        traceparent: formatTraceparent(span.spanContext()),
        end(error?: string, more?: SpanAttributes) {
          if (more !== undefined) span.setAttributes(more)
          if (error !== undefined) {
            span.setAttribute('error.type', error)
            span.setStatus({ code: api.SpanStatusCode.ERROR })
          }
          span.end()
        },
      }
    },
    // A collector that does not answer must not keep the server from ending.
    [Symbol.asyncDispose]: () => provider.shutdown().catch(() => {}),
  }
}

function parseTraceparent(text: string | undefined): SpanContext | undefined {
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(text ?? '')
  const [, traceId = '', spanId = '', flags = ''] = match ?? []
  if (match === null || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
}

function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${(traceFlags & 1).toString().padStart(2, '0')}`
}
