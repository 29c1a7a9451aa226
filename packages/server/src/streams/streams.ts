import type { Documents } from '@millrace/spi'
import { silentStreamObserver, type StreamObserver, type Tracer } from '../observability/index.ts'
import type { Snapshot, Snapshots } from '../resources/index.ts'
import { Blocks } from './blocks.ts'
import { streamNotFound } from './errors.ts'
import { defaultStreamLimits, type StreamLimits } from './limits.ts'
import type { RunParts } from './run-parts.ts'
import { Runner } from './runner.ts'
import type { StreamReason, StreamStatus } from './status.ts'
import { wantedStreams } from './wanted.ts'

/**
 * All streams of a node: each reads from a source and writes to a sink, as its document says, and follows changes of it.
 * Disposing stops them all: writes under way may end within `drainMsMax`, what was not committed is given back.
 */
export interface Streams extends AsyncDisposable {
  /** Takes up every stream of the snapshot, and follows it from there. Resolves before sources are open. */
  start(): Promise<void>
  /** Rejects with `stream.not-found`. Asks the source for its lag unless that was told a few seconds ago. */
  status(account: string, name: string): Promise<StreamStatus>
  /** Of all streams of an account, by name. */
  list(account: string): Promise<StreamStatus[]>
  /** Ends a block, and tries at once what has failed and what waits for a retry. A paused stream stays so: that is of its document. Rejects with `stream.not-found`. */
  resume(account: string, name: string): Promise<void>
  /** Records that wait in the sources, by `account/name`; streams that cannot tell are left out. */
  lags(): Promise<Iterable<readonly [stream: string, records: number]>>
  /** Resolves when nothing is under way that could go on without time or news from outside. For tests. */
  settled(signal: AbortSignal): Promise<void>
}

export interface StreamsParts extends Omit<RunParts, 'limits' | 'tracer'> {
  readonly snapshots: Snapshots
  readonly documents: Documents
  /** Default: observes nothing. */
  readonly observer?: StreamObserver
  /** Default: records nothing. */
  readonly tracer?: Tracer
  readonly limits?: Partial<StreamLimits>
}

export function createStreams(parts: StreamsParts): Streams {
  return new NodeStreams(parts)
}

class NodeStreams implements Streams {
  readonly #snapshots: Snapshots
  readonly #host: RunParts
  readonly #blocks: Blocks
  readonly #observer: StreamObserver
  readonly #runners = new Map<string, Runner>()
  /** Streams that were deleted and whose tasks are ending; one that is made anew waits for its predecessor. */
  readonly #leaving = new Map<string, Promise<void>>()
  readonly #followed = new DisposableStack()
  #disposing: Promise<void> | undefined

  constructor(parts: StreamsParts) {
    this.#snapshots = parts.snapshots
    this.#observer = parts.observer ?? silentStreamObserver
    this.#blocks = new Blocks(parts.documents)
    this.#host = { ...parts, tracer: parts.tracer, limits: { ...defaultStreamLimits, ...parts.limits } }
  }

  async start(): Promise<void> {
    const blocks = await this.#blocks.load()
    const snapshot = this.#snapshots.current()
    for (const key of blocks.keys()) {
      // Of a stream that was deleted just before a crash: one made anew must not find it.
      if (!snapshot.streams.has(key)) await this.#blocks.clear(key)
    }
    this.#follow(snapshot, blocks)
    this.#followed.use(this.#snapshots.subscribe(next => this.#follow(next)))
    this.#followed.use(this.#blocks.watch((key, reason) => this.#runners.get(key)?.noteBlock(reason)))
    this.#follow(this.#snapshots.current())
  }

  status(account: string, name: string): Promise<StreamStatus> {
    const runner = this.#runners.get(`${account}/${name}`)
    return runner === undefined ? Promise.reject(streamNotFound(name)) : runner.status()
  }

  async list(account: string): Promise<StreamStatus[]> {
    const begin = `${account}/`
    const runners = [...this.#runners].filter(([key]) => key.startsWith(begin))
    runners.sort(([left], [right]) => (left < right ? -1 : 1))
    return await Promise.all(runners.map(([, runner]) => runner.status()))
  }

  async resume(account: string, name: string): Promise<void> {
    const runner = this.#runners.get(`${account}/${name}`)
    if (runner === undefined) throw streamNotFound(name)
    await runner.resume()
  }

  async lags(): Promise<Iterable<readonly [stream: string, records: number]>> {
    const statuses = await Promise.all(
      [...this.#runners].map(async ([key, runner]) => [key, (await runner.status()).lag?.records] as const),
    )
    return statuses.filter((pair): pair is readonly [string, number] => pair[1] !== undefined)
  }

  async settled(signal: AbortSignal): Promise<void> {
    // Twice in a row: what one turn of the event loop brings may set another in motion.
    for (let quiet = 0; quiet < 2; ) {
      signal.throwIfAborted()
      await new Promise(resolve => setImmediate(resolve))
      quiet =
        this.#leaving.size === 0 && [...this.#runners.values()].every(({ isIdle }) => isIdle) ? quiet + 1 : 0
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposing ??= this.#dispose()
    return this.#disposing
  }

  async #dispose(): Promise<void> {
    this.#followed.dispose()
    await Promise.all([...this.#runners.values()].map(runner => runner.stop()))
    await Promise.all(this.#leaving.values())
  }

  #follow(snapshot: Snapshot, blocks?: ReadonlyMap<string, StreamReason>): void {
    const wanted = wantedStreams(snapshot)
    for (const [key, runner] of this.#runners) if (!wanted.has(key)) this.#remove(key, runner)
    for (const [key, stream] of wanted) {
      const runner = this.#runners.get(key)
      if (runner !== undefined) runner.follow(stream)
      else if (!this.#leaving.has(key))
        this.#runners.set(
          key,
          new Runner(
            { host: this.#host, blocks: this.#blocks, observer: this.#observer },
            stream,
            blocks?.get(key),
          ),
        )
    }
  }

  /** Stops a stream that was deleted, then forgets that it was blocked. */
  #remove(key: string, runner: Runner): void {
    this.#runners.delete(key)
    const leaving = runner
      .stop()
      .then(() => this.#blocks.clear(key))
      .catch((error: unknown) => {
        this.#host.log.warn('a deleted stream left something behind', { stream: key, error })
      })
      .finally(() => {
        this.#leaving.delete(key)
        if (this.#disposing === undefined) this.#follow(this.#snapshots.current())
      })
    this.#leaving.set(key, leaving)
  }
}
