import type { Storage } from '@millrace/spi'
import type { FakeClock } from '@millrace/spi/conformance'
import { Value } from 'typebox/value'
import {
  emptySnapshot,
  QueueSpec,
  type QueueView,
  type Snapshot,
  type Snapshots,
} from '../resources/index.ts'
import type { QueueLimits } from './limits.ts'
import { createQueues, type Queues } from './queues.ts'

export const account = 'acme'

/** Queues of the account as a control plane would show them. They outlive crashes, as its documents do. */
export class QueueWall implements Snapshots {
  #snapshot: Snapshot = emptySnapshot

  current(): Snapshot {
    return this.#snapshot
  }

  subscribe(): Disposable {
    return { [Symbol.dispose]: () => {} }
  }

  put(name: string, spec: Partial<QueueSpec> = {}, createdAtMs = 1): void {
    const key = `${account}/${name}`
    const complete = { ...(Value.Default(QueueSpec, {}) as QueueSpec), ...spec }
    const stamp = { revision: 1, createdAtMs, updatedAtMs: createdAtMs }
    const view: QueueView = { account, name, key, spec: complete, ...stamp }
    this.#snapshot = { ...this.#snapshot, queues: new Map(this.#snapshot.queues).set(key, view) }
  }

  delete(name: string): void {
    const queues = new Map(this.#snapshot.queues)
    queues.delete(`${account}/${name}`)
    this.#snapshot = { ...this.#snapshot, queues }
  }
}

export function openQueues(
  storage: Pick<Storage, 'log' | 'queue'>,
  snapshots: Snapshots,
  clock: FakeClock,
  limits: Partial<QueueLimits> = {},
): Queues {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  return createQueues({ storage, snapshots, clock, log, limits })
}

/** Without anybody who could leave. */
export const noSignal = new AbortController().signal

export function bodyOf(text: string): { readonly body: Uint8Array } {
  return { body: Buffer.from(text) }
}
