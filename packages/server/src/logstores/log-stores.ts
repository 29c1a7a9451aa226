import {
  type Clock,
  type LogEntry,
  type LogStat,
  type PluginLog,
  type Random,
  type ReadLimits,
  toAppError,
} from '@millrace/spi'
import type { EventLogs } from '../eventlog/index.ts'
import { busKey, logShardsMax, type LogStoreView, type Snapshots } from '../resources/index.ts'
import { logStoreNotFound, shardNotFound } from './errors.ts'
import { shardOfKey } from './hash-range.ts'

/** A shard above its bytes is brought down to this share of them, so that not every append has to cut. */
const fillShare = 0.9

/** Estimates of where to cut that are tried in one pass; entries differ in size, so one is rarely exact. */
const cutsMax = 4

/** The retained positions of one shard: from the first, up to the one that the next entry will get. */
export interface ShardSpan {
  readonly first: number
  readonly next: number
}

/**
 * Log stores: a shard is a log of the event log port, an entry is whatever bytes an interface puts there (decision 0017).
 * Readers keep their positions themselves. All methods reject with `logstore.not-found` and `logstore.shard-not-found`.
 */
export interface LogStores {
  /**
   * Appends to the shard to which the key belongs (32 hex digits), or to any; durable when it resolves. Rejects with what
   * the storage says: full, busy, closed. A shard that has its bytes loses its oldest entries.
   */
  append(account: string, name: string, entry: Uint8Array, hashKey?: string): Promise<void>
  /** Entries from a position on, as the event log port reads them. */
  read(account: string, name: string, shard: number, from: number, limits: ReadLimits): Promise<LogEntry[]>
  span(account: string, name: string, shard: number): Promise<ShardSpan>
  /** Position of the first entry that was taken in at that time or later; the next one when there is none. */
  seek(account: string, name: string, shard: number, acceptedAtMs: number): Promise<number>
  /** Removes what is too old, in all log stores. Never rejects. */
  retain(): Promise<void>
  /** Removes all entries of a log store, which need not exist any more, by its key. */
  empty(key: string): Promise<void>
}

export interface LogStoresOptions {
  readonly logs: EventLogs
  readonly snapshots: Pick<Snapshots, 'current'>
  readonly clock: Clock
  readonly random: Pick<Random, 'next'>
  readonly log: PluginLog
}

export function createLogStores(options: LogStoresOptions): LogStores {
  return new StoredLogStores(options)
}

class StoredLogStores implements LogStores {
  readonly #options: LogStoresOptions

  constructor(options: LogStoresOptions) {
    this.#options = options
  }

  async append(account: string, name: string, entry: Uint8Array, hashKey?: string): Promise<void> {
    const view = this.#view(account, name)
    const { shards, bytesMax } = view.spec
    const { logs, random, clock } = this.#options
    const shard = hashKey === undefined ? Math.floor(random.next() * shards) : shardOfKey(hashKey, shards)
    const log = shardLog(view.key, shard)
    await logs.open(log)
    if (logs.bytes(log) + entry.length > bytesMax / shards)
      await this.#cut(log, bytesMax / shards - entry.length)
    await logs.append(log, [{ bytes: entry, acceptedAtMs: clock.nowMs() }], 'durable')
  }

  async read(
    account: string,
    name: string,
    shard: number,
    from: number,
    limits: ReadLimits,
  ): Promise<LogEntry[]> {
    return await this.#options.logs.read(this.#log(account, name, shard), from, limits)
  }

  async span(account: string, name: string, shard: number): Promise<ShardSpan> {
    const { first, next } = await this.#options.logs.stat(this.#log(account, name, shard))
    return { first, next }
  }

  async seek(account: string, name: string, shard: number, acceptedAtMs: number): Promise<number> {
    return await this.#options.logs.seek(this.#log(account, name, shard), acceptedAtMs)
  }

  async retain(): Promise<void> {
    const { logs, snapshots, clock, log } = this.#options
    for (const { key, spec } of snapshots.current().logStores.values()) {
      try {
        for (let shard = 0; shard < spec.shards; shard++) {
          const name = shardLog(key, shard)
          await logs.trim(name, await logs.seek(name, clock.nowMs() - spec.retentionMs))
        }
      } catch (thrown) {
        const { code } = toAppError(thrown)
        log.warn('a log store could not forget what is old; the next turn tries again', {
          logstore: key,
          code,
        })
      }
    }
  }

  async empty(key: string): Promise<void> {
    const { logs } = this.#options
    // Nobody knows how many shards one had that a crash has left.
    for (let shard = 0; shard < logShardsMax; shard++) {
      const log = shardLog(key, shard)
      const { first, next } = await logs.stat(log)
      if (first < next) await logs.trim(log, Number.POSITIVE_INFINITY)
    }
  }

  async #cut(log: string, bytesMax: number): Promise<void> {
    const { logs } = this.#options
    let stat = await logs.stat(log)
    for (let cut = 0; cut < cutsMax && stat.bytes > bytesMax; cut++) {
      stat = await logs.trim(log, cutFor(stat, Math.max(0, bytesMax * fillShare)))
    }
  }

  #log(account: string, name: string, shard: number): string {
    const view = this.#view(account, name)
    const { shards } = view.spec
    if (!Number.isInteger(shard) || shard < 0 || shard >= shards) throw shardNotFound(name, shards, shard)
    return shardLog(view.key, shard)
  }

  #view(account: string, name: string): LogStoreView {
    const view = this.#options.snapshots.current().logStores.get(busKey(account, name))
    if (view === undefined) throw logStoreNotFound(name)
    return view
  }
}

/** Name of the log of one shard. Keys of buses, which are names of logs too, have one slash. */
function shardLog(key: string, shard: number): string {
  return `logstore/${key}/${shard}`
}

/** Below which position to cut so that about so many bytes stay, if all entries had the same size. */
function cutFor({ first, next, bytes }: LogStat, bytesMax: number): number {
  return first + Math.ceil((next - first) * (1 - bytesMax / bytes))
}
