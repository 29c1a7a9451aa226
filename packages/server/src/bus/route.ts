import type { Delivery, LogEntry } from '@millrace/spi'
import { type BusView, queueName, type RuleVersion } from '../resources/index.ts'

/** Deliveries that routing a batch of events gives rise to. */
export interface Routed {
  readonly put: readonly { readonly queue: string; readonly delivery: Delivery }[]
  /** For each queue its first delivery, and whether it came of a rule version that is live now. */
  readonly first: ReadonlyMap<string, { readonly position: number; readonly isLive: boolean }>
}

/**
 * Event + rules → deliveries, in the order of the events. An event meets the versions of the rules that were live at
 * its position, `from <= position < until`, however late it is routed. Pure; a disabled rule is not in the matcher.
 */
export function route(bus: BusView, entries: readonly LogEntry[], nowMs: number): Routed {
  const put: { queue: string; delivery: Delivery }[] = []
  const first = new Map<string, { position: number; isLive: boolean }>()
  for (const entry of entries) {
    const { position } = entry
    for (const version of liveVersions(bus, entry)) {
      const isLive = version.until === Number.POSITIVE_INFINITY
      for (const target of version.spec.targets) {
        const queue = queueName(bus.key, version.rule, target.id)
        put.push({ queue, delivery: newDelivery(position, nowMs) })
        if (!first.has(queue)) first.set(queue, { position, isLive })
      }
    }
  }
  return { put, first }
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
