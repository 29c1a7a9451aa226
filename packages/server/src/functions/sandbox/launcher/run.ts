import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { assert, type PluginLog } from '@millrace/spi'
import { Doorway } from './doorway.ts'
import type { End, Launched, LaunchRequest } from './launch.ts'
import type { News, Order } from './protocol.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))

/** It keeps next to nothing: the smaller it is, the quicker it forks. */
const nodeOptions = ['--max-semi-space-size=1', '--max-old-space-size=64']

/** What it has said last is told when it ends unasked. */
const lastWordsLengthMax = 500

/** Asked to end, it does so at once; after so long it is killed. */
const endMsMax = 2_000

export interface LauncherLimits {
  /** Starts that it has been asked for and has not answered. */
  readonly startsMax: number
  /** Characters of all that is said of one process. The kernel takes about so much. */
  readonly requestLengthMax: number
  /** When it has not answered for so long it is killed, and all its processes with it. */
  readonly answerMsMax: number
}

export const defaultLauncherLimits: LauncherLimits = {
  startsMax: 1_000,
  requestLengthMax: 2 * 1_024 * 1_024,
  answerMsMax: 10_000,
}

/** A process that was asked for, until it has ended. */
interface Start {
  readonly id: number
  readonly streams: Map<number, Socket>
  readonly wanted: number
  readonly started: PromiseWithResolvers<Launched>
  readonly ended: PromiseWithResolvers<End>
  /** Aborts when it is to have been answered. */
  readonly deadline: AbortSignal
  processId: number | undefined
  state: 'asked' | 'started'
  hasEnded: boolean
}

/** One run of the program that starts processes, from its start to its end. */
export class LauncherRun {
  readonly #child: ChildProcess
  readonly #doorway: Doorway
  readonly #log: PluginLog
  readonly #limits: LauncherLimits
  readonly #starts = new Map<number, Start>()
  readonly #gone = Promise.withResolvers<void>()
  #lastId = 0
  #unanswered = 0
  #lastWords = ''
  #isOver = false
  #isAsked = false

  private constructor(socketPath: string, doorway: Doorway, log: PluginLog, limits: LauncherLimits) {
    this.#doorway = doorway
    this.#limits = limits
    this.#log = log
    this.#child = fork(program, [socketPath], {
      execPath: process.execPath,
      execArgv: nodeOptions,
      cwd: '/',
      // A signal to the group of the server, as from a terminal, is not for it.
      detached: true,
      // By this the next server knows it, should it have outlived a killed one.
      env: { MILLRACE_SOCKET: socketPath },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.on('message', news => this.#take(news as News))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = `${this.#lastWords}${text}`.slice(-lastWordsLengthMax)
    })
    this.#child.once('exit', (code, signal) => this.#end(signal ?? `code ${code}`))
    this.#child.on('error', error => {
      // One that could not be started never exits; one that cannot be written to will.
      if (this.#child.pid === undefined) this.#end(error.message)
    })
  }

  /** `socketPath`: where the streams of processes come in; at most 107 bytes long, and removed at the end. */
  static async begin(socketPath: string, log: PluginLog, limits: LauncherLimits): Promise<LauncherRun> {
    let run: LauncherRun | undefined
    const doorway = await Doorway.open(socketPath, (id, descriptor, socket) => {
      if (run === undefined) socket.destroy()
      else run.#welcome(id, descriptor, socket)
    })
    run = new LauncherRun(socketPath, doorway, log, limits)
    return run
  }

  /** Whether it can be asked no more. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Of the program, `undefined` when it could not be started. */
  get processId(): number | undefined {
    return this.#child.pid
  }

  launch(request: LaunchRequest): Promise<Launched> {
    assert(!this.#isOver, 'a program that has ended is asked nothing')
    const refusal = this.#refusal(request)
    if (refusal !== undefined) return Promise.reject(new Error(refusal))
    const id = ++this.#lastId
    const start: Start = {
      id,
      streams: new Map(),
      wanted: request.descriptors.filter(({ kind }) => kind === 'stream').length,
      started: Promise.withResolvers(),
      ended: Promise.withResolvers(),
      deadline: AbortSignal.timeout(this.#limits.answerMsMax),
      processId: undefined,
      state: 'asked',
      hasEnded: false,
    }
    this.#unanswered++
    this.#starts.set(id, start)
    start.deadline.addEventListener('abort', this.kill)
    const order: Order = { id, ...request }
    // A channel that is broken is told by the exit.
    this.#child.send(order, () => {})
    return start.started.promise
  }

  #refusal(request: LaunchRequest): string | undefined {
    const { startsMax, requestLengthMax } = this.#limits
    if (this.#unanswered >= startsMax) return `${startsMax} starts are waiting for the launcher already`
    const { length } = JSON.stringify(request)
    if (length <= requestLengthMax) return undefined
    return `a start is described by ${length} characters; the launcher takes at most ${requestLengthMax}`
  }

  /** Ends the program, and with it all that it has started. Resolves when it has ended. Safe to call again. */
  async end(): Promise<void> {
    this.#isAsked = true
    if (this.#child.connected) this.#child.disconnect()
    const deadline = AbortSignal.timeout(endMsMax)
    deadline.addEventListener('abort', this.kill)
    await this.#gone.promise
    deadline.removeEventListener('abort', this.kill)
  }

  /** For one that does not answer. */
  readonly kill = (): void => {
    this.#child.kill('SIGKILL')
  }

  #take(news: News): void {
    const start = this.#starts.get(news.id)
    if (start === undefined) return
    if (news.kind === 'started') {
      start.processId = news.processId
      this.#settle(start)
    } else if (news.kind === 'failed') {
      this.#fail(start, Object.assign(new Error(news.message), news.code && { code: news.code }))
    } else {
      start.hasEnded = true
      start.ended.resolve({ code: news.code, signal: news.signal })
      this.#forget(start)
    }
  }

  /** A stream may come before or after the program has said that the process has started, or has ended. */
  #welcome(id: number, descriptor: number, socket: Socket): void {
    const start = this.#starts.get(id)
    if (start === undefined) {
      socket.destroy()
      return
    }
    start.streams.set(descriptor, socket)
    this.#settle(start)
  }

  #settle(start: Start): void {
    const { streams, wanted, processId, ended } = start
    if (start.state === 'started' || processId === undefined || streams.size < wanted) return
    start.state = 'started'
    this.#answered(start)
    start.started.resolve({
      processId,
      ended: ended.promise,
      stream(descriptor) {
        const stream = streams.get(descriptor)
        assert(stream !== undefined, 'only what was asked for as a stream is used as one')
        return stream
      },
    })
    this.#forget(start)
  }

  #fail(start: Start, reason: Error): void {
    this.#answered(start)
    this.#starts.delete(start.id)
    for (const socket of start.streams.values()) socket.destroy()
    start.started.reject(reason)
  }

  #answered({ deadline }: Start): void {
    deadline.removeEventListener('abort', this.kill)
    this.#unanswered--
  }

  /** What it wrote may come in after it has ended. */
  #forget({ id, state, hasEnded }: Start): void {
    if (state === 'started' && hasEnded) this.#starts.delete(id)
  }

  #end(how: string): void {
    if (this.#isOver) return
    this.#isOver = true
    if (!this.#isAsked) {
      this.#log.warn('the launcher of functions has ended; their instances end with it', {
        how,
        lastWords: this.#lastWords.trim(),
      })
    }
    for (const start of this.#starts.values()) {
      if (start.processId !== undefined && !start.hasEnded) killGroup(start.processId)
      if (start.state === 'asked') this.#fail(start, new Error(`the launcher has ended: ${how}`))
      else start.ended.resolve({ code: null, signal: 'SIGKILL' })
    }
    this.#starts.clear()
    void this.#doorway.close().then(() => this.#gone.resolve())
  }
}

/** What is tied to the life of the program has ended with it; the rest has a new parent, and its number still. */
function killGroup(processId: number): void {
  try {
    process.kill(-processId, 'SIGKILL')
  } catch {
    // All of the group have ended.
  }
}
