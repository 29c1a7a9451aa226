import { type ChildProcess, fork } from 'node:child_process'
import type { Readable } from 'node:stream'
import { CallRefused, ChildMissing } from './errors.ts'
import type { Reply, Request } from './protocol.ts'

/** Bytes of the end of the standard error that are kept to say why a child ended. */
const errorBytesMax = 4_096

interface Call {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

export interface LinkEvents {
  line(text: string): void
  /** Called once, when the process has ended; every call has been rejected before. */
  ended(reason: ChildMissing): void
}

/**
 * One child process, from its start to its end. The channel is Node's own: it closes with either process, so that the child
 * notices the death of its parent however that died.
 */
export class Link {
  readonly #child: ChildProcess
  readonly #events: LinkEvents
  readonly #calls = new Map<number, Call>()
  readonly #callsMax: number
  readonly #exited: Promise<void>
  #lastId = 0
  #errorText = ''
  #isEnded = false

  /** Starts the program. It gets no environment but a search path, for what a library may want to know of the machine. */
  constructor(program: URL, callsMax: number, events: LinkEvents) {
    this.#callsMax = callsMax
    this.#events = events
    this.#child = fork(program, [], {
      execPath: process.execPath,
      execArgv: [],
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.on('message', message => this.#take(message as Reply))
    this.#keepErrors(this.#child.stderr)
    this.#exited = new Promise(resolve => {
      const end = (how: string): void => {
        this.#end(how)
        resolve()
      }
      this.#child.once('exit', (code, signal) => end(signal === null ? `code ${code}` : `signal ${signal}`))
      this.#child.once('error', error => {
        // A process that could not be started never exits; one that cannot be written to will.
        if (this.#child.pid === undefined) end(error.message)
      })
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Rejects with `CallRefused`, `ChildMissing`, or the reason of the signal, of which the child then hears. */
  call(method: string, payload: unknown, signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      if (this.#isEnded) throw new ChildMissing('gone', 'the child process has ended')
      if (this.#calls.size >= this.#callsMax) {
        throw new ChildMissing('full', `${this.#calls.size} calls are under way; ${this.#callsMax} may be`)
      }
      const id = ++this.#lastId
      const onAbort = (): void => {
        this.#calls.delete(id)
        this.#send({ kind: 'cancel', id })
        reject(signal.reason as Error)
      }
      const settled = (): void => signal.removeEventListener('abort', onAbort)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#calls.set(id, {
        resolve: value => {
          settled()
          resolve(value)
        },
        reject: error => {
          settled()
          reject(error)
        },
      })
      this.#send({ kind: 'call', id, method, payload })
    })
  }

  /** Resolves when the process has ended, which it is asked to do. */
  async stop(): Promise<void> {
    this.#send({ kind: 'stop' })
    await this.#exited
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  #send(request: Request): void {
    // A channel that is closed tells so through the exit; the error of the single message adds nothing.
    if (this.#child.connected) this.#child.send(request, () => undefined)
  }

  #take(reply: Reply): void {
    if (reply.kind === 'line') {
      this.#events.line(reply.text)
      return
    }
    const call = this.#calls.get(reply.id)
    // A call that was cancelled may be answered all the same.
    if (call === undefined) return
    this.#calls.delete(reply.id)
    if (reply.kind === 'done') call.resolve(reply.value)
    else call.reject(new CallRefused(reply.fault))
  }

  #keepErrors(stream: Readable | null): void {
    stream?.setEncoding('utf8')
    stream?.on('data', (text: string) => {
      this.#errorText = (this.#errorText + text).slice(-errorBytesMax)
    })
  }

  #end(how: string): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const reason = new ChildMissing(
      'gone',
      `the child process ended with ${how}${lastWords(this.#errorText)}`,
    )
    for (const call of this.#calls.values()) call.reject(reason)
    this.#calls.clear()
    this.#events.ended(reason)
  }
}

/** The line of an uncaught error that names it; what stands around it is source text and stack. */
function lastWords(errorText: string): string {
  const line = errorText.split('\n').find(text => /^(Uncaught )?\w*(Error|Exception)\b/.test(text))
  return line === undefined ? '' : `: ${line.slice(0, 200)}`
}
