import type { LogEntry, QueueView, Storage } from '@millrace/spi'

/** Names that a store is read by. */
export interface Names {
  readonly logs: readonly string[]
  readonly queues: readonly string[]
  readonly lanes: readonly string[]
}

const unlimited = { entriesMax: 1_000_000, bytesMax: 1_000_000_000 }
const times = [0, 10, 20, 30, 40, 50, 51]

/** All that the ports show of a store, in a form that can be compared. */
export async function readEverything(storage: Storage, names: Names): Promise<unknown> {
  const seen: Record<string, unknown> = {}
  for (const name of names.logs) seen[`log ${name}`] = await readLog(storage, name)
  for (const name of names.queues) seen[`queue ${name}`] = await readQueue(storage, name, names.lanes)
  seen['documents'] = await storage.documents.list('')
  return seen
}

async function readLog(storage: Storage, name: string): Promise<unknown> {
  const stat = await storage.log.stat(name)
  const spread = Array.from({ length: 12 }, (_, index) => stat.first - 2 + index * 5)
  return {
    stat,
    all: (await storage.log.read(name, 1, unlimited)).map(plain),
    some: (await storage.log.read(name, stat.first + 2, { entriesMax: 4, bytesMax: 40 })).map(plain),
    get: (await storage.log.get(name, spread)).map(plain),
    seek: await Promise.all(times.map(time => storage.log.seek(name, time))),
  }
}

async function readQueue(storage: Storage, name: string, lanes: readonly string[]): Promise<unknown> {
  const views: QueueView[] = [
    { kind: 'fresh', after: 0 },
    { kind: 'fresh', after: 12 },
    { kind: 'due', nowMs: 9 },
    { kind: 'due', nowMs: 100 },
    { kind: 'all', after: 7 },
    ...lanes.map(lane => ({ kind: 'lane' as const, lane })),
  ]
  const all = await storage.queue.read(name, { kind: 'all', after: 0 }, 1_000_000)
  const stat = await storage.queue.stat(name)
  return {
    stat,
    countedRight: stat.pending === all.length,
    cursor: await storage.queue.cursor(name),
    lanes: await storage.queue.lanes(name, 2),
    all,
    views: await Promise.all(views.map(view => storage.queue.read(name, view, 9))),
  }
}

function plain(entry: LogEntry | undefined): unknown {
  if (entry === undefined) return undefined
  const { position, bytes, acceptedAtMs } = entry
  return [position, acceptedAtMs, bytes.length, Buffer.from(bytes.subarray(0, 40)).toString('hex')]
}
