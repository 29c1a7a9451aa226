import type { Delivery, Queue, QueueChange, QueueStat, QueueView } from '@millrace/spi'
import type { Durability } from './durability.ts'
import { copyEntries, entryBytes } from './event-log.ts'
import { deliveryBytes } from './state.ts'

/** The `Queue` port of the model: every view is a filter and a sort of the whole queue. */
export class MemoryQueue implements Queue {
  readonly #store: Durability

  constructor(store: Durability) {
    this.#store = store
  }

  async commit(change: QueueChange, durability: 'durable' | 'relaxed' = 'relaxed'): Promise<void> {
    const copy: QueueChange = {
      cursors: [...(change.cursors ?? [])],
      put: (change.put ?? []).map(({ queue, delivery }) => ({ queue, delivery: { ...delivery } })),
      remove: [...(change.remove ?? [])],
      journal: (change.journal ?? []).map(({ log, entries }) => ({ log, entries: copyEntries(entries) })),
    }
    this.#store.write({ kind: 'commit', change: copy }, this.#addedBytes(copy))
    if (durability === 'durable') await this.#store.flushed()
  }

  async cursor(name: string): Promise<number | undefined> {
    this.#store.checkOpen()
    return this.#store.visible.cursors.get(name)
  }

  async read(queue: string, view: QueueView, limit: number): Promise<Delivery[]> {
    this.#store.checkOpen()
    const all = this.#deliveries(queue)
    switch (view.kind) {
      case 'fresh':
        return all.filter(d => isFresh(d) && d.position > view.after).slice(0, limit)
      case 'due':
        return all
          .filter(d => isDelayed(d) && d.dueAtMs <= view.nowMs)
          .sort((a, b) => a.dueAtMs - b.dueAtMs || a.position - b.position)
          .slice(0, limit)
      case 'lane':
        return all.filter(d => d.lane === view.lane).slice(0, limit)
      case 'all':
        return all.filter(d => d.position > view.after).slice(0, limit)
    }
  }

  async lanes(queue: string, limit: number): Promise<string[]> {
    this.#store.checkOpen()
    const names = new Set<string>()
    for (const { lane } of this.#deliveries(queue)) if (lane !== undefined) names.add(lane)
    return [...names].sort(compareUtf8).slice(0, limit)
  }

  async stat(queue: string): Promise<QueueStat> {
    this.#store.checkOpen()
    const all = this.#deliveries(queue)
    const delayed = all.filter(isDelayed).map(delivery => delivery.dueAtMs)
    return {
      pending: all.length,
      oldestPosition: all[0]?.position,
      nextDueAtMs:
        delayed.length === 0 ? undefined : delayed.reduce((least, dueAtMs) => Math.min(least, dueAtMs)),
    }
  }

  async drop(queue: string, cursors: readonly string[]): Promise<void> {
    this.#store.write({ kind: 'drop', queue, cursors: [...cursors] }, 0)
  }

  /** Ascending by position. */
  #deliveries(queue: string): Delivery[] {
    return [...(this.#store.visible.queues.get(queue)?.values() ?? [])].sort(
      (a, b) => a.position - b.position,
    )
  }

  #addedBytes(change: QueueChange): number {
    const journal = (change.journal ?? []).reduce((sum, { entries }) => sum + entryBytes(entries), 0)
    const added = (change.put ?? []).filter(
      ({ queue, delivery }) => this.#store.visible.queues.get(queue)?.has(delivery.position) !== true,
    ).length
    const removed = (change.remove ?? []).filter(
      ({ queue, position }) => this.#store.visible.queues.get(queue)?.has(position) === true,
    ).length
    return journal + (added - removed) * deliveryBytes
  }
}

function isFresh(delivery: Delivery): boolean {
  return delivery.lane === undefined && delivery.dueAtMs === 0
}

function isDelayed(delivery: Delivery): boolean {
  return delivery.lane === undefined && delivery.dueAtMs > 0
}

/** The order of the UTF-8 bytes, which is that of the code points and of every other driver. */
export function compareUtf8(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}
