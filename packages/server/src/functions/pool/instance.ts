import {
  type Clock,
  type ErrorHeader,
  type Frame,
  type InitializeHeader,
  type InvokeHeader,
  type ResultHeader,
  frameType,
} from '@millrace/spi'
import { exited, type FunctionFailure, failureFromCode, initializerTimedOut, timedOut } from '../failure.ts'
import type { Exit, SandboxedProcess } from '../sandbox/index.ts'
import type { Connection } from './connection.ts'

/**
 * The life of an instance:
 *
 *     ready ──initialize──▶ initializing ──▶ idle ⇄ busy ──▶ draining ──▶ gone
 *
 * Before `ready` it is booting: see `boot.ts`. `ready` has said hello and belongs to no function yet. `busy` runs at
 * least one invocation. `draining` takes no further ones and ends after the last; every state may go there. `gone`:
 * process and connection have ended, whatever was running has been answered. No state is entered twice but idle and
 * busy, and none is left for an earlier one.
 */
export type InstanceState = 'ready' | 'initializing' | 'idle' | 'busy' | 'draining' | 'gone'

/** What became of one invocation in an instance. */
export type Answer =
  | {
      readonly status: 'ok'
      readonly payload: Uint8Array
      readonly contentType: string | undefined
      readonly durationMs: number
      readonly memoryKiB: number
    }
  | {
      readonly status: 'failed'
      readonly failure: FunctionFailure
      readonly durationMs: number
      readonly memoryKiB: number
    }
  /** The process ended before it had begun: another instance may take the invocation. */
  | { readonly status: 'not-begun' }

export interface InstanceTimes {
  /** A cancelled invocation has so long to end by itself; then the instance is killed. */
  readonly cancelGraceMs: number
  /** A drained instance has so long to end by itself after its last invocation. */
  readonly exitGraceMs: number
}

export const defaultInstanceTimes: InstanceTimes = { cancelGraceMs: 1_000, exitGraceMs: 2_000 }

interface Running {
  readonly requestId: string
  /** Answers whoever waits; harmless when nobody does any more. */
  readonly answer: (answer: Answer) => void
  readonly finished: () => void
  readonly startedAtMs: number
  timer: Disposable
}

/** One process of one function. Made by `boot.ts`, owned by a pool. */
export class Instance {
  readonly id: string
  readonly process: SandboxedProcess
  /** Its own writable folder, as it sees it. */
  readonly temporaryPath: string
  /** Resolves when the instance is `gone`. */
  readonly gone: Promise<Exit>
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #times: InstanceTimes
  readonly #running = new Map<number, Running>()
  readonly #gone = Promise.withResolvers<Exit>()
  #state: InstanceState = 'ready'
  #nextChannel = 1
  #memoryKiB = 0
  #begunChannel = Number.POSITIVE_INFINITY
  #initialization: ((failure: FunctionFailure | undefined) => void) | undefined
  #exitTimer: Disposable | undefined
  #connected = true
  #exit: Exit | undefined
  #killWhenAlone = false

  constructor(
    id: string,
    process: SandboxedProcess,
    temporaryPath: string,
    connection: Connection,
    clock: Clock,
    times: InstanceTimes,
  ) {
    this.id = id
    this.process = process
    this.temporaryPath = process.seenPath(temporaryPath)
    this.gone = this.#gone.promise
    this.#connection = connection
    this.#clock = clock
    this.#times = times
    void process.exited.then(exit => this.#onExit(exit))
  }

  get state(): InstanceState {
    return this.#state
  }

  /** Invocations that occupy the instance, cancelled ones included until they have ended. */
  get runningCount(): number {
    return this.#running.size
  }

  /** The request that output without a mark belongs to, when there can be no doubt. */
  get soleRequest(): string | undefined {
    if (this.#running.size !== 1) return undefined
    for (const running of this.#running.values()) return running.requestId
    return undefined
  }

  /** Loads the code and runs the initializer. Resolves with `undefined`, or with the reason; then the instance ends. */
  initialize(header: InitializeHeader, timeoutMs: number): Promise<FunctionFailure | undefined> {
    const startedAtMs = this.#clock.nowMs()
    if (this.#state !== 'ready') return Promise.resolve(this.#exitFailure(startedAtMs, ''))
    this.#state = 'initializing'
    return new Promise(resolve => {
      const timer = this.#clock.timer(timeoutMs, () => {
        this.#initialization?.(initializerTimedOut(timeoutMs))
        this.kill()
      })
      this.#initialization = failure => {
        timer[Symbol.dispose]()
        this.#initialization = undefined
        if (failure === undefined && this.#state === 'initializing') this.#state = 'idle'
        else this.drain()
        resolve(failure ?? (this.#state === 'idle' ? undefined : this.#exitFailure(startedAtMs, '')))
      }
      this.#connection.send(frameType.initialize, 0, header)
    })
  }

  /**
   * Runs one invocation. `finished` is called once, when it no longer occupies the instance: with the answer, or
   * later when the signal aborts, upon which the promise rejects at once. A time-out is an answer, and kills the
   * process group unless other invocations still run there; then as soon as they have ended.
   */
  invoke(
    header: InvokeHeader,
    payload: Uint8Array,
    timeoutMs: number,
    finished: () => void,
    signal: AbortSignal,
  ): Promise<Answer> {
    if (this.#state !== 'idle' && this.#state !== 'busy') {
      finished()
      return Promise.resolve({ status: 'not-begun' })
    }
    const channel = this.#nextChannel++
    this.#state = 'busy'
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        reject(signal.reason as Error)
        this.#cancel(channel)
      }
      const answer = (value: Answer): void => {
        signal.removeEventListener('abort', onAbort)
        resolve(value)
      }
      const timer = this.#clock.timer(timeoutMs, () => this.#expire(channel, timeoutMs))
      const { requestId } = header
      this.#running.set(channel, { requestId, answer, finished, startedAtMs: this.#clock.nowMs(), timer })
      this.#connection.send(frameType.invoke, channel, header, payload)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Takes no more; ends after the last invocation. */
  drain(): void {
    if (this.#state === 'gone' || this.#state === 'draining') return
    this.#state = 'draining'
    this.#connection.send(frameType.drain, 0)
    if (this.#running.size === 0) this.#expectExit()
  }

  /** Ends the process group at once. What still runs is answered as a process that ended. */
  kill(): void {
    if (this.#state === 'gone') return
    this.#state = 'draining'
    this.process.kill()
  }

  /** For `boot.ts`, which owns the connection's callbacks. */
  onFrame(frame: Frame): void {
    if (frame.type === frameType.result) this.#onResult(frame)
    else if (frame.type === frameType.error) this.#onError(frame)
    else if (frame.type === frameType.initialized) this.#onInitialized(frame)
    else if (frame.type === frameType.leaving) this.#begunChannel = frame.channel
    else if (frame.type !== frameType.pong) this.kill()
  }

  onDisconnected(): void {
    this.#connected = false
    if (this.#state !== 'gone') this.#state = 'draining'
    if (this.#exit === undefined) this.#expectExit()
    else this.#vanish(this.#exit)
  }

  #onExit(exit: Exit): void {
    this.#exit = exit
    if (this.#connected) {
      // What was sent before the end may still be on its way; whoever inherited the socket must not hold it open.
      this.#exitTimer?.[Symbol.dispose]()
      this.#exitTimer = this.#clock.timer(this.#times.exitGraceMs, () => this.#connection.destroy())
    } else this.#vanish(exit)
  }

  #vanish(exit: Exit): void {
    if (this.#state === 'gone') return
    this.#exitTimer?.[Symbol.dispose]()
    this.#state = 'gone'
    const how = exit.signal === null ? `, exit code: ${exit.code ?? '?'}` : `, signal: ${exit.signal}`
    this.#initialization?.(this.#exitFailure(this.#clock.nowMs(), how))
    for (const [channel, { startedAtMs }] of this.#running) {
      const durationMs = this.#clock.nowMs() - startedAtMs
      if (channel > this.#begunChannel) this.#finish(channel, { status: 'not-begun' })
      else {
        const failure = this.#exitFailure(startedAtMs, how)
        this.#finish(channel, { status: 'failed', failure, durationMs, memoryKiB: this.#memoryKiB })
      }
    }
    this.#gone.resolve(exit)
  }

  #exitFailure(startedAtMs: number, how: string): FunctionFailure {
    return exited(this.#clock.nowMs() - startedAtMs, this.#memoryKiB, how)
  }

  #onInitialized(frame: Frame): void {
    this.#memoryKiB = number(frame.header['memoryKiB'])
    this.#initialization?.(undefined)
  }

  #onResult(frame: Frame): void {
    const header = frame.header as Partial<ResultHeader>
    this.#memoryKiB = number(header.memoryKiB)
    this.#finish(frame.channel, {
      status: 'ok',
      payload: frame.payload,
      contentType: typeof header.contentType === 'string' ? header.contentType : undefined,
      durationMs: number(header.durationMs),
      memoryKiB: this.#memoryKiB,
    })
  }

  #onError(frame: Frame): void {
    const header = errorHeader(frame.header)
    if (header.memoryKiB !== undefined && header.memoryKiB > 0) this.#memoryKiB = header.memoryKiB
    const failure = failureFromCode(header)
    if (frame.channel === 0) this.#initialization?.(failure)
    else {
      const durationMs = header.durationMs ?? 0
      this.#finish(frame.channel, { status: 'failed', failure, durationMs, memoryKiB: this.#memoryKiB })
    }
  }

  /** An answer to a channel that is not running is passed over: it came after its time-out. */
  #finish(channel: number, answer: Answer): void {
    const running = this.#running.get(channel)
    if (running === undefined) return
    this.#running.delete(channel)
    running.timer[Symbol.dispose]()
    if (this.#state === 'busy' && this.#running.size === 0) this.#state = 'idle'
    if (this.#state === 'draining' && this.#running.size === 0) this.#expectExit()
    running.answer(answer)
    running.finished()
  }

  #expire(channel: number, timeoutMs: number): void {
    const durationMs = this.#clock.nowMs() - (this.#running.get(channel)?.startedAtMs ?? 0)
    const failure = timedOut(timeoutMs, this.#memoryKiB)
    this.#retire(channel, { status: 'failed', failure, durationMs, memoryKiB: this.#memoryKiB })
  }

  #cancel(channel: number): void {
    const running = this.#running.get(channel)
    if (running === undefined) return
    this.#connection.send(frameType.cancel, channel)
    running.timer[Symbol.dispose]()
    const expire = (): void => this.#retire(channel, { status: 'not-begun' })
    running.timer = this.#clock.timer(this.#times.cancelGraceMs, expire)
  }

  /** Ends an invocation whose code goes on: the instance cannot be used again, and is killed when it is alone. */
  #retire(channel: number, answer: Answer): void {
    if (this.#state !== 'gone') this.#state = 'draining'
    this.#killWhenAlone = true
    this.#finish(channel, answer)
  }

  #expectExit(): void {
    if (this.#killWhenAlone) {
      this.process.kill()
      return
    }
    this.#exitTimer ??= this.#clock.timer(this.#times.exitGraceMs, () => this.process.kill())
  }
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0
}

/** What the code's side says is not trusted: missing or wrong members get harmless values. */
function errorHeader(header: Readonly<Record<string, unknown>>): ErrorHeader {
  const { kind, errorType, errorMessage, stackTrace } = header
  return {
    kind: kind === 'handled' || kind === 'initialization' ? kind : 'unhandled',
    errorType: typeof errorType === 'string' ? errorType : 'Error',
    errorMessage: typeof errorMessage === 'string' ? errorMessage : '',
    stackTrace: Array.isArray(stackTrace) ? stackTrace : [],
    durationMs: number(header['durationMs']),
    memoryKiB: number(header['memoryKiB']),
  }
}
