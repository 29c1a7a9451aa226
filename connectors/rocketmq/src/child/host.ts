import type { Clock, PluginLog, Random } from '@millrace/spi'
import { Backoff } from './backoff.ts'
import { ChildMissing } from './errors.ts'
import { Link } from './link.ts'
import { startMethod } from './protocol.ts'

/** What runs in the child process. */
export interface ChildProgram {
  /** A module that calls `serveParent`. */
  readonly module: URL
  /** Makes the payload of the call `start`, anew for each child; `attempt` counts the children, from 0. */
  readonly start: (attempt: number) => unknown
}

export interface ChildHostLimits {
  /** Calls that may be under way at once; a further one is `full`. */
  readonly callsMax: number
  /** Until the call `start` is answered, in milliseconds; then the child is ended. */
  readonly startTimeoutMs: number
  /** Until a child that was asked to stop has exited, in milliseconds; then it is ended. */
  readonly stopTimeoutMs: number
  /** Pauses between children that failed: the first one and the longest one, in milliseconds. */
  readonly pauseMs: number
  readonly pauseMsMax: number
}

export interface ChildHostContext {
  readonly clock: Clock
  readonly random: Random
  readonly log: PluginLog
}

/** A child that has been started, and the answer to its call `start`. */
interface Running {
  readonly link: Link
  readonly ready: Promise<unknown>
  isReady: boolean
}

/**
 * Keeps one child process for a library that may take its process down, leak, or write where it should not. The library does
 * that in the child, and this side sees a failed call.
 *
 * Without a child, the first call starts one. A child that ends, is not ready in time or refuses its start is followed by a
 * pause that grows; calls within it fail at once (`pausing`). The call after it starts the next child. A call that
 * succeeds makes the pauses short again. Disposal asks the child to stop, then ends it.
 */
export class ChildHost implements AsyncDisposable {
  readonly #program: ChildProgram
  readonly #context: ChildHostContext
  readonly #limits: ChildHostLimits
  readonly #backoff: Backoff
  #running: Running | undefined
  #children = 0
  #pause: { readonly untilMs: number; readonly reason: Error } | undefined
  #disposal: Promise<void> | undefined

  constructor(program: ChildProgram, context: ChildHostContext, limits: ChildHostLimits) {
    this.#program = program
    this.#context = context
    this.#limits = limits
    this.#backoff = new Backoff(context.random, limits.pauseMs, limits.pauseMsMax)
  }

  /** The process that answers now, if there is one. */
  get pid(): number | undefined {
    return this.#running?.link.pid
  }

  /** Whether a child has been started and has answered. */
  get isReady(): boolean {
    return this.#running?.isReady === true
  }

  /**
   * Resolves with what the child answers. Rejects with `CallRefused` when it answers with a fault, or refused its start;
   * with `ChildMissing` when there is none to answer; with the signal's reason when that aborts, which the child is told.
   */
  async call(method: string, payload: unknown, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted()
    if (this.#disposal !== undefined) throw closed()
    this.#running ??= this.#start()
    const running = this.#running
    if (!running.isReady) await unlessAborted(running.ready, signal)
    const value = await running.link.call(method, payload, signal)
    this.#backoff.reset()
    return value
  }

  /** Ends a child that answers and yet does not work; the next call starts another one, without a pause. */
  restart(): void {
    const running = this.#running
    if (running === undefined || this.#disposal !== undefined) return
    this.#running = undefined
    void running.link.kill()
  }

  #start(): Running {
    const { clock, log } = this.#context
    const nowMs = clock.nowMs()
    if (this.#pause !== undefined && nowMs < this.#pause.untilMs) {
      const delayMs = this.#pause.untilMs - nowMs
      throw new ChildMissing('pausing', `the next child process is started in ${delayMs} ms`, {
        delayMs,
        cause: this.#pause.reason,
      })
    }
    const link = new Link(this.#program.module, this.#limits.callsMax, {
      line: text => log.debug('the child process says', { text }),
      ended: reason => {
        if (this.#running?.link !== link) return
        if (running.isReady) log.warn('the child process ended', { reason: reason.message })
        this.#failed(running, reason)
      },
    })
    const running: Running = { link, isReady: false, ready: this.#makeReady(link, () => running) }
    // Those who wait for it see the rejection; without any, it has been dealt with all the same.
    running.ready.catch(() => undefined)
    return running
  }

  async #makeReady(link: Link, running: () => Running): Promise<void> {
    const { startTimeoutMs } = this.#limits
    const late = new AbortController()
    using _timer = this.#context.clock.timer(startTimeoutMs, () => {
      late.abort(new ChildMissing('late', `the child process was not ready within ${startTimeoutMs} ms`))
    })
    try {
      await link.call(startMethod, this.#program.start(this.#children++), late.signal)
      running().isReady = true
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown : new Error(String(thrown))
      this.#failed(running(), reason)
      void link.kill()
      throw reason
    }
  }

  #failed(running: Running, reason: Error): void {
    if (this.#running !== running) return
    this.#running = undefined
    this.#pause = { untilMs: this.#context.clock.nowMs() + this.#backoff.next(), reason }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose()
    return this.#disposal
  }

  async #dispose(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    if (running === undefined) return
    if (!running.isReady) return await running.link.kill()
    using _deadline = this.#context.clock.timer(this.#limits.stopTimeoutMs, () => void running.link.kill())
    await running.link.stop()
  }
}

function closed(): ChildMissing {
  return new ChildMissing('closed', 'the host of the child process is disposed')
}

/** Rejects as soon as the signal aborts; what is waited for goes on. */
function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
