import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InstalledRuntime, LaunchPlan } from '../runtime.ts'
import {
  encodeFrame,
  type Frame,
  FrameReader,
  type FrameType,
  frameType,
  type InitializeHeader,
  type InvokeHeader,
} from '../runtime-protocol.ts'

/** Output that is kept for a look at it; a flood is counted, not kept. */
const outputBytesMax = 1_024 * 1_024

type Taker = { readonly wants: (frame: Frame) => boolean; readonly take: (frame: Frame) => void }

/**
 * The server's side of the runtime protocol in its plainest form, for the conformance suite: one real process, one
 * connection, everything that came. It has no time-outs of its own; those are the test runner's.
 */
export class RuntimeHost implements AsyncDisposable {
  readonly hello: Frame
  /** Resolves with exit code or signal. */
  readonly exited: Promise<number | string>
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #server: Server
  readonly #socket: Socket
  readonly #inbox: Inbox
  readonly #output: Output
  #channel = 0

  private constructor(parts: Parts, socket: Socket, inbox: Inbox, hello: Frame) {
    this.hello = hello
    this.exited = parts.exited
    this.#child = parts.child
    this.#folder = parts.folder
    this.#server = parts.server
    this.#output = parts.output
    this.#socket = socket
    this.#inbox = inbox
  }

  /** Starts the process and waits for its hello. */
  static async start(runtime: InstalledRuntime): Promise<RuntimeHost> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-runtime-'))
    const socketPath = join(folder, 's')
    const inbox = new Inbox()
    const server = createServer()
    const connected = new Promise<Socket>(resolve => server.once('connection', resolve))
    await new Promise<void>(resolve => server.listen(socketPath, resolve))
    const parts = { ...launch(runtime.launch({ memoryMiB: 256 }), folder, socketPath), folder, server }
    const socket = await Promise.race([connected, endedFirst(parts)])
    const reader = new FrameReader()
    socket.on('data', (chunk: Buffer) => {
      for (const frame of reader.push(chunk)) inbox.put(frame)
    })
    socket.on('error', () => {})
    const hello = await inbox.next(() => true)
    return new RuntimeHost(parts, socket, inbox, hello)
  }

  get processId(): number {
    return this.#child.pid ?? 0
  }

  /** Everything that was written to standard output and error so far, marks included. */
  get output(): string {
    return this.#output.text
  }

  get outputByteCount(): number {
    return this.#output.bytes
  }

  /** Resolves when the output has this text in it. */
  outputWith(text: string): Promise<void> {
    return this.#output.with(text)
  }

  /** Sends `initialize`; resolves with the frame that answers it. */
  initialize(header: InitializeHeader): Promise<Frame> {
    this.send(frameType.initialize, 0, header)
    return this.next(0, frameType.initialized, frameType.error)
  }

  /** Sends an invocation and returns its channel. */
  begin(payload: string | Uint8Array, header: Partial<InvokeHeader> = {}): number {
    const channel = ++this.#channel
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
    const deadlineMs = Number.MAX_SAFE_INTEGER
    this.send(frameType.invoke, channel, { requestId: `request-${channel}`, deadlineMs, ...header }, bytes)
    return channel
  }

  /** Resolves with the answer to an invocation. */
  answer(channel: number): Promise<Frame> {
    return this.next(channel, frameType.result, frameType.error)
  }

  invoke(payload: string | Uint8Array, header: Partial<InvokeHeader> = {}): Promise<Frame> {
    return this.answer(this.begin(payload, header))
  }

  /** Resolves with the first frame of one of the types on the channel that nobody has taken. */
  next(channel: number, ...types: FrameType[]): Promise<Frame> {
    return this.#inbox.next(frame => frame.channel === channel && types.includes(frame.type as FrameType))
  }

  send(type: FrameType, channel: number, header?: object, payload?: Uint8Array): void {
    for (const chunk of encodeFrame(type, channel, header, payload)) this.#socket.write(chunk)
  }

  /** Bytes as they are, for what breaks the protocol. */
  sendRaw(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  disconnect(): void {
    this.#socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    killGroup(this.processId)
    await this.exited
    this.#socket.destroy()
    this.#server.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

interface Parts {
  readonly child: ChildProcess
  readonly exited: Promise<number | string>
  readonly output: Output
  readonly folder: string
  readonly server: Server
}

/** As the contract has it: nothing is inherited but what the plan says, and a process group of its own. */
function launch(
  plan: LaunchPlan,
  folder: string,
  socketPath: string,
): Pick<Parts, 'child' | 'exited' | 'output'> {
  const child = spawn(plan.command, plan.args, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...plan.environment, MILLRACE_SOCKET: socketPath, TMPDIR: folder },
  })
  const output = new Output()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => output.add(chunk))
  }
  const exited = new Promise<number | string>(resolve => {
    child.on('exit', (code, signal) => resolve(signal ?? code ?? 0))
    child.on('error', error => resolve(error.message))
  })
  return { child, exited, output }
}

async function endedFirst({ exited, output }: Parts): Promise<never> {
  const how = await exited
  throw new Error(`the process ended (${how}) before it connected: ${output.text}`)
}

function killGroup(processId: number): void {
  try {
    process.kill(-processId, 'SIGKILL')
  } catch {
    // All of it has ended.
  }
}

/** Frames in the order of their arrival, until somebody wants them. */
class Inbox {
  readonly #frames: Frame[] = []
  readonly #takers: Taker[] = []

  put(frame: Frame): void {
    const index = this.#takers.findIndex(taker => taker.wants(frame))
    if (index === -1) this.#frames.push(frame)
    else this.#takers.splice(index, 1)[0]?.take(frame)
  }

  next(wants: (frame: Frame) => boolean): Promise<Frame> {
    const index = this.#frames.findIndex(wants)
    const found = index === -1 ? undefined : this.#frames.splice(index, 1)[0]
    if (found !== undefined) return Promise.resolve(found)
    return new Promise(take => this.#takers.push({ wants, take }))
  }
}

class Output {
  text = ''
  bytes = 0
  readonly #waiting: { readonly text: string; readonly resolve: () => void }[] = []

  add(chunk: Buffer): void {
    this.bytes += chunk.length
    if (this.text.length < outputBytesMax) this.text += chunk.toString()
    for (const waiter of this.#waiting) if (this.text.includes(waiter.text)) waiter.resolve()
  }

  with(text: string): Promise<void> {
    if (this.text.includes(text)) return Promise.resolve()
    return new Promise(resolve => this.#waiting.push({ text, resolve }))
  }
}
