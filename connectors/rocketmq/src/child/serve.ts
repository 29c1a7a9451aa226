import type { Fault, Reply, Request } from './protocol.ts'

/** What a child process can do: one function for each call, `start` among them. */
export interface ChildService {
  readonly methods: Readonly<Record<string, (payload: unknown, signal: AbortSignal) => Promise<unknown>>>
  /** Says goodbye, when the parent asked for it. Everything under way has been cancelled by then. */
  readonly stop: () => Promise<void>
  /** Total. */
  readonly toFault: (thrown: unknown) => Fault
}

/** What of the process is used, so that a test can stand for it. */
export interface ParentChannel {
  readonly on: (event: 'message' | 'disconnect', listener: (message: unknown) => void) => void
  readonly send: (reply: Reply) => boolean
  readonly exit: () => void
}

/** A goodbye may take so long, in milliseconds; then the process exits all the same. */
const goodbyeMsMax = 2_000

/**
 * Answers the calls of the parent until it asks to stop, or is gone: then the process exits at once. Signals that reach
 * the whole group, as Ctrl-C in a terminal does, are left to the parent, which may want to finish first.
 *
 * Returns a way to write lines into the parent's log; they are dropped while the channel is full.
 */
export function serveParent(
  service: ChildService,
  channel: ParentChannel = ownChannel(),
): (text: string) => void {
  const underWay = new Map<number, AbortController>()
  let hasRoom = true
  const send = (reply: Reply): void => void (hasRoom = channel.send(reply))

  const answer = async ({ id, method, payload }: Extract<Request, { kind: 'call' }>): Promise<void> => {
    const abort = new AbortController()
    underWay.set(id, abort)
    try {
      const run = service.methods[method]
      if (run === undefined) throw new Error(`there is no method ${method}`)
      send({ kind: 'done', id, value: await run(payload, abort.signal) })
    } catch (thrown) {
      send({ kind: 'failed', id, fault: service.toFault(thrown) })
    } finally {
      underWay.delete(id)
    }
  }
  const stop = async (): Promise<void> => {
    AbortSignal.timeout(goodbyeMsMax).addEventListener('abort', () => channel.exit())
    for (const abort of underWay.values()) abort.abort(new Error('the process stops'))
    await service.stop().catch(() => undefined)
    channel.exit()
  }

  channel.on('disconnect', () => channel.exit())
  channel.on('message', message => {
    const request = message as Request
    if (request.kind === 'call') void answer(request)
    else if (request.kind === 'cancel') underWay.get(request.id)?.abort(new Error('nobody waits any more'))
    else void stop()
  })
  return text => {
    if (hasRoom) send({ kind: 'line', text })
    // The next reply tells anew whether there is room; a line is not worth waiting for it.
  }
}

function ownChannel(): ParentChannel {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  return {
    on: (event, listener) => void process.on(event, listener),
    send: reply => process.send?.(reply, undefined, {}, () => undefined) ?? false,
    exit: () => process.exit(0),
  }
}
