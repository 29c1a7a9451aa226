import type { Delivery, LogEntry } from '@millrace/spi'
import { type BusView, queueName, type RuleVersion } from '../resources/index.ts'

/** What a batch of events gives rise to in one queue. */
export interface RoutedQueue {
  /** Events to deliver there, in the order of their positions. */
  readonly entries: LogEntry[]
  /** Whether a rule version that is live now is among those that matched. */
  isLive: boolean
}

/**
 * Event + rules → deliveries, by queue. An event meets the versions of the rules that were live at its position,
 * `from <= position < until`, however late it is routed. Pure; a disabled rule is not in the matcher.
 */
export function route(bus: BusView, entries: readonly LogEntry[]): Map<string, RoutedQueue> {
  const queues = new Map<string, RoutedQueue>()
  for (const entry of entries) {
    for (const version of liveVersions(bus, entry)) {
      const isLive = version.until === Number.POSITIVE_INFINITY
      for (const target of version.spec.targets) {
        const name = queueName(bus.key, version.rule, target.id)
        const queue = queues.get(name)
        if (queue === undefined) queues.set(name, { entries: [entry], isLive })
        else {
          queue.entries.push(entry)
          queue.isLive ||= isLive
        }
      }
    }
  }
  return queues
}

/** The rule versions that match the event and were live at its position. */
export function liveVersions(bus: BusView, entry: LogEntry): RuleVersion[] {
  return bus.matcher
    .match(entry.bytes)
    .filter(({ from, until }) => from <= entry.position && entry.position < until)
}

export function newDelivery(position: number, enqueuedAtMs: number): Delivery {
  return { position, attempts: 0, dueAtMs: 0, enqueuedAtMs, lane: undefined }
}
