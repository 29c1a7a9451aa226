import type { Delivery, NewEntry, Storage } from '@millrace/spi'

/** Names that the operations use. */
export const names = { logs: ['a', 'b', 'journal'], queues: ['q', 'r'], lanes: ['k', 'l'] } as const

/**
 * Performs write number `index`; what it does follows from `seed` and `index` alone, so that the model in the other
 * process can repeat it. Every write carries its number to a place from which `lastWrite` reads it.
 */
export async function performWrite(storage: Storage, seed: number, index: number): Promise<void> {
  const random = generator(seed, index)
  const kind = Math.floor(random() * 10)
  if (kind < 4) {
    const log = random() < 0.5 ? 'a' : 'b'
    await storage.log.append(log, entriesOf(random, index), random() < 0.7 ? 'durable' : 'relaxed')
  } else if (kind < 9) {
    await storage.queue.commit(
      {
        cursors: [{ name: random() < 0.5 ? 'q' : 'r', position: index }],
        put: Array.from({ length: Math.floor(random() * 8) }, () => ({
          queue: random() < 0.5 ? 'q' : 'r',
          delivery: deliveryOf(random),
        })),
        remove: Array.from({ length: Math.floor(random() * 8) }, () => ({
          queue: random() < 0.5 ? 'q' : 'r',
          position: positionOf(random),
        })),
        journal: random() < 0.5 ? [{ log: 'journal', entries: entriesOf(random, index) }] : [],
      },
      random() < 0.3 ? 'durable' : 'relaxed',
    )
  } else {
    await storage.documents.put(`d${Math.floor(random() * 3)}`, index)
  }
}

/** The highest number that any write left its mark with. */
export async function lastWrite(storage: Storage): Promise<number> {
  let last = 0
  for (const log of names.logs) {
    const { next } = await storage.log.stat(log)
    const [entry] = await storage.log.get(log, [next - 1])
    if (entry !== undefined) last = Math.max(last, Number(Buffer.from(entry.bytes).toString().split(':')[0]))
  }
  for (const queue of names.queues) last = Math.max(last, (await storage.queue.cursor(queue)) ?? 0)
  for (const document of await storage.documents.list('d')) last = Math.max(last, Number(document.value))
  return last
}

function entriesOf(random: () => number, index: number): NewEntry[] {
  const size = random() < 0.02 ? 300_000 : Math.floor(random() * 600)
  return Array.from({ length: 1 + Math.floor(random() * 5) }, (_, entry) => ({
    bytes: Buffer.from(`${index}:${entry}:`.padEnd(size, 'x')),
    acceptedAtMs: Math.floor(random() * 50),
  }))
}

function deliveryOf(random: () => number): Delivery {
  const state = random()
  const put = { position: positionOf(random), attempts: 0, dueAtMs: 0, enqueuedAtMs: 1, lane: undefined }
  if (state < 0.6) return put
  if (state < 0.85) return { ...put, attempts: 1, dueAtMs: 1 + Math.floor(random() * 30) }
  return { ...put, lane: random() < 0.5 ? 'k' : 'l' }
}

function positionOf(random: () => number): number {
  return 1 + Math.floor(random() * 200)
}

/** A small generator (mulberry32) seeded by both numbers. */
export function generator(seed: number, index: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
