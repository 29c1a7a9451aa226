import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client'
import { LabelLimit } from './label-limit.ts'

/** The part of an invocation's cost that is counted here. */
interface Cost {
  readonly durationMs: number
  readonly billedMs: number
  readonly coldStart: boolean
  readonly phases?: {
    readonly scheduleMs: number
    readonly codeMs: number
    readonly runtimeMs: number
    readonly initializeMs: number
  }
  readonly memoryMiB: number
  readonly cpu: number
  readonly memoryKiBMax: number
}

/** Instances by function and state, asked for at each scrape. */
export type InstanceStates = () => Iterable<readonly [key: string, state: string]>

/** Told of every invocation once, by one of the three; fits the observer of `functions`. */
export interface FunctionMetrics {
  invoked(key: string, ending: string, cost: Cost): void
  refused(key: string, code: string): void
  cancelled(key: string): void
  /** Told of asynchronous calls; fits the observer of those. */
  readonly calls: CallMetrics
}

export interface CallMetrics {
  enqueued(key: string): void
  dequeued(key: string, latencyMs: number): void
  expired(key: string): void
  destination(key: string, succeeded: boolean): void
}

const durationBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600]

/** Figures of functions, by `account/name`; functions beyond `namesMax` share the label `other`. */
export function functionMetrics(
  registry: Registry,
  namesMax: number,
  states: InstanceStates = () => [],
): FunctionMetrics {
  const functions = new LabelLimit(namesMax)
  const codes = new LabelLimit(namesMax)
  instanceMetrics(registry, functions, states)
  const { invocations, refusals } = endings(registry)
  const costs = costMetrics(registry)
  return {
    invoked(key, ending, cost) {
      const label = { function: functions.label(key) }
      invocations.inc({ ...label, ending })
      costs(label, cost)
    },
    refused(key, code) {
      const label = { function: functions.label(key) }
      invocations.inc({ ...label, ending: 'refused' })
      refusals.inc({ ...label, code: codes.label(code) })
    },
    cancelled: key => invocations.inc({ function: functions.label(key), ending: 'cancelled' }),
    calls: callMetrics([registry], functions),
  }
}

function endings(registry: Registry) {
  const registers = [registry]
  return {
    invocations: new Counter({
      name: 'millrace_function_invocations_total',
      help: 'Invocations by ending: `ok`, the cause of the failure, `refused` or `cancelled`.',
      labelNames: ['function', 'ending'],
      registers,
    }),
    refusals: new Counter({
      name: 'millrace_function_refused_total',
      help: 'Invocations that did not come to an instance, by error code.',
      labelNames: ['function', 'code'],
      registers,
    }),
  }
}

/** What invocations cost, of a function and of its cold starts. */
function costMetrics(registry: Registry): (label: { function: string }, cost: Cost) => void {
  const registers = [registry]
  const counter = (name: string, help: string, ...labelNames: string[]): Counter<string> =>
    new Counter<string>({ name, help, labelNames: ['function', ...labelNames], registers })
  const duration = new Histogram({
    name: 'millrace_function_duration_seconds',
    help: 'Time that the code ran for.',
    labelNames: ['function'],
    buckets: durationBuckets,
    registers,
  })
  const memory = counter(
    'millrace_function_gib_seconds_total',
    'Duration times the memory that the function may use: what clouds bill as GB-seconds.',
  )
  const cores = counter(
    'millrace_function_cpu_seconds_total',
    'Duration times the cores that the function may use: what clouds bill as vCPU-seconds.',
  )
  const peaks = peakMetric(registry)
  const coldStarts = counter(
    'millrace_function_cold_starts_total',
    'Invocations that waited for their instance to start.',
  )
  const coldSeconds = counter(
    'millrace_function_cold_start_seconds_total',
    'Time of cold starts by phase: `schedule`, `code`, `runtime`, `initialize`.',
    'phase',
  )
  return (label, cost) => {
    const seconds = cost.billedMs / 1_000
    duration.observe(label, cost.durationMs / 1_000)
    memory.inc(label, seconds * (cost.memoryMiB / 1_024))
    cores.inc(label, seconds * cost.cpu)
    peaks(label, cost.memoryKiBMax)
    if (!cost.coldStart) return
    coldStarts.inc(label)
    for (const [name, ms] of Object.entries(cost.phases ?? {})) {
      coldSeconds.inc({ ...label, phase: name.replace(/Ms$/, '') }, ms / 1_000)
    }
  }
}

function peakMetric(registry: Registry): (label: { function: string }, memoryKiB: number) => void {
  const peak = new Gauge({
    name: 'millrace_function_memory_peak_bytes',
    help: 'Most memory that an instance has said it used since the server started.',
    labelNames: ['function'],
    registers: [registry],
  })
  const peaks = new Map<string, number>()
  return (label, memoryKiB) => {
    if (memoryKiB <= (peaks.get(label.function) ?? 0)) return
    peaks.set(label.function, memoryKiB)
    peak.set(label, memoryKiB * 1_024)
  }
}

const latencyBuckets = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600, 3_600, 86_400]

function callMetrics(registers: Registry[], functions: LabelLimit): CallMetrics {
  const counter = (name: string, help: string, ...labelNames: string[]): Counter<string> =>
    new Counter<string>({ name, help, labelNames: ['function', ...labelNames], registers })
  const enqueued = counter(
    'millrace_function_calls_enqueued_total',
    'Asynchronous calls that were accepted and are durable.',
  )
  const dequeued = counter(
    'millrace_function_calls_dequeued_total',
    'Asynchronous calls that were handed to their function for the first time.',
  )
  const expired = counter(
    'millrace_function_calls_expired_total',
    'Asynchronous calls that grew too old before they could be made.',
  )
  const destinations = counter(
    'millrace_function_destinations_total',
    'Outcomes of asynchronous calls given to a destination, by whether it took them; each attempt counts.',
    'ending',
  )
  const latency = new Histogram({
    name: 'millrace_function_calls_latency_seconds',
    help: 'Time that asynchronous calls waited in the queue, from when they might have been made.',
    labelNames: ['function'],
    buckets: latencyBuckets,
    registers,
  })
  return {
    enqueued: key => enqueued.inc({ function: functions.label(key) }),
    dequeued(key, latencyMs) {
      const label = { function: functions.label(key) }
      dequeued.inc(label)
      latency.observe(label, latencyMs / 1_000)
    },
    expired: key => expired.inc({ function: functions.label(key) }),
    destination: (key, succeeded) =>
      destinations.inc({ function: functions.label(key), ending: succeeded ? 'succeeded' : 'failed' }),
  }
}

function instanceMetrics(
  registry: Registry,
  functions: LabelLimit,
  states: InstanceStates,
): Gauge<'function' | 'state'> {
  return new Gauge({
    name: 'millrace_function_instances',
    help: 'Instances by state: `initializing`, `idle`, `busy`, `draining`.',
    labelNames: ['function', 'state'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [key, state] of states()) this.inc({ function: functions.label(key), state })
    },
  })
}
