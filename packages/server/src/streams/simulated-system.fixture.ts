import { sourceEvent } from '@millrace/spi'
import {
  AppError,
  type Random,
  retryBackoff,
  retryNever,
  type Source,
  type SourceReadLimits,
  type SourceRecord,
} from '@millrace/spi'

interface Stored {
  readonly record: SourceRecord
  readonly index: number
}

interface Partition {
  readonly name: string
  readonly records: Stored[]
  /** Where order is kept: everything below is committed. */
  committed: number
  /** Where it is not: what is committed. */
  readonly done: Set<number>
  owner: SimulatedSource | undefined
  /** Grows with each change of the owner. */
  generation: number
}

export interface Faults {
  /** Chances that a call fails, 0 to 1. */
  read: number
  commit: number
  /** The commit takes effect, and its answer is lost. */
  answer: number
}

/**
 * An external system with partitions that several readers share, as a group of consumers does: whoever opens or closes
 * changes who reads what, and what was read and not committed comes again.
 */
export class SimulatedSystem {
  readonly faults: Faults = { read: 0, commit: 0, answer: 0 }
  readonly isOrdered: boolean
  readonly partitions: Partition[]
  /** Told of each record that is committed, before it is. */
  onCommit: (record: SourceRecord) => void = () => {}
  /** Most records that one reader had read and not committed. */
  heldMax = 0
  lost = 0
  readonly readers: SimulatedSource[] = []
  readonly #random: Random
  readonly #numbers = new WeakMap<SourceRecord, { partition: Partition; index: number; generation: number }>()

  constructor(random: Random, partitions: number, isOrdered: boolean) {
    this.#random = random
    this.isOrdered = isOrdered
    this.partitions = Array.from({ length: partitions }, (_, index) => ({
      name: `p${index}`,
      records: [],
      committed: 0,
      done: new Set<number>(),
      owner: undefined,
      generation: 0,
    }))
  }

  /** Puts records in; returns their ids. */
  put(
    partition: number,
    count: number,
    more: { readonly type?: string; readonly isFaulty?: boolean; readonly event?: Uint8Array } = {},
  ): string[] {
    const place = this.partitions[partition]
    if (place === undefined) return []
    const ids: string[] = []
    for (let added = 0; added < count; added++) {
      const index = place.records.length
      const id = `${place.name}-${index}`
      const made = { id, source: 'sim', type: more.type ?? 'wanted', timeMs: 0, data: `{"n":${index}}` }
      const event = more.event ?? sourceEvent(made)
      const fault =
        more.isFaulty === true
          ? new AppError('record.malformed', 'not as it should be', retryNever)
          : undefined
      const record = { event, id, partition: place.name, ...(fault === undefined ? {} : { fault }) }
      place.records.push({ record, index })
      ids.push(id)
    }
    return ids
  }

  /** Lets readers see what was put in. */
  wake(): void {
    for (const reader of this.readers) reader.wake()
  }

  /** Partitions change their readers. */
  rebalance(): void {
    this.readers.reverse()
    this.assign()
  }

  open(): SimulatedSource {
    const reader = new SimulatedSource(this)
    this.readers.push(reader)
    this.assign()
    return reader
  }

  close(reader: SimulatedSource): void {
    const at = this.readers.indexOf(reader)
    if (at < 0) return
    this.readers.splice(at, 1)
    this.assign()
  }

  /** Shares the partitions among the readers; one that has a new reader begins there after what is committed. */
  assign(): void {
    for (const [index, partition] of this.partitions.entries()) {
      const owner = this.readers[index % Math.max(1, this.readers.length)]
      if (partition.owner === owner) continue
      partition.owner = owner
      partition.generation++
      owner?.positions.set(partition, partition.committed)
      owner?.wake()
    }
  }

  chance(probability: number): boolean {
    return probability > 0 && this.#random.next() < probability
  }

  take(reader: SimulatedSource, { recordsMax, bytesMax }: SourceReadLimits): SourceRecord[] {
    const taken: SourceRecord[] = []
    let bytes = 0
    for (const partition of this.partitions) {
      if (partition.owner !== reader) continue
      let position = reader.positions.get(partition) ?? 0
      for (; position < partition.records.length && taken.length < recordsMax; position++) {
        const stored = partition.records[position]
        if (stored === undefined || partition.done.has(position)) continue
        bytes += stored.record.event.length
        if (bytes > bytesMax && taken.length > 0) break
        const record = { ...stored.record }
        this.#numbers.set(record, { partition, index: stored.index, generation: partition.generation })
        taken.push(record)
      }
      reader.positions.set(partition, position)
    }
    reader.held += taken.length
    this.heldMax = Math.max(this.heldMax, reader.held)
    return taken
  }

  commit(reader: SimulatedSource, records: readonly SourceRecord[]): void {
    if (this.chance(this.faults.commit)) throw new AppError('source.unavailable', 'sim', retryBackoff)
    const known = records.map(record => {
      const place = this.#numbers.get(record)
      if (place === undefined) throw new Error(`committed a record that was not read: ${record.id}`)
      return place
    })
    const own = known.filter(({ partition, generation }) => partition.generation === generation)
    const isLost = own.length < known.length
    // Where order is kept, a call with lost records in it has no effect at all; that is what is hardest on the engine.
    if (!isLost || !this.isOrdered) for (const { partition, index } of own) this.#done(partition, index)
    if (isLost) {
      this.lost++
      reader.held -= records.length
      throw new AppError('source.lost', 'sim', retryNever)
    }
    if (this.chance(this.faults.answer))
      throw new AppError('source.unavailable', 'sim: the answer is lost', retryBackoff)
    reader.held -= records.length
  }

  /** Where order is kept, one record stands for all before. */
  #done(partition: Partition, index: number): void {
    const tell = (position: number): void => {
      const stored = partition.records[position]
      if (stored !== undefined) this.onCommit(stored.record)
    }
    if (!this.isOrdered) {
      tell(index)
      partition.done.add(index)
    }
    for (; this.isOrdered && partition.committed <= index; partition.committed++) tell(partition.committed)
  }

  get uncommitted(): number {
    return this.partitions.reduce(
      (sum, { records, committed, done }) => sum + records.length - (this.isOrdered ? committed : done.size),
      0,
    )
  }
}

class SimulatedSource implements Source {
  readonly positions = new Map<Partition, number>()
  held = 0
  /** Its process was killed: it answers nobody any more. */
  isDead = false
  readonly #system: SimulatedSystem
  #wake: (() => void) | undefined
  #isClosed = false

  constructor(system: SimulatedSystem) {
    this.#system = system
  }

  wake(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    await Promise.resolve()
    for (;;) {
      if (this.isDead) return await new Promise(() => {})
      signal.throwIfAborted()
      if (this.#isClosed) throw new AppError('source.closed', 'sim', retryBackoff)
      if (this.#system.chance(this.#system.faults.read))
        throw new AppError('source.unavailable', 'sim', retryBackoff)
      const records = this.#system.take(this, limits)
      if (records.length > 0) return records
      await new Promise<void>(resolve => {
        this.#wake = resolve
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    if (this.isDead) return await new Promise(() => {})
    this.#system.commit(this, records)
  }

  lag(): Promise<{ records: number }> {
    return Promise.resolve({ records: this.#system.uncommitted })
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    if (!this.isDead) this.#system.close(this)
    this.wake()
    return Promise.resolve()
  }
}

export type { SimulatedSource }
