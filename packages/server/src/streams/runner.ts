import { type AppError, toAppError } from '@millrace/spi'
import type { StreamObserver } from '../observability/index.ts'
import type { StreamView } from '../resources/index.ts'
import type { Blocks } from './blocks.ts'
import { Counts } from './counts.ts'
import { LagKeeper } from './lag.ts'
import { Run } from './run.ts'
import type { RunParts } from './run-parts.ts'
import { reasonOf, statusOf, type StreamReason, type StreamState, type StreamStatus } from './status.ts'

export interface RunnerParts {
  readonly host: RunParts
  readonly blocks: Blocks
  readonly observer: StreamObserver
}

/** What a stream is made from. The same objects mean that nothing has changed. */
export interface Wanted {
  readonly stream: StreamView
  /** The instances that its source and sinks go by, as they are. */
  readonly instances: readonly unknown[]
}

/**
 * One stream, from its creation to its deletion: it has a run when it should, and no more than one. Every change (of the
 * document, of an instance, a block, a failure, a resume) only notes what is wanted; one loop makes it so, step by step.
 */
export class Runner {
  readonly #parts: RunnerParts
  readonly #counts: Counts
  readonly #lag: LagKeeper
  #wanted: Wanted | undefined
  #stream: StreamView
  #current: { readonly run: Run; readonly wanted: Wanted } | undefined
  #block: StreamReason | undefined
  #problem: StreamReason | undefined
  #lastError: StreamReason | undefined
  /** The current run is to be replaced though nothing has changed. */
  #isStale = false
  #isDirty = false
  #work: Promise<void> | undefined
  #retry: Disposable | undefined

  constructor(parts: RunnerParts, wanted: Wanted, block: StreamReason | undefined) {
    const { host, observer } = parts
    this.#parts = parts
    this.#wanted = wanted
    this.#stream = wanted.stream
    this.#block = block
    this.#counts = new Counts(wanted.stream.key, host.clock, observer)
    this.#lag = new LagKeeper(host.clock, host.limits)
    this.#look()
  }

  /** The stream as it is from now on; `undefined` when it is deleted or this node stops. */
  follow(wanted: Wanted | undefined): void {
    if (isSame(this.#wanted, wanted)) return
    this.#wanted = wanted
    if (wanted !== undefined) this.#stream = wanted.stream
    this.#problem = undefined
    this.#look()
  }

  /** Ends a block, and tries at once what failed, the stream or single records. Resolves when that is durable. */
  async resume(): Promise<void> {
    if (this.#block !== undefined) {
      this.#block = undefined
      await this.#parts.blocks.clear(this.#stream.key)
    } else if (this.state() !== 'failed') return this.#current?.run.hurry()
    this.#problem = undefined
    this.#isStale = true
    this.#look()
  }

  /** A block that was set or ended, here or on another node. */
  noteBlock(reason: StreamReason | undefined): void {
    if ((reason === undefined) === (this.#block === undefined)) return
    this.#block = reason
    this.#problem = undefined
    this.#isStale = true
    this.#look()
  }

  /** Ends it; resolves when its tasks have stopped. */
  async stop(): Promise<void> {
    this.follow(undefined)
    await this.#work
  }

  state(): StreamState {
    if (this.#block !== undefined) return 'ready'
    if (this.#stream.spec.paused) return 'paused'
    if (this.reason() !== undefined) return 'failed'
    return this.#current?.run.hasBegun === true ? 'running' : 'starting'
  }

  reason(): StreamReason | undefined {
    const problem = this.#current?.run.problem
    const { clock } = this.#parts.host
    return (
      this.#block ??
      this.#problem ??
      (problem === undefined ? undefined : reasonOf(problem, this.#lastError?.atMs ?? clock.nowMs()))
    )
  }

  get isIdle(): boolean {
    return this.#work === undefined && (this.#current === undefined || this.#current.run.isIdle)
  }

  async status(): Promise<StreamStatus> {
    const { account, name } = this.#stream
    const lag = await this.#lag.get(async signal => await this.#current?.run.lag(signal))
    return statusOf({
      account,
      name,
      state: this.state(),
      reason: this.reason(),
      tasks: this.#current?.run.tasks ?? [],
      counts: this.#counts.totals,
      writtenPerSecond: this.#counts.perSecond(),
      lag,
      lastError: this.#lastError,
    })
  }

  /** Begins the loop, or lets the one that runs look once more. */
  #look(): void {
    this.#isDirty = true
    this.#work ??= this.#makeSo()
  }

  async #makeSo(): Promise<void> {
    // Callers note all that they want first.
    await Promise.resolve()
    while (this.#isDirty) {
      this.#isDirty = false
      this.#retry?.[Symbol.dispose]()
      this.#retry = undefined
      const wanted = this.#block === undefined && this.#problem === undefined ? this.#wanted : undefined
      const goal = wanted?.stream.spec.paused === true ? undefined : wanted
      if (this.#isStale || !isSame(this.#current?.wanted, goal)) await this.#end()
      if (goal !== undefined && this.#current === undefined) await this.#begin(goal)
      if (this.#problem !== undefined && this.#wanted !== undefined) this.#retryLater()
    }
    this.#work = undefined
  }

  async #begin(wanted: Wanted): Promise<void> {
    const { host } = this.#parts
    const run = new Run({
      host,
      stream: wanted.stream,
      counts: this.#counts,
      onError: error => this.#noteError(error),
      onBlocked: error => this.#blocked(run, error),
      onUnusable: error => this.#failed(run, error),
    })
    this.#current = { run, wanted }
    try {
      await run.start()
    } catch (thrown) {
      const error = toAppError(thrown)
      this.#noteError(error)
      this.#failed(run, error)
    }
  }

  async #end(): Promise<void> {
    this.#isStale = false
    const current = this.#current
    await current?.run.stop()
    this.#current = undefined
  }

  #noteError(error: AppError): void {
    this.#lastError = reasonOf(error, this.#parts.host.clock.nowMs())
  }

  #blocked(run: Run, error: AppError): void {
    if (this.#current?.run !== run || this.#block !== undefined) return
    const { host, blocks } = this.#parts
    const reason = reasonOf(error, host.clock.nowMs())
    this.#block = reason
    host.log.warn('a stream stopped before a record; it waits to be resumed', {
      stream: this.#stream.key,
      code: error.code,
    })
    // Lost with a crash before it is durable, the record blocks the stream once more.
    blocks.set(this.#stream.key, reason).catch((thrown: unknown) => {
      host.log.error('a block could not be stored', { stream: this.#stream.key, error: thrown })
    })
    this.#look()
  }

  #failed(run: Run, error: AppError): void {
    if (this.#current?.run !== run) return
    const { clock } = this.#parts.host
    this.#problem = reasonOf(error, clock.nowMs())
    this.#isStale = true
    this.#look()
  }

  #retryLater(): void {
    const { clock, limits } = this.#parts.host
    this.#retry = clock.timer(limits.failedPauseMs, () => {
      this.#problem = undefined
      this.#look()
    })
  }
}

function isSame(left: Wanted | undefined, right: Wanted | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return (
    left.stream === right.stream &&
    left.instances.length === right.instances.length &&
    left.instances.every((instance, index) => instance === right.instances[index])
  )
}
