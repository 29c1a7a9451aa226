import { AppError, type Clock, type PluginLog, type Storage, toAppError } from '@millrace/spi'
import { busKey, type QueueView, type Snapshots } from '../resources/index.ts'
import { queueBusy, queueNotFound, messageInvalid } from './errors.ts'
import { peek } from './hand-out.ts'
import { type ChangedVisibility, changeHeld, deleteHeld } from './held.ts'
import { defaultQueueLimits, type QueueLimits, waitMsMax } from './limits.ts'
import { Mailbox, type MailboxParts } from './mailbox.ts'
import { messageBytes } from './message-code.ts'
import type { Message, NewMessage, QueueStats, ReceivedMessage } from './message.ts'
import { isWithin, sendOne, type SendOutcome } from './send.ts'
import { messageLog, Shelves } from './shelves.ts'
import type { Turn } from './turn.ts'
import { removeExpired, trim } from './upkeep.ts'
import { WaiterCount } from './waiters.ts'

/** Queues that one look at all counts tells of; further ones are left out. */
const scrapedQueuesMax = 1_000

export interface ReceiveOptions {
  /** Messages at most; 1 when absent. */
  readonly count?: number
  /** How long to wait for the first; that of the queue when absent. */
  readonly waitMs?: number
}

/**
 * The built-in queues: at least once, best-effort order by priority and by the time since when a message can be received.
 * Everything that is answered is durable, but a crash may shorten nothing and lose nothing: a message that was received and
 * not deleted comes back. All methods reject with `queue.not-found` when there is no such queue, with `queue.busy` when
 * too much waits, and with what storage says.
 */
export interface Queues extends AsyncDisposable {
  /** Takes up messages that are on their way to a dead letter, and removes old ones from then on. */
  start(): Promise<void>
  /** One outcome per message, in order; the accepted ones are durable. */
  send(account: string, queue: string, messages: readonly NewMessage[]): Promise<SendOutcome[]>
  /** Resolves as soon as there is one, with none when the time is over; rejects when the signal aborts. */
  receive(
    account: string,
    queue: string,
    options: ReceiveOptions,
    signal: AbortSignal,
  ): Promise<readonly ReceivedMessage[]>
  /** Those that could be received now, without receiving them. */
  peek(account: string, queue: string, count: number): Promise<Message[]>
  /** For each handle, why its message was not deleted. */
  delete(account: string, queue: string, handles: readonly string[]): Promise<(AppError | undefined)[]>
  /** Hides a received message, or puts off a delayed one, for so long from now on. */
  changeVisibility(
    account: string,
    queue: string,
    handle: string,
    visibilityMs: number,
  ): Promise<ChangedVisibility>
  stats(account: string, queue: string): Promise<QueueStats>
  /**
   * How many messages all queues hold, by key, for metrics: messages whose time has come since anything was last done with
   * their queue still count as they did. At most `scrapedQueuesMax` queues.
   */
  counts(): Promise<(readonly [key: string, counts: Omit<QueueStats, 'bytes'>])[]>
  /** Answers the receives that wait, and lets none wait from now on: whoever stops must not stay for them. */
  endWaiting(): void
  /** Removes all messages of a queue, by its key. Receives that wait end with `queue.not-found`. For the control plane. */
  empty(key: string): Promise<void>
}

export interface QueuesOptions {
  readonly storage: Pick<Storage, 'log' | 'queue'>
  readonly snapshots: Snapshots
  readonly clock: Clock
  readonly log: PluginLog
  readonly limits?: Partial<QueueLimits>
}

export function createQueues(options: QueuesOptions): Queues {
  return new StoredQueues(options)
}

class StoredQueues implements Queues {
  readonly #options: QueuesOptions
  readonly #limits: QueueLimits
  readonly #parts: MailboxParts
  readonly #mailboxes = new Map<string, Mailbox>()
  #waitingBytes = 0
  #cleaning: Promise<void> = Promise.resolve()
  #timer: Disposable | undefined
  #isStopped = false

  constructor(options: QueuesOptions) {
    const { storage, snapshots, clock, log } = options
    this.#options = options
    this.#limits = { ...defaultQueueLimits, ...options.limits }
    this.#parts = {
      log: storage.log,
      queue: storage.queue,
      clock,
      pluginLog: log,
      limits: this.#limits,
      waiterCount: new WaiterCount(this.#limits.waitersMax),
      view: key => snapshots.current().queues.get(key),
      forward: async (account, queue, message) => {
        const [outcome] = await this.send(account, queue, [message])
        if (outcome?.status === 'refused') throw outcome.error
      },
    }
  }

  async start(): Promise<void> {
    await this.#clean()
    this.#schedule()
  }

  async send(account: string, queue: string, messages: readonly NewMessage[]): Promise<SendOutcome[]> {
    const mailbox = this.#find(account, queue)
    this.#checkCount(messages.length)
    const bytes = messages.reduce((sum, message) => sum + messageBytes(message), 0)
    const { waitingBytesMax } = this.#limits
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > waitingBytesMax) {
      throw queueBusy('so many bytes of messages', waitingBytesMax)
    }
    this.#waitingBytes += bytes
    try {
      return await mailbox.run(async turn => {
        await this.#makeRoom(turn, bytes)
        return messages.map(message => sendOne(turn, message, mailbox.idOf))
      })
    } finally {
      this.#waitingBytes -= bytes
    }
  }

  async receive(
    account: string,
    queue: string,
    { count = 1, waitMs }: ReceiveOptions,
    signal: AbortSignal,
  ): Promise<readonly ReceivedMessage[]> {
    const mailbox = this.#find(account, queue)
    this.#checkCount(count)
    const wait = waitMs ?? this.#view(account, queue).spec.pollingWaitMs
    if (!isWithin(wait, 0, waitMsMax)) {
      throw messageInvalid(`a receive waits from 0 to ${waitMsMax} ms, not ${wait}`, {
        limit: waitMsMax,
        seen: wait,
      })
    }
    return await mailbox.receive(count, this.#isStopped ? 0 : wait, signal)
  }

  async peek(account: string, queue: string, count: number): Promise<Message[]> {
    const mailbox = this.#find(account, queue)
    this.#checkCount(count)
    return await mailbox.run(turn => peek(turn, count, mailbox.idOf))
  }

  async delete(
    account: string,
    queue: string,
    handles: readonly string[],
  ): Promise<(AppError | undefined)[]> {
    const mailbox = this.#find(account, queue)
    this.#checkCount(handles.length)
    return await mailbox.run(async turn => {
      const failures: (AppError | undefined)[] = []
      for (const handle of handles) {
        failures.push(
          await deleteHeld(turn, handle).then(
            () => undefined,
            (thrown: unknown) => toAppError(thrown),
          ),
        )
      }
      return failures
    })
  }

  async changeVisibility(
    account: string,
    queue: string,
    handle: string,
    visibilityMs: number,
  ): Promise<ChangedVisibility> {
    return await this.#find(account, queue).run(turn => changeHeld(turn, handle, visibilityMs))
  }

  async stats(account: string, queue: string): Promise<QueueStats> {
    const mailbox = this.#find(account, queue)
    const { shelves, logName } = mailbox
    await mailbox.settleDue()
    await mailbox.clean()
    return await mailbox.run(async () => {
      const { bytes } = await this.#options.storage.log.stat(logName)
      return { ...(await shelves.count()), bytes }
    })
  }

  async counts(): Promise<(readonly [string, Omit<QueueStats, 'bytes'>])[]> {
    const keys = [...this.#options.snapshots.current().queues.keys()].slice(0, scrapedQueuesMax)
    return await Promise.all(
      keys.map(async key => {
        const shelves = new Shelves(this.#options.storage.queue, key)
        await shelves.open()
        return [key, await shelves.count()] as const
      }),
    )
  }

  async empty(key: string): Promise<void> {
    const mailbox = this.#mailboxes.get(key) ?? new Mailbox(key, this.#parts)
    await mailbox.close(true)
    await mailbox.drop()
    this.#mailboxes.delete(key)
  }

  endWaiting(): void {
    this.#isStopped = true
    for (const mailbox of this.#mailboxes.values()) mailbox.endWaiting()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    this.#timer?.[Symbol.dispose]()
    await Promise.all([...this.#mailboxes.values()].map(mailbox => mailbox.close(false)))
    await this.#cleaning
  }

  #view(account: string, queue: string): QueueView {
    const view = this.#options.snapshots.current().queues.get(busKey(account, queue))
    if (view === undefined) throw queueNotFound(queue)
    return view
  }

  #find(account: string, queue: string): Mailbox {
    const { key } = this.#view(account, queue)
    const known = this.#mailboxes.get(key)
    if (known !== undefined) return known
    const mailbox = new Mailbox(key, this.#parts)
    this.#mailboxes.set(key, mailbox)
    return mailbox
  }

  #checkCount(count: number): void {
    const { batchMax } = this.#limits
    if (isWithin(count, 1, batchMax)) return
    throw messageInvalid(`one call has from 1 to ${batchMax} messages, not ${count}`, {
      limit: batchMax,
      seen: count,
    })
  }

  /** Throws `queue.full` when there is no room even without what is too old. */
  async #makeRoom(turn: Turn, bytes: number): Promise<void> {
    const { bytesMax } = turn.view.spec
    const { log, logName } = turn.parts
    const isRoom = async (): Promise<boolean> => (await log.stat(logName)).bytes + bytes <= bytesMax
    if (await isRoom()) return
    await trim(turn)
    if (await isRoom()) return
    // Room for those that come after this one.
    await removeExpired(turn, this.#limits)
    throw new AppError(
      'queue.full',
      `the queue holds ${bytesMax} bytes at most; delete messages, the oldest first`,
      { kind: 'after', delayMs: 1_000 },
      { details: { limit: bytesMax } },
    )
  }

  #schedule(): void {
    if (this.#isStopped) return
    const { clock, log } = this.#options
    this.#timer = clock.timer(this.#limits.cleanEveryMs, () => {
      this.#cleaning = this.#clean().catch((thrown: unknown) =>
        log.warn('queues could not be cleaned; the next turn tries again', { error: thrown }),
      )
      void this.#cleaning.finally(() => this.#schedule())
    })
  }

  /** Queue by queue, so that cleaning is never most of what is done. */
  async #clean(): Promise<void> {
    const { snapshots, storage } = this.#options
    for (const { key, account, name } of snapshots.current().queues.values()) {
      if (this.#isStopped) return
      const { first, next } = await storage.log.stat(messageLog(key))
      if (first === next || !snapshots.current().queues.has(key)) continue
      await this.#find(account, name).clean().catch(ignoreDeletion)
    }
  }
}

/** A queue that is deleted meanwhile needs no cleaning. */
function ignoreDeletion(thrown: unknown): void {
  if (thrown instanceof AppError && thrown.code === 'queue.not-found') return
  throw thrown
}
