import type { Clock, Delivery, NewEntry, PluginLog, Queue, QueueChange } from '@millrace/spi'
import { repeatUntilDone } from './repeat.ts'

/** What one delivery's turn changes: it stays with new numbers, or it leaves, and the journal says why. */
export interface Settlement {
  readonly queue: string
  /** The delivery as it stays. */
  readonly put?: Delivery
  /** The position that leaves. */
  readonly remove?: number
  readonly journal?: readonly { readonly log: string; readonly entry: NewEntry }[]
}

/** Settlements in one commit at most. */
const batchMax = 1_000

interface Batch {
  readonly settlements: Settlement[]
  readonly committed: PromiseWithResolvers<void>
}

/**
 * Writes what became of deliveries. Everything that is settled while a commit is under way shares the next one, in
 * the order in which it was settled; so the busier the engine, the larger and cheaper the commits. A commit that fails
 * is repeated with growing pauses: nothing that a target has answered is forgotten while the process lives.
 */
export class Settlements {
  readonly #queue: Queue
  readonly #clock: Clock
  readonly #log: PluginLog
  readonly #signal: AbortSignal
  readonly #makeRoom: () => Promise<void>
  #batches: Batch[] = []
  #working: Promise<void> | undefined

  /**
   * @param makeRoom called when the storage is full, before the next try; does not reject
   * @param signal ends the tries; whoever still waits gets its reason
   */
  constructor(
    queue: Queue,
    clock: Clock,
    log: PluginLog,
    makeRoom: () => Promise<void>,
    signal: AbortSignal,
  ) {
    this.#queue = queue
    this.#clock = clock
    this.#log = log
    this.#makeRoom = makeRoom
    this.#signal = signal
  }

  /** Resolves when the settlement is visible to reads. Rejects only when the engine was ended before. */
  add(settlement: Settlement): Promise<void> {
    let batch = this.#batches.at(-1)
    if (batch === undefined || batch.settlements.length >= batchMax) {
      batch = { settlements: [], committed: Promise.withResolvers() }
      // Whoever added knows by its own promise; the batch itself must not be an unhandled rejection.
      batch.committed.promise.catch(() => {})
      this.#batches.push(batch)
    }
    batch.settlements.push(settlement)
    this.#working ??= this.#work()
    return batch.committed.promise
  }

  /** Resolves when nothing is waiting to be committed. */
  async flush(): Promise<void> {
    while (this.#working !== undefined) await this.#working
  }

  async #work(): Promise<void> {
    // One turn later everything that was settled in this one is in the batch.
    await Promise.resolve()
    for (let batch = this.#batches.shift(); batch !== undefined; batch = this.#batches.shift()) {
      try {
        await this.#commit(changeOf(batch.settlements))
        batch.committed.resolve()
      } catch (thrown) {
        batch.committed.reject(thrown)
      }
    }
    this.#working = undefined
  }

  #commit(change: QueueChange): Promise<void> {
    return repeatUntilDone(
      () => this.#queue.commit(change),
      this.#clock,
      this.#signal,
      async ({ code }, failures) => {
        this.#log.warn('settling deliveries failed; it will be repeated', { code, failures })
        if (code === 'storage.full') await this.#makeRoom()
      },
    )
  }
}

function changeOf(settlements: readonly Settlement[]): QueueChange {
  const put: { queue: string; delivery: Delivery }[] = []
  const remove: { queue: string; position: number }[] = []
  const journals = new Map<string, NewEntry[]>()
  for (const settlement of settlements) {
    const { queue } = settlement
    if (settlement.put !== undefined) put.push({ queue, delivery: settlement.put })
    if (settlement.remove !== undefined) remove.push({ queue, position: settlement.remove })
    for (const { log, entry } of settlement.journal ?? []) {
      const entries = journals.get(log)
      if (entries === undefined) journals.set(log, [entry])
      else entries.push(entry)
    }
  }
  return { put, remove, journal: [...journals].map(([log, entries]) => ({ log, entries })) }
}
