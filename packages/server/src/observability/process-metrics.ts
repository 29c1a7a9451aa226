import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Gauge, type Registry } from '@prometheus-io/client'

export type Disposer = () => void

const nanosecondsPerSecond = 1e9
/** How often the loop is looked at. Node counts this pause in; it is taken off again, so that an idle loop shows 0. */
const resolutionMs = 10

/**
 * Figures of the process, read at each scrape. The delay of the event loop is that since the scrape before, so that a
 * stall is seen once and not for ever.
 */
export function collectProcess(registry: Registry): Disposer {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  const seconds = (nanoseconds: number): number =>
    Math.max(0, nanoseconds / nanosecondsPerSecond - resolutionMs / 1_000)
  const add = (gauge: ConstructorParameters<typeof Gauge<string>>[0]): void => {
    registry.registerMetric(new Gauge({ ...gauge, registers: [] }))
  }
  add({
    name: 'millrace_event_loop_delay_seconds',
    help: 'How late the event loop was since the last scrape: quantiles 0.5, 0.99 and 1 (the longest).',
    labelNames: ['quantile'],
    collect() {
      this.set({ quantile: '0.5' }, seconds(delay.percentile(50)))
      this.set({ quantile: '0.99' }, seconds(delay.percentile(99)))
      this.set({ quantile: '1' }, seconds(delay.max))
      delay.reset()
    },
  })
  add({
    name: 'millrace_process_memory_bytes',
    help: 'Memory of the process: resident (all of it), heap (used by objects), external (buffers outside the heap).',
    labelNames: ['kind'],
    collect() {
      const { rss, heapUsed, external } = process.memoryUsage()
      this.set({ kind: 'resident' }, rss)
      this.set({ kind: 'heap' }, heapUsed)
      this.set({ kind: 'external' }, external)
    },
  })
  add({
    name: 'millrace_process_cpu_seconds',
    help: 'Processor time that the process has used since its start.',
    collect() {
      const { user, system } = process.cpuUsage()
      this.set((user + system) / 1e6)
    },
  })
  add({
    name: 'millrace_process_uptime_seconds',
    help: 'Seconds since the start of the process.',
    collect() {
      this.set(process.uptime())
    },
  })
  return () => delay.disable()
}
