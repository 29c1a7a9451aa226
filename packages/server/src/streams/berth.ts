import { type AppError, sleep, type Source, type SourceLag, toAppError } from '@millrace/spi'
import type { StreamView } from '../resources/index.ts'
import { acquire, keep, type LeaseParts, release } from './lease.ts'
import { growingPauseMs } from './pause.ts'
import type { RunParts } from './run-parts.ts'
import { Task, type TaskParts } from './task.ts'

export interface BerthParts
  extends Pick<
    TaskParts,
    'equipment' | 'isOrdered' | 'rate' | 'counts' | 'onError' | 'onBlocked' | 'onUnusable'
  > {
  readonly stream: StreamView
  /** Which task of the stream it is, from 0. */
  readonly index: number
  readonly host: RunParts
}

/**
 * One of a stream's tasks: whoever holds its lease reads. A lease that is lost ends the task at once, for another node has
 * it; one that is free is taken up. A source that closes by itself is opened again.
 */
export class Berth {
  readonly #parts: BerthParts
  readonly #lease: LeaseParts
  readonly #leaseName: string
  readonly #end = new AbortController()
  readonly #work: Promise<void>
  #current: { readonly task: Task; readonly source: Source } | undefined
  #failures = 0
  /** Another node has the lease, and reads. */
  isElsewhere = false
  /** Why its source cannot be opened. */
  #openProblem: AppError | undefined

  constructor(parts: BerthParts) {
    const { host, stream, index } = parts
    const { leases, node, clock, log, limits } = host
    this.#parts = parts
    this.#lease = { leases, owner: node, leaseMs: limits.leaseMs, clock, log }
    this.#leaseName = `stream/${stream.key}/${index}`
    this.#work = this.#run()
  }

  get task(): Task | undefined {
    return this.#current?.task
  }

  get problem(): AppError | undefined {
    return this.#openProblem ?? this.task?.problem
  }

  /** `undefined` where the source cannot tell. */
  async lag(signal: AbortSignal): Promise<SourceLag | undefined> {
    return await this.#current?.source.lag?.(signal)
  }

  /** Ends the task as `Task.stop` does, and gives the lease back. */
  async stop(): Promise<void> {
    this.#end.abort(new Error('the stream stops'))
    await this.#work
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
    while (!signal.aborted) {
      try {
        await acquire(this.#leaseName, this.#lease, () => (this.isElsewhere = true), signal)
        this.isElsewhere = false
        await this.#serve()
      } catch (thrown) {
        if (!signal.aborted) await this.#failed(toAppError(thrown))
      }
    }
    await release(this.#leaseName, this.#lease)
  }

  /** Reads for as long as the lease is held and the source is open. Rejects when it cannot be opened. */
  async #serve(): Promise<void> {
    const { host, stream, ...shared } = this.#parts
    const source = await host.openSource(stream)
    this.#openProblem = undefined
    this.#failures = 0
    const task = new Task({ ...host, ...shared, key: stream.key, name: stream.name, source })
    this.#current = { task, source }
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, this.#end.signal])
    const ended = task.run()
    const kept = keep(this.#leaseName, this.#lease, signal)
    const how = await Promise.race([ended.then(() => 'closed' as const), kept])
    try {
      await task.stop(how === 'lost')
    } finally {
      over.abort()
      this.#current = undefined
      await Promise.all([ended, kept])
    }
    if (how === 'closed' && !this.#end.signal.aborted) await this.#pause()
  }

  async #failed(error: AppError): Promise<void> {
    const { onError } = this.#parts
    this.#openProblem = error.retry.kind === 'never' ? error : undefined
    onError(error)
    await this.#pause()
  }

  async #pause(): Promise<void> {
    const { clock, random, limits } = this.#parts.host
    this.#failures++
    const pauseMs =
      this.#openProblem === undefined
        ? growingPauseMs(this.#failures, limits.pauseMsMax, random)
        : limits.failedPauseMs
    await sleep(clock, pauseMs, this.#end.signal).catch(() => {})
  }
}
