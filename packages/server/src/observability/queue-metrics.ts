import { Gauge, type Registry } from '@prometheus-io/client'
import { LabelLimit } from './label-limit.ts'

/** How many messages each queue holds, by state. */
export type QueueMessages = () => Promise<
  Iterable<
    readonly [
      queue: string,
      counts: { readonly active: number; readonly inactive: number; readonly delayed: number },
    ]
  >
>

/** `millrace_queue_messages`: what waits in built-in queues. */
export function queueMetrics(registry: Registry, namesMax: number, messages: QueueMessages): void {
  const queues = new LabelLimit(namesMax)
  const gauge = new Gauge({
    name: 'millrace_queue_messages',
    help: 'Messages of built-in queues, by state; queues beyond the limit are added up under `other`.',
    labelNames: ['queue', 'state'],
    registers: [],
    async collect() {
      this.reset()
      for (const [name, { active, inactive, delayed }] of await messages()) {
        const queue = queues.label(name)
        this.inc({ queue, state: 'active' }, active)
        this.inc({ queue, state: 'inactive' }, inactive)
        this.inc({ queue, state: 'delayed' }, delayed)
      }
    },
  })
  registry.registerMetric(gauge)
}
