import type { Delivery, LogEntry, NewEntry, QueueChange } from '@millrace/spi'
import type { Write } from './write.ts'

/** One log: its entries from `first` on, in order. */
export interface LogState {
  first: number
  entries: LogEntry[]
  bytes: number
}

/** A document as kept: JSON text, so that no reader can change it. */
export interface DocumentState {
  readonly text: string
  readonly revision: number
}

/** Bytes that a delivery is reckoned with against `bytesMax`. */
export const deliveryBytes = 64

/** Everything a store holds, and the one function that changes it. No promise, no clock: the model of the contract. */
export class State {
  readonly logs = new Map<string, LogState>()
  readonly queues = new Map<string, Map<number, Delivery>>()
  readonly cursors = new Map<string, number>()
  readonly documents = new Map<string, DocumentState>()
  readonly blobs = new Map<string, Uint8Array>()
  /** Payload bytes held, deliveries counted as `deliveryBytes` each. */
  bytes = 0

  /** Applies a write as a whole; the caller has checked that it may be applied. */
  apply(write: Write): void {
    switch (write.kind) {
      case 'append':
        return this.#append(write.log, write.entries)
      case 'trim':
        return this.#trim(write.log, write.beforePosition)
      case 'commit':
        return this.#commit(write.change)
      case 'drop':
        this.bytes -= (this.queues.get(write.queue)?.size ?? 0) * deliveryBytes
        this.queues.delete(write.queue)
        for (const name of write.cursors) this.cursors.delete(name)
        return
      case 'put-document': {
        const previous = this.documents.get(write.key)
        this.documents.set(write.key, { text: write.text, revision: (previous?.revision ?? 0) + 1 })
        this.bytes += write.text.length - (previous?.text.length ?? 0)
        return
      }
      case 'delete-document':
        this.bytes -= this.documents.get(write.key)?.text.length ?? 0
        this.documents.delete(write.key)
        return
      case 'put-blob':
        this.bytes += write.bytes.length - (this.blobs.get(write.name)?.length ?? 0)
        this.blobs.set(write.name, write.bytes)
        return
      case 'delete-blob':
        this.bytes -= this.blobs.get(write.name)?.length ?? 0
        this.blobs.delete(write.name)
    }
  }

  /** A copy that shares nothing that changes. */
  clone(): State {
    const copy = new State()
    for (const [name, log] of this.logs) copy.logs.set(name, { ...log, entries: [...log.entries] })
    for (const [name, deliveries] of this.queues) copy.queues.set(name, new Map(deliveries))
    for (const [name, position] of this.cursors) copy.cursors.set(name, position)
    for (const [key, document] of this.documents) copy.documents.set(key, document)
    for (const [name, bytes] of this.blobs) copy.blobs.set(name, bytes)
    copy.bytes = this.bytes
    return copy
  }

  /** Position that the next entry of the log will get. */
  next(log: string): number {
    const state = this.logs.get(log)
    return state === undefined ? 1 : state.first + state.entries.length
  }

  #append(log: string, entries: readonly NewEntry[]): void {
    if (entries.length === 0) return
    let state = this.logs.get(log)
    if (state === undefined) {
      state = { first: 1, entries: [], bytes: 0 }
      this.logs.set(log, state)
    }
    for (const { bytes, acceptedAtMs } of entries) {
      state.entries.push({ position: state.first + state.entries.length, bytes, acceptedAtMs })
      state.bytes += bytes.length
      this.bytes += bytes.length
    }
  }

  #trim(log: string, beforePosition: number): void {
    const state = this.logs.get(log)
    if (state === undefined) return
    const count = Math.max(0, Math.min(state.entries.length, beforePosition - state.first))
    for (const entry of state.entries.splice(0, count)) {
      state.bytes -= entry.bytes.length
      this.bytes -= entry.bytes.length
    }
    state.first += count
  }

  #commit(change: QueueChange): void {
    for (const { name, position } of change.cursors ?? []) this.cursors.set(name, position)
    for (const { queue, delivery } of change.put ?? []) {
      let deliveries = this.queues.get(queue)
      if (deliveries === undefined) {
        deliveries = new Map()
        this.queues.set(queue, deliveries)
      }
      if (!deliveries.has(delivery.position)) this.bytes += deliveryBytes
      deliveries.set(delivery.position, delivery)
    }
    for (const { queue, position } of change.remove ?? []) {
      const deliveries = this.queues.get(queue)
      if (deliveries?.delete(position) !== true) continue
      this.bytes -= deliveryBytes
      if (deliveries.size === 0) this.queues.delete(queue)
    }
    for (const { log, entries } of change.journal ?? []) this.#append(log, entries)
  }
}
