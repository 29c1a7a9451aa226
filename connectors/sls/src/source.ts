import {
  AppError,
  retryBackoff,
  sleep,
  type Source,
  type SourceContext,
  type SourceReadLimits,
  type SourceRecord,
  takeRecords,
  untilAborted,
} from '@millrace/spi'
import { SlsClient } from './client.ts'
import { decodeLogGroupList } from './log-group.ts'
import { type EventShape, eventShape, LogRecord } from './log-record.ts'
import type { SlsSourceOptions } from './options.ts'
import { Shard } from './shard.ts'

/** How often the service is asked which shards there are: they can be split and merged. */
const shardsEveryMs = 60_000

/** Reads the shards of one log store in turn, from cursors that the stream keeps. */
export class SlsSource implements Source {
  readonly #options: SlsSourceOptions
  readonly #context: SourceContext
  readonly #shape: EventShape
  readonly #client: SlsClient
  readonly #closed = new AbortController()
  #shards: readonly Shard[] = []
  #listedAtMs = Number.NEGATIVE_INFINITY
  /** Shards are asked in turn, beginning behind the one that gave something last. */
  #turn = 0
  #waiting: LogRecord[] = []
  #fetch: Promise<void> | undefined
  #disposal: Promise<void> | undefined

  constructor(options: SlsSourceOptions, context: SourceContext) {
    this.#options = options
    this.#context = context
    this.#shape = eventShape(options, context)
    this.#client = new SlsClient(options, context, 'source')
  }

  async read(limits: SourceReadLimits, signal: AbortSignal): Promise<SourceRecord[]> {
    signal.throwIfAborted()
    for (;;) {
      if (this.#closed.signal.aborted) throw closed()
      if (this.#waiting.length > 0) return takeRecords(this.#waiting, limits)
      // One fetch at a time, which outlives a read that is given up: what it brings is for the next one.
      this.#fetch ??= this.#fetchNext().finally(() => (this.#fetch = undefined))
      await untilAborted(this.#fetch, signal)
    }
  }

  async commit(records: readonly SourceRecord[]): Promise<void> {
    // The last record of a shard stands for all before.
    const last = new Map<Shard, LogRecord>()
    for (const record of records) if (record instanceof LogRecord) last.set(record.shard, record)
    await Promise.all([...last].map(([shard, { pull, index }]) => shard.commit(pull, index)))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    this.#waiting = []
    this.#closed.abort(closed())
    await this.#fetch?.catch(() => {})
    await Promise.all(this.#shards.map(shard => shard.idle()))
    await this.#client[Symbol.asyncDispose]()
  }

  /** One round over the shards; ends with the first that gives something, and with a pause when none does. */
  async #fetchNext(): Promise<void> {
    const { clock } = this.#context
    if (clock.nowMs() - this.#listedAtMs >= shardsEveryMs) await this.#openShards()
    for (let i = 0; i < this.#shards.length; i++) {
      const shard = this.#shards[this.#turn++ % this.#shards.length]!
      const records = await this.#pull(shard)
      if (records.length > 0) {
        this.#waiting = records
        return
      }
    }
    await sleep(clock, this.#options.pollEveryMs, this.#closed.signal)
  }

  async #openShards(): Promise<void> {
    const { checkpoints, clock } = this.#context
    const { bytes } = await this.#client.request({ method: 'GET', path: '/shards' }, this.#closed.signal)
    const found = await Promise.all(
      shardNumbers(bytes).map(async number => ({
        number,
        shard: this.#shards.find(shard => shard.number === number) ?? (await Shard.load(number, checkpoints)),
      })),
    )
    // What a shard holds that came into being later was never read, wherever the stream began.
    const isFirst = found.every(({ shard }) => shard === undefined)
    const start = isFirst ? this.#options.start : 'earliest'
    // All cursors are known before the first is noted: otherwise a failure would look like a beginning.
    const cursors = await Promise.all(
      found.map(async ({ number, shard }) => (shard === undefined ? await this.#cursor(number, start) : '')),
    )
    this.#shards = await Promise.all(
      found.map(
        async ({ number, shard }, i) => shard ?? (await Shard.begin(number, checkpoints, cursors[i] ?? '')),
      ),
    )
    this.#listedAtMs = clock.nowMs()
  }

  async #cursor(shard: number, start: SlsSourceOptions['start']): Promise<string> {
    const from = { earliest: 'begin', latest: 'end' }
    const query = {
      type: 'cursor',
      from: typeof start === 'object' ? String(Math.floor(Date.parse(start.time) / 1_000)) : from[start],
    }
    const { bytes } = await this.#client.request(
      { method: 'GET', path: `/shards/${shard}`, query },
      this.#closed.signal,
    )
    const { cursor } = parsed(bytes) as { cursor?: unknown }
    if (typeof cursor === 'string') return cursor
    throw odd('no cursor')
  }

  async #pull(shard: Shard): Promise<LogRecord[]> {
    const asked = shard.nextPull(this.#options.groupsMax)
    if (asked === undefined) return []
    const { headers, bytes } = await this.#client.request(
      {
        method: 'GET',
        path: `/shards/${shard.number}`,
        query: { type: 'logs', cursor: asked.cursor, count: String(asked.groups) },
        headers: { accept: 'application/x-protobuf', 'accept-encoding': 'deflate' },
      },
      this.#closed.signal,
    )
    const next = headers['x-log-cursor']
    if (typeof next !== 'string') throw odd('no cursor behind what it gave')
    const groups = decodeLogGroupList(bytes)
    const count = groups.reduce((sum, { logs }) => sum + logs.length, 0)
    const { pull, done } = await shard.pulled(asked, { groups: groups.length, records: count, next })
    const records: LogRecord[] = []
    let index = 0
    for (const group of groups) {
      for (const log of group.logs) {
        if (index >= done) records.push(new LogRecord(shard, pull, index, group, log, this.#shape))
        index++
      }
    }
    return records
  }
}

function shardNumbers(bytes: Buffer): number[] {
  const shards = parsed(bytes)
  if (!Array.isArray(shards)) throw odd('no list of shards')
  return shards.map((shard: unknown) => {
    const number: unknown =
      typeof shard === 'object' && shard !== null ? Reflect.get(shard, 'shardID') : undefined
    if (typeof number === 'number') return number
    throw odd('a shard without a number')
  })
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString())
  } catch {
    throw odd('something that is not JSON')
  }
}

function odd(what: string): AppError {
  return new AppError('source.failed', `the service answered with ${what}`, retryBackoff)
}

function closed(): AppError {
  return new AppError('source.closed', 'the source is closed; nothing is read', retryBackoff)
}
