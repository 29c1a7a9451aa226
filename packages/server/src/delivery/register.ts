import type { Clock, Documents, PluginLog } from '@millrace/spi'
import { identityOf } from './identity.ts'
import { repeatUntilDone } from './repeat.ts'

/** Prefix of the documents that name the queues which may hold deliveries. */
const prefix = 'delivery/queue/'
const pageSize = 1_000

export interface RegisterParts {
  readonly documents: Documents
  readonly clock: Clock
  readonly log: PluginLog
}

/** The last thing that was asked for a queue, while it is under way. */
interface Step {
  readonly kind: 'add' | 'delete'
  readonly done: Promise<void>
}

/**
 * The names of all queues of targets that may hold deliveries, one document each. Queues cannot be listed in storage:
 * what is in none of these documents is found by nobody. Since writes become durable in their order, a document that
 * is written before the first delivery and deleted after the last one is there whenever a delivery is.
 */
export class QueueRegister {
  readonly #parts: RegisterParts
  readonly #signal: AbortSignal
  /** Queues whose document is stored. */
  readonly #stored = new Set<string>()
  readonly #steps = new Map<string, Step>()

  /** @param signal ends the repetition of what fails */
  constructor(parts: RegisterParts, signal: AbortSignal) {
    this.#parts = parts
    this.#signal = signal
  }

  /** Reads what the process before has left; returns the names. */
  async load(): Promise<string[]> {
    for (const queue of await registeredQueues(this.#parts.documents, '')) this.#stored.add(queue)
    return [...this.#stored]
  }

  /** Whether the document of a queue is stored, and is to stay. */
  has(queue: string): boolean {
    return this.#stored.has(queue) && !this.#steps.has(queue)
  }

  /** Resolves when the document of a queue is stored. Repeats what fails; rejects only when the signal aborts. */
  add(queue: string): Promise<void> {
    if (this.has(queue)) return Promise.resolve()
    const { rule, target } = identityOf(queue)
    return this.#step(queue, 'add', async () => {
      if (this.#stored.has(queue)) return
      await this.#parts.documents.put(prefix + queue, { rule, target })
      this.#stored.add(queue)
    })
  }

  /** Resolves when the document of a queue is deleted. Repeats what fails; rejects only when the signal aborts. */
  delete(queue: string): Promise<void> {
    return this.#step(queue, 'delete', async () => {
      await this.#parts.documents.delete(prefix + queue)
      this.#stored.delete(queue)
    })
  }

  /** One thing at a time for each queue, in the order in which they were asked for. */
  #step(queue: string, kind: Step['kind'], work: () => Promise<void>): Promise<void> {
    const before = this.#steps.get(queue)
    if (before?.kind === kind) return before.done
    const { clock, log } = this.#parts
    const repeated = (): Promise<void> =>
      repeatUntilDone(work, clock, this.#signal, ({ code }) => {
        log.warn('keeping the register of queues failed; it will be repeated', { queue, code })
      })
    const done = before === undefined ? repeated() : before.done.then(repeated)
    const step = { kind, done }
    this.#steps.set(queue, step)
    const end = (): void => {
      if (this.#steps.get(queue) === step) this.#steps.delete(queue)
    }
    done.then(end, end)
    return done
  }
}

/** Names of all queues that may hold deliveries and begin so, as the last process has left them. */
export async function registeredQueues(documents: Pick<Documents, 'list'>, begin: string): Promise<string[]> {
  const names: string[] = []
  let after: string | undefined
  for (;;) {
    const options = after === undefined ? { limit: pageSize } : { after, limit: pageSize }
    const page = await documents.list(prefix + begin, options)
    for (const { key } of page) names.push(key.slice(prefix.length))
    after = page.at(-1)?.key
    if (page.length < pageSize) return names
  }
}
