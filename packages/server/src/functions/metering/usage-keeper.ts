import type { Clock, Document, Documents, PluginLog } from '@millrace/spi'
import type { InvocationObserver } from './observer.ts'
import { noUsage, sumOfUsage, type Usage, UsageCounter } from './usage.ts'

export interface UsageLimits {
  /** From one write to the next: what a killed server has not counted. */
  readonly flushMs: number
  /** Days that are kept. */
  readonly daysMax: number
}

export const defaultUsageLimits: UsageLimits = { flushMs: 5_000, daysMax: 400 }

export interface UsageDay extends Usage {
  /** Such as `2026-01-31`, in UTC. */
  readonly day: string
  readonly function: string
}

export interface UsageQuery {
  /** All functions of the account when absent. */
  readonly function?: string
  /** Days in UTC such as `2026-01-31`, both included. */
  readonly from: string
  readonly to: string
}

export interface UsageKeeperOptions {
  readonly documents: Documents
  readonly clock: Clock
  readonly log: PluginLog
  readonly limits: UsageLimits
}

const dayMs = 86_400_000
const prefix = 'usage/'

/**
 * Adds up what functions use, by account, day and function, and writes the sums down every few seconds. What has not
 * been written yet is kept until it is, so a storage that fails for a while costs nothing; a kill costs the last seconds.
 */
export class UsageKeeper implements InvocationObserver, AsyncDisposable {
  readonly #options: UsageKeeperOptions
  /** What was counted since it was last written, by document. */
  #counters = new Map<string, UsageCounter>()
  /** What is being written, or could not be. */
  #unwritten = new Map<string, Usage>()
  #flushing: Promise<void> | undefined
  #timer: Disposable | undefined
  #day = ''
  #dayEndsAtMs = 0
  #cleanedDay = ''
  #stopped = false

  constructor(options: UsageKeeperOptions) {
    this.#options = options
  }

  start(): void {
    this.#arm()
  }

  invoked(...[key, ending, metering]: Parameters<InvocationObserver['invoked']>): void {
    this.#counter(key).invoked(ending, metering)
  }

  refused(key: string, code: string): void {
    this.#counter(key).refused(code)
  }

  cancelled(key: string): void {
    this.#counter(key).cancelled()
  }

  /** By day, then function. What was counted up to now is in it. */
  async read(account: string, query: UsageQuery): Promise<UsageDay[]> {
    await this.flush()
    const found: UsageDay[] = []
    const begin = `${prefix}${account}/`
    let after = `${begin}${query.from}`
    for (;;) {
      const page = await this.#options.documents.list(begin, { after })
      for (const { key, value } of page) {
        const [day = '', name = ''] = key.slice(begin.length).split('/')
        if (day > query.to) return found
        if (query.function !== undefined && name !== query.function) continue
        found.push({ ...(value as Usage), day, function: name })
      }
      const last = page.at(-1)
      if (last === undefined) return found
      after = last.key
    }
  }

  /** Writes what was counted; rejects with the error of the storage, and tries again with the next. */
  async flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing.catch(() => undefined)
    this.#flushing = this.#flush()
    try {
      await this.#flushing
    } finally {
      this.#flushing = undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#timer?.[Symbol.dispose]()
    await this.#flushQuietly()
  }

  async #flush(): Promise<void> {
    const counters = this.#counters
    this.#counters = new Map()
    for (const [key, counter] of counters) {
      this.#unwritten.set(key, sumOfUsage(this.#unwritten.get(key) ?? noUsage, counter.usage()))
    }
    const { documents } = this.#options
    for (const [key, usage] of this.#unwritten) {
      const before = (await documents.get(key))?.value as Usage | undefined
      await documents.put(key, before === undefined ? usage : sumOfUsage(before, usage))
      this.#unwritten.delete(key)
    }
  }

  async #flushQuietly(): Promise<void> {
    try {
      await this.flush()
      await this.#clean()
    } catch (cause) {
      this.#options.log.warn('what functions have used could not be written; it is tried again', {
        cause: String(cause),
      })
    }
  }

  #counter(key: string): UsageCounter {
    const nowMs = this.#options.clock.nowMs()
    if (nowMs >= this.#dayEndsAtMs || nowMs < this.#dayEndsAtMs - dayMs) {
      this.#day = dayOf(nowMs)
      this.#dayEndsAtMs = (Math.floor(nowMs / dayMs) + 1) * dayMs
    }
    const slash = key.indexOf('/')
    const document = `${prefix}${key.slice(0, slash)}/${this.#day}${key.slice(slash)}`
    let counter = this.#counters.get(document)
    if (counter === undefined) this.#counters.set(document, (counter = new UsageCounter()))
    return counter
  }

  #arm(): void {
    if (this.#stopped) return
    this.#timer = this.#options.clock.timer(this.#options.limits.flushMs, () => {
      void this.#flushQuietly().finally(() => this.#arm())
    })
  }

  /** Once a day: removes the days that are too old. */
  async #clean(): Promise<void> {
    const { documents, clock, limits } = this.#options
    const today = dayOf(clock.nowMs())
    if (this.#cleanedDay === today) return
    const oldest = dayOf(clock.nowMs() - limits.daysMax * dayMs)
    let after: string | undefined
    for (;;) {
      const page: Document[] = await documents.list(prefix, after === undefined ? {} : { after })
      for (const { key } of page) {
        const [, , day = ''] = key.split('/')
        if (day < oldest) await documents.delete(key)
      }
      after = page.at(-1)?.key
      if (after === undefined) break
    }
    this.#cleanedDay = today
  }
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}
