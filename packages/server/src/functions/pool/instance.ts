import { type Clock, type Frame, type InitializeHeader, type ResultHeader, frameType } from '@millrace/spi'
import {
  exited,
  type FunctionFailure,
  failureFromCode,
  initializerTimedOut,
  resultTooLarge,
  timedOut,
} from '../failure.ts'
import type { Exit, SandboxedProcess } from '../sandbox/index.ts'
import { type Answer, countOf, parseErrorHeader, parseHead, type Usage } from './answer.ts'
import { AnswerParts, answerBytesMax } from './answer-parts.ts'
import { BusyTime } from './busy-time.ts'
import { type Call, cancelReason, reasonOf, type Running } from './call.ts'
import type { Connection } from './connection.ts'
import type { InstanceDuties } from './duties.ts'
import { Freezer } from './freezer.ts'

/**
 * The life of an instance:
 *
 *     ready ──initialize──▶ initializing ──▶ idle ⇄ busy ──▶ draining ──▶ gone
 *
 * Before `ready` it is booting: see `boot.ts`. `ready` has said hello and belongs to no function yet. `busy` runs at
 * least one invocation. `draining` takes no further ones and ends after the last; every state may go there. `gone`:
 * process and connection have ended, whatever was running has been answered. No state is entered twice but idle and
 * busy, and none is left for an earlier one. Whether the processes of an idle one stand still: see `freezer.ts`.
 */
export type InstanceState = 'ready' | 'initializing' | 'idle' | 'busy' | 'draining' | 'gone'

export interface InstanceTimes {
  /** A cancelled invocation has so long to end by itself; then the instance is killed. */
  readonly cancelGraceMs: number
  /** A drained instance has so long to end by itself after its last invocation. */
  readonly exitGraceMs: number
}

export const defaultInstanceTimes: InstanceTimes = { cancelGraceMs: 1_000, exitGraceMs: 2_000 }

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
  readonly #busyTime = new BusyTime()
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
  #isWell = true
  #duties: InstanceDuties | undefined
  #freezer: Freezer | undefined
  /** The pre-stop hook is running, as far as can be told from outside. */
  #stopping = false

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

  /** Whether it is fit for invocations, as far as its code is asked. */
  get isWell(): boolean {
    return this.#isWell
  }

  /** The request that output without a mark belongs to, when there can be no doubt. */
  get soleRequest(): string | undefined {
    if (this.#running.size !== 1) return undefined
    for (const running of this.#running.values()) return running.call.header.requestId
    return undefined
  }

  /** Loads the code and runs the initializer. Resolves with `undefined`, or with the reason; then the instance ends. */
  initialize(header: InitializeHeader, duties: InstanceDuties): Promise<FunctionFailure | undefined> {
    const startedAtMs = this.#clock.nowMs()
    if (this.#state !== 'ready') return Promise.resolve(this.#exitFailure(startedAtMs, ''))
    this.#state = 'initializing'
    this.#duties = duties
    const freezer = new Freezer(this.process, this.#connection, this.#clock, duties)
    const { initializerTimeoutMs } = duties
    return new Promise(resolve => {
      const timer = this.#clock.timer(initializerTimeoutMs, () => {
        this.#initialization?.(initializerTimedOut(initializerTimeoutMs))
        this.kill()
      })
      this.#initialization = failure => {
        timer[Symbol.dispose]()
        this.#initialization = undefined
        if (failure === undefined && this.#state === 'initializing') {
          this.#state = 'idle'
          this.#freezer = freezer
        } else this.drain()
        resolve(failure ?? (this.#state === 'idle' ? undefined : this.#exitFailure(startedAtMs, '')))
      }
      this.#connection.send(frameType.initialize, 0, header)
    })
  }

  /**
   * Runs one invocation. When the signal aborts the promise rejects at once, and the code is told to stop. A time-out
   * is an answer, and kills the process group unless other invocations still run there; then as soon as they ended.
   */
  invoke(call: Call, signal: AbortSignal): Promise<Answer> {
    if (this.#state !== 'idle' && this.#state !== 'busy') {
      call.finished()
      return Promise.resolve({ status: 'not-begun' })
    }
    this.#freezer?.wake()
    const channel = this.#nextChannel++
    const startedAtMs = this.#clock.nowMs()
    this.#busyTime.start(startedAtMs, this.#running.size)
    this.#state = 'busy'
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        reject(signal.reason as Error)
        this.#cancel(channel)
      }
      const answer = (value: Answer | Promise<Answer>): void => {
        signal.removeEventListener('abort', onAbort)
        resolve(value)
      }
      const timer = this.#clock.timer(call.timeoutMs, () => this.#expire(channel))
      this.#running.set(channel, { call, answer, startedAtMs, timer, parts: undefined, told: false })
      this.#duties?.journal.invocationBegan(call.header.requestId)
      this.#connection.send(frameType.invoke, channel, call.header, call.payload)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Lets an idle instance stand still, if its function wants that. For who knows that nothing comes at once. */
  rest(): void {
    if (this.#state === 'idle') this.#freezer?.rest()
  }

  /** Takes no more; ends after the last invocation and its pre-stop hook. */
  drain(): void {
    if (this.#state === 'gone' || this.#state === 'draining') return
    this.#state = 'draining'
    this.#freezer?.wake()
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
    else if (frame.type === frameType.head) this.#partsOf(frame.channel)?.onHead(parseHead(frame.header))
    else if (frame.type === frameType.data) this.#onData(frame)
    else if (frame.type === frameType.frozen) this.#freezer?.onFrozen(this.#state === 'idle')
    else if (frame.type === frameType.initialized) this.#onInitialized(frame)
    else if (frame.type === frameType.leaving) this.#onLeaving(frame)
    else if (frame.type === frameType.health) this.#isWell = frame.header['well'] === true
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
    this.#endHook()
    this.#freezer?.wake()
    for (const [channel, running] of this.#running) {
      if (channel > this.#begunChannel) this.#finish(channel, { status: 'not-begun' })
      else {
        const failure = this.#exitFailure(running.startedAtMs, how)
        this.#finish(channel, { status: 'failed', failure, ...this.#usage(running, undefined) })
      }
    }
    this.#gone.resolve(exit)
  }

  #exitFailure(startedAtMs: number, how: string): FunctionFailure {
    return exited(this.#clock.nowMs() - startedAtMs, this.#memoryKiB, how)
  }

  #onInitialized(frame: Frame): void {
    this.#memoryKiB = countOf(frame.header['memoryKiB'])
    this.#initialization?.(undefined)
  }

  #onLeaving(frame: Frame): void {
    this.#begunChannel = frame.channel
    this.#endHook()
  }

  #onResult(frame: Frame): void {
    const running = this.#running.get(frame.channel)
    if (running === undefined) return
    const header = frame.header as Partial<ResultHeader>
    this.#memoryKiB = countOf(header.memoryKiB)
    const { contentType } = header
    const { parts } = running
    const ok = {
      status: 'ok' as const,
      payload: frame.payload,
      contentType: typeof contentType === 'string' ? contentType : parts?.head?.contentType,
      head: parts?.head,
      ...this.#usage(running, countOf(header.durationMs)),
    }
    this.#finish(
      frame.channel,
      parts === undefined ? ok : parts.whole(frame.payload).then(payload => ({ ...ok, payload })),
    )
  }

  #onError(frame: Frame): void {
    const header = parseErrorHeader(frame.header)
    if (header.memoryKiB !== undefined && header.memoryKiB > 0) this.#memoryKiB = header.memoryKiB
    const failure = failureFromCode(header)
    const running = this.#running.get(frame.channel)
    if (frame.channel === 0) this.#initialization?.(failure)
    else if (running !== undefined) {
      const usage = this.#usage(running, header.durationMs ?? 0)
      this.#finish(frame.channel, { status: 'failed', failure, ...usage })
    }
  }

  #onData(frame: Frame): void {
    const running = this.#running.get(frame.channel)
    const verdict = this.#partsOf(frame.channel)?.onData(frame.payload)
    if (verdict === 'broken') this.kill()
    if (verdict !== 'too-large' || running === undefined) return
    const failure = resultTooLarge(answerBytesMax)
    this.#tell(running, failure)
    running.answer({ status: 'failed', failure, ...this.#usage(running, undefined) })
    this.#cancel(frame.channel)
  }

  #partsOf(channel: number): AnswerParts | undefined {
    const running = this.#running.get(channel)
    if (running === undefined) return undefined
    running.parts ??= new AnswerParts(
      running.call.stream,
      bytes => this.#connection.send(frameType.credit, channel, { bytes }),
      error => {
        running.answer(Promise.reject(error))
        this.#cancel(channel)
      },
    )
    return running.parts
  }

  /** `durationMs` is what the code's side has measured, if it answered. To be taken once for each invocation. */
  #usage(running: Running, durationMs: number | undefined): Usage {
    const nowMs = this.#clock.nowMs()
    const { startedAtMs } = running
    const measuredMs = durationMs ?? nowMs - startedAtMs
    const billedMs = this.#busyTime.end(nowMs, startedAtMs, this.#running.size - 1, measuredMs)
    return { durationMs: measuredMs, billedMs, memoryKiB: this.#memoryKiB }
  }

  /** An answer to a channel that is not running is passed over: it came after its time-out. */
  #finish(channel: number, answer: Answer | Promise<Answer>): void {
    const running = this.#running.get(channel)
    if (running === undefined) return
    this.#running.delete(channel)
    running.timer[Symbol.dispose]()
    if (this.#state === 'busy' && this.#running.size === 0) this.#state = 'idle'
    if (this.#state === 'draining' && this.#running.size === 0) this.#expectExit()
    this.#tell(running, 'failure' in answer ? answer.failure : undefined)
    running.answer(answer)
    running.call.finished()
  }

  #tell(running: Running, failure: FunctionFailure | undefined): void {
    if (running.told) return
    running.told = true
    this.#duties?.journal.invocationEnded(running.call.header.requestId, failure && reasonOf(failure))
  }

  #expire(channel: number): void {
    const running = this.#running.get(channel)
    if (running === undefined) return
    const failure = timedOut(running.call.timeoutMs, this.#memoryKiB)
    running.parts?.discard()
    this.#retire(channel, { status: 'failed', failure, ...this.#usage(running, undefined) })
  }

  #cancel(channel: number): void {
    const running = this.#running.get(channel)
    if (running === undefined) return
    running.parts?.discard()
    if (!running.told) {
      running.told = true
      const durationMs = this.#clock.nowMs() - running.startedAtMs
      const { requestId } = running.call.header
      this.#duties?.journal.invocationEnded(requestId, cancelReason(durationMs, this.#memoryKiB))
    }
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
    if (this.#exitTimer !== undefined) return
    const { preStopMs } = this.#duties ?? {}
    // The hook of code that has never been loaded does not run.
    const hookMs = this.#freezer === undefined || !this.#connected ? 0 : (preStopMs ?? 0)
    if (hookMs > 0) {
      this.#stopping = true
      this.#duties?.journal.hookBegan('PreStop')
    }
    this.#exitTimer = this.#clock.timer(this.#times.exitGraceMs + hookMs, () => this.process.kill())
  }

  #endHook(): void {
    if (!this.#stopping) return
    this.#stopping = false
    this.#duties?.journal.hookEnded('PreStop')
  }
}
