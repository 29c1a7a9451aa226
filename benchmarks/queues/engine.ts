import {
  createQueues,
  emptySnapshot,
  type Queues,
  type QueueView,
  type Snapshots,
} from '@millrace/server/engine'
import { type PluginLog, systemClock } from '@millrace/spi'
import { openStorage } from '@millrace/storage-lmdb'

const account = 'bench'
const queue = 'q'
const noSignal = new AbortController().signal
const log: PluginLog = { debug() {}, info() {}, warn() {}, error() {} }

/** One kind of traffic: so many at once send, and as many receive and delete. */
export interface Traffic {
  readonly workers: number
  /** Messages of one call. */
  readonly batch: number
  readonly bodyBytes: number
  readonly durationMs: number
}

export interface TrafficResult {
  /** Messages that were sent, received and deleted, each durable, per second. */
  readonly messagesPerSecond: number
  readonly rssBytes: number
}

/** A queue on the disk driver, in this process. */
export async function withQueues<Result>(
  path: string,
  run: (queues: Queues) => Promise<Result>,
): Promise<Result> {
  await using storage = await openStorage({ path })
  await using queues = createQueues({ storage, snapshots: oneQueue(), clock: systemClock, log })
  return await run(queues)
}

/** Sends, receives and deletes for a time; counts what was deleted. */
export async function drive(
  queues: Queues,
  { workers, batch, bodyBytes, durationMs }: Traffic,
): Promise<TrafficResult> {
  const messages = Array.from({ length: batch }, () => ({ body: Buffer.alloc(bodyBytes, 'x') }))
  const startedAtMs = performance.now()
  const isOver = (): boolean => performance.now() - startedAtMs > durationMs
  let deleted = 0
  const produce = async (): Promise<void> => {
    while (!isOver()) await queues.send(account, queue, messages)
  }
  const consume = async (): Promise<void> => {
    while (!isOver()) {
      const received = await queues.receive(account, queue, { count: batch, waitMs: 100 }, noSignal)
      if (received.length === 0) continue
      const failures = await queues.delete(
        account,
        queue,
        received.map(({ handle }) => handle),
      )
      deleted += failures.filter(failure => failure === undefined).length
    }
  }
  await Promise.all(Array.from({ length: workers }, () => [produce(), consume()]).flat())
  const seconds = (performance.now() - startedAtMs) / 1_000
  return { messagesPerSecond: deleted / seconds, rssBytes: process.memoryUsage.rss() }
}

/** Sends so many, and nobody receives them. */
export async function fill(queues: Queues, count: number, bodyBytes: number): Promise<void> {
  const batch = Array.from({ length: 100 }, () => ({ body: Buffer.alloc(bodyBytes, 'x') }))
  for (let sent = 0; sent < count; sent += 1_600) {
    await Promise.all(Array.from({ length: 16 }, () => queues.send(account, queue, batch)))
  }
}

function oneQueue(): Snapshots {
  const view: QueueView = {
    account,
    name: queue,
    key: `${account}/${queue}`,
    spec: {
      description: '',
      delayMs: 0,
      visibilityMs: 30_000,
      retentionMs: 345_600_000,
      pollingWaitMs: 0,
      messageBytesMax: 262_144,
      bytesMax: 10 * 1024 ** 3,
    },
    revision: 1,
    createdAtMs: 1,
    updatedAtMs: 1,
  }
  const snapshot = { ...emptySnapshot, queues: new Map([[view.key, view]]) }
  return { current: () => snapshot, subscribe: () => ({ [Symbol.dispose]: () => {} }) }
}
