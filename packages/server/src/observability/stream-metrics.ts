import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client'
import { LabelLimit } from './label-limit.ts'

/**
 * What happens to the records of a stream. `read` are all; of these `matched` or `filtered` by the pattern, or `faulty`. `made`
 * came from functions. `written`, `dead-lettered` and `dropped` are ends; `retried` counts attempts after the first;
 * `lost` had another reader when they were committed.
 */
export type StreamOutcome =
  | 'read'
  | 'matched'
  | 'filtered'
  | 'made'
  | 'written'
  | 'retried'
  | 'dead-lettered'
  | 'dropped'
  | 'faulty'
  | 'lost'

/** Told of the work of streams once per batch, never per record. */
export interface StreamObserver {
  records(stream: string, outcome: StreamOutcome, records: number): void
  /** One write to a sink. */
  batch(stream: string, records: number, bytes: number, durationMs: number, isOk: boolean): void
}

/** Observes nothing. */
export const silentStreamObserver: StreamObserver = { records: () => {}, batch: () => {} }

/** How far streams are behind, asked for at each scrape. */
export type StreamLags = () => Promise<Iterable<readonly [stream: string, records: number]>>

const sizeBuckets = [1, 10, 50, 100, 500, 1_000, 5_000, 10_000]
const durationBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600]

/** Figures of streams, by `account/name`; streams beyond `namesMax` share the label `other`. */
export function streamMetrics(registry: Registry, namesMax: number, lags?: StreamLags): StreamObserver {
  const registers = [registry]
  const streams = new LabelLimit(namesMax)
  const records = new Counter({
    name: 'millrace_stream_records_total',
    help: 'Records of streams, by what happened to them; `read` are all, the others parts of it.',
    labelNames: ['stream', 'outcome'],
    registers,
  })
  const bytes = new Counter({
    name: 'millrace_stream_written_bytes_total',
    help: 'Bytes of the bodies that streams gave to their sinks, failed writes included.',
    labelNames: ['stream'],
    registers,
  })
  const size = new Histogram({
    name: 'millrace_stream_batch_records',
    help: 'Records of single writes to the sinks of streams.',
    labelNames: ['stream'],
    buckets: sizeBuckets,
    registers,
  })
  const duration = new Histogram({
    name: 'millrace_stream_batch_duration_seconds',
    help: 'Time that single writes to the sinks of streams took, by outcome (succeeded, failed in part or whole).',
    labelNames: ['stream', 'outcome'],
    buckets: durationBuckets,
    registers,
  })
  if (lags !== undefined) lagMetric(registry, streams, lags)
  return {
    records: (stream, outcome, count) => records.inc({ stream: streams.label(stream), outcome }, count),
    batch(stream, count, length, durationMs, isOk) {
      const label = { stream: streams.label(stream) }
      bytes.inc(label, length)
      size.observe(label, count)
      duration.observe({ ...label, outcome: isOk ? 'succeeded' : 'failed' }, durationMs / 1_000)
    },
  }
}

function lagMetric(registry: Registry, streams: LabelLimit, lags: StreamLags): void {
  const gauge = new Gauge({
    name: 'millrace_stream_lag_records',
    help: 'Records that wait in the source of a stream to be committed, where the source can tell.',
    labelNames: ['stream'],
    registers: [],
    async collect() {
      this.reset()
      for (const [stream, records] of await lags()) this.inc({ stream: streams.label(stream) }, records)
    },
  })
  registry.registerMetric(gauge)
}
