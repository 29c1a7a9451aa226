import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import { type QueueMessages, queueMetrics } from './queue-metrics.ts'
import { quotaMetrics, type QuotaUses } from './quota-metrics.ts'
import { collectProcess, type Disposer } from './process-metrics.ts'
import { type FunctionMetrics, functionMetrics, type InstanceStates } from './function-metrics.ts'
import { auditMetrics, type AuditObserver } from './audit-metrics.ts'
import type { HttpObserver } from './http-observer.ts'
import { LabelLimit } from './label-limit.ts'
import type { EngineObserver } from './observer.ts'
import { type StreamLags, streamMetrics, type StreamObserver } from './stream-metrics.ts'

export interface MetricsOptions {
  readonly version: string
  /** Buses and queues that have series of their own; further ones share the label `other`. Default 200. */
  readonly namesMax?: number
  /** Pending deliveries by queue, asked for at each scrape. */
  readonly pending?: () => Promise<Iterable<readonly [queue: string, pending: number]>>
  /** Messages of built-in queues, asked for at each scrape. */
  readonly queueMessages?: QueueMessages
  /** Quotas of accounts, asked for at each scrape. */
  readonly quotas?: QuotaUses
  /** Instances of functions, asked for at each scrape. */
  readonly instances?: InstanceStates
  /** Lag of streams, asked for at each scrape. */
  readonly streamLags?: StreamLags
}

export const metricNamesMax = 200

/** The figures of this process for Prometheus, in a registry of their own. */
export interface Metrics extends Disposable {
  readonly observer: EngineObserver
  readonly http: HttpObserver
  readonly audit: AuditObserver
  readonly functions: FunctionMetrics
  readonly streams: StreamObserver
  readonly contentType: string
  /** The exposition text, format 0.0.4. */
  text(): Promise<string>
}

/** Upper bounds in seconds, from a local call to the longest time-out of a target. */
const durationBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900,
]

/** Latency has a longer tail: retries go on for a day. */
const latencyBuckets = [...durationBuckets, 3_600, 14_400, 86_400]

/**
 * Counts what the engine tells. Each figure is documented in its `help`, from which the reference page is made.
 * Children of labels are kept, so that counting is an addition; how many there may be is bounded by `namesMax`.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry()
  const namesMax = options.namesMax ?? metricNamesMax
  new Gauge({
    name: 'millrace_build_info',
    help: 'Always 1; the label tells the version that runs.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version: options.version }, 1)
  const observer = { ...intakeMetrics(registry, namesMax), ...outflowMetrics(registry, namesMax) }
  const http = httpMetrics(registry)
  if (options.pending !== undefined) pendingMetrics(registry, namesMax, options.pending)
  if (options.queueMessages !== undefined) queueMetrics(registry, namesMax, options.queueMessages)
  if (options.quotas !== undefined) quotaMetrics(registry, options.quotas)
  const dispose: Disposer = collectProcess(registry)
  return {
    observer,
    http,
    audit: auditMetrics(registry),
    functions: functionMetrics(registry, namesMax, options.instances),
    streams: streamMetrics(registry, namesMax, options.streamLags),
    contentType: registry.contentType,
    text: () => registry.metrics(),
    [Symbol.dispose]: dispose,
  }
}

type Intake = Pick<EngineObserver, 'accepted' | 'refused' | 'routed'>

function intakeMetrics(registry: Registry, namesMax: number): Intake {
  const registers = [registry]
  const buses = new LabelLimit(namesMax)
  const codes = new LabelLimit(namesMax)
  const accepted = new Counter({
    name: 'millrace_events_accepted_total',
    help: 'Events stored by a bus. Duplicates are not counted.',
    labelNames: ['bus'],
    registers,
  })
  const acceptedBytes = new Counter({
    name: 'millrace_events_accepted_bytes_total',
    help: 'Bytes of the structured JSON text of accepted events.',
    labelNames: ['bus'],
    registers,
  })
  const refused = new Counter({
    name: 'millrace_events_refused_total',
    help: 'Events that a bus did not take, by error code.',
    labelNames: ['bus', 'code'],
    registers,
  })
  const routed = new Counter({
    name: 'millrace_events_routed_total',
    help: 'Accepted events that were held against the rules of their bus.',
    labelNames: ['bus'],
    registers,
  })
  const deliveries = new Counter({
    name: 'millrace_deliveries_created_total',
    help: 'Deliveries that routing gave rise to: one for each target of each rule that matched.',
    labelNames: ['bus'],
    registers,
  })
  return {
    accepted(bus, events, bytes) {
      const label = buses.label(bus)
      accepted.inc({ bus: label }, events)
      acceptedBytes.inc({ bus: label }, bytes)
    },
    refused: (bus, code) => refused.inc({ bus: buses.label(bus), code: codes.label(code) }),
    routed(bus, events, created) {
      const label = buses.label(bus)
      routed.inc({ bus: label }, events)
      if (created > 0) deliveries.inc({ bus: label }, created)
    },
  }
}

type Outflow = Pick<EngineObserver, 'attempted' | 'settled'>

function outflowMetrics(registry: Registry, namesMax: number): Outflow {
  const registers = [registry]
  const queues = new LabelLimit(namesMax)
  const codes = new LabelLimit(namesMax)
  const attempts = new Counter({
    name: 'millrace_attempts_total',
    help: 'Attempts to deliver, by queue (account/bus/rule/target) and outcome (succeeded, failed).',
    labelNames: ['queue', 'outcome'],
    registers,
  })
  const failures = new Counter({
    name: 'millrace_attempt_failures_total',
    help: 'Failed attempts, by error code.',
    labelNames: ['code'],
    registers,
  })
  const attemptDuration = new Histogram({
    name: 'millrace_attempt_duration_seconds',
    help: 'Time that single attempts took, by outcome.',
    labelNames: ['outcome'],
    buckets: durationBuckets,
    registers,
  })
  const settled = new Counter({
    name: 'millrace_deliveries_settled_total',
    help: 'Deliveries that ended, by queue and ending (delivered, dead-lettered, dropped).',
    labelNames: ['queue', 'ending'],
    registers,
  })
  const latency = new Histogram({
    name: 'millrace_delivery_latency_seconds',
    help: 'Time from the acceptance of an event to the end of one of its deliveries, by ending.',
    labelNames: ['ending'],
    buckets: latencyBuckets,
    registers,
  })
  return {
    attempted(queue, succeeded, durationMs, code) {
      const outcome = succeeded ? 'succeeded' : 'failed'
      attempts.inc({ queue: queues.label(queue), outcome })
      attemptDuration.observe({ outcome }, durationMs / 1_000)
      if (!succeeded) failures.inc({ code: codes.label(code ?? 'unknown') })
    },
    settled(queue, ending, latencyMs) {
      settled.inc({ queue: queues.label(queue), ending })
      latency.observe({ ending }, Math.max(0, latencyMs) / 1_000)
    },
  }
}

function httpMetrics(registry: Registry): HttpObserver {
  const requests = new Counter({
    name: 'millrace_http_requests_total',
    help: 'Answered requests, by method, route (the pattern, not the path) and status.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  })
  const duration = new Histogram({
    name: 'millrace_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer, by method and route. Live tails are not counted.',
    labelNames: ['method', 'route'],
    buckets: durationBuckets,
    registers: [registry],
  })
  return {
    answered(method, route, status, durationMs) {
      requests.inc({ method, route, status: String(status) })
      duration.observe({ method, route }, durationMs / 1_000)
    },
  }
}

function pendingMetrics(
  registry: Registry,
  namesMax: number,
  pending: NonNullable<MetricsOptions['pending']>,
): void {
  const queues = new LabelLimit(namesMax)
  const gauge = new Gauge({
    name: 'millrace_deliveries_pending',
    help: 'Deliveries that have not ended, by queue; queues beyond the limit are added up under `other`.',
    labelNames: ['queue'],
    registers: [],
    async collect() {
      this.reset()
      for (const [queue, count] of await pending()) this.inc({ queue: queues.label(queue) }, count)
    },
  })
  registry.registerMetric(gauge)
}
