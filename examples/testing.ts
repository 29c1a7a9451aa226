import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { main, type Terminal } from '@millrace/cli'
import type { Client } from '@millrace/sdk'
import picocolors from 'picocolors'
import { ServerProcess } from '../tools/process/index.ts'

/** Longest wait for an event, in milliseconds: cold starts on a busy machine are far below. */
const eventWithinMs = 30_000

/** How often a condition is asked for, in milliseconds. */
const askEveryMs = 50

/** Messages of one request. */
const messagesMax = 16

/** A real server for the test of an example, with its state in a folder of its own, and the command line to it. */
export interface ExampleServer extends AsyncDisposable {
  readonly client: Client
  /** What a wiring that reaches the server over one of its own interfaces reads from the environment. */
  readonly settings: Readonly<Record<string, string>>
  /**
   * Runs `millrace ARGS…` against the server as a person would type it, and resolves with what it wrote. Throws, with
   * what it wrote, when it fails.
   */
  millrace(...args: string[]): Promise<string>
  /** Kills the server as a loss of power would, and starts it again on what is on the disk. */
  crash(): Promise<void>
}

/**
 * Starts a server; disposing of it ends the server and removes its folder. Streams and targets may read and write files
 * below `files`.
 */
export async function startExampleServer({ files }: { files?: string } = {}): Promise<ExampleServer> {
  await using started = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'millrace-example-'))
  started.defer(() => rm(folder, { recursive: true, force: true }))
  const allowed = files === undefined ? {} : { MILLRACE_FILE_ROOTS: files }
  const server = started.use(await ServerProcess.prepare(folder, allowed))
  await server.start()
  const kept = started.move()
  return {
    client: server.client(),
    settings: { ...server.credentials, MNS_ENDPOINT: server.url },
    async millrace(...args) {
      const { terminal, written } = keepingTerminal(server.credentials)
      const status = await main([...args, '--url', server.url], terminal)
      if (status !== 0) throw new Error(`millrace ${args.join(' ')} ended with ${status}: ${written()}`)
      return written()
    },
    async crash() {
      await server.kill()
      await server.start()
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Resolves when the condition holds, which is asked again and again; rejects when the signal aborts. */
export async function until(condition: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await condition())) await pause(askEveryMs, undefined, { signal })
}

/** Takes all messages that lie in a queue, and resolves with their texts. */
export async function takeTexts(client: Client, queue: string, signal: AbortSignal): Promise<string[]> {
  const texts: string[] = []
  for (;;) {
    const messages = await client.queues.receive(queue, { count: messagesMax, signal })
    if (messages.length === 0) return texts
    texts.push(...messages.map(({ body = '' }) => body))
    const handles = messages.map(({ handle }) => handle)
    await client.queues.deleteMessages(queue, handles)
  }
}

/** What the code of a function has written so far, without the lines of the platform. */
export async function logTexts(client: Client, name: string): Promise<string[]> {
  const lines = await client.functionLogs(name)
  return lines.filter(({ stream }) => stream !== 'platform').map(({ text }) => text)
}

/** What the code of a function has printed with `console.log`, sorted, without the head of each line. */
export async function printed(client: Client, name: string): Promise<string[]> {
  const texts = await logTexts(client, name)
  return texts.map(text => text.trimEnd().replace(/^.* \[info\] /, '')).toSorted()
}

/** The first event of a bus, however long ago it was published; waits for it. */
export async function firstEvent(client: Client, bus: string): Promise<Record<string, unknown>> {
  const events = client.events.tail(bus, { from: 1, signal: AbortSignal.timeout(eventWithinMs) })
  for await (const { event } of events) return event
  throw new Error(`the server closed before bus ${bus} had an event`)
}

/** A terminal that keeps what a command writes. */
function keepingTerminal(environment: Record<string, string>): { terminal: Terminal; written: () => string } {
  let text = ''
  const keep = (part: string | Uint8Array): void => {
    text += typeof part === 'string' ? part : Buffer.from(part).toString()
  }
  const terminal: Terminal = {
    out: keep,
    error: keep,
    colors: { ...picocolors.createColors(false), createColors: picocolors.createColors },
    isInteractive: false,
    environment,
    readInput: () => Promise.resolve(new Uint8Array()),
    readHidden: () => Promise.resolve(''),
    interrupted: () => new AbortController().signal,
  }
  return { terminal, written: () => text }
}
