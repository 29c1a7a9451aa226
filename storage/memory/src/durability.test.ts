import { describe, expect, test } from 'vitest'
import { type MemoryStorage, openStorage } from './index.ts'

const entry = (text: string) => ({ bytes: Buffer.from(text), acceptedAtMs: 1 })
const delivery = (position: number) => ({
  position,
  attempts: 0,
  dueAtMs: 0,
  enqueuedAtMs: 1,
  lane: undefined,
})

/** A store with three writes on three ports that are visible and not durable. */
async function threePending(): Promise<MemoryStorage> {
  const storage = await openStorage({ autoSync: false })
  await storage.log.append('log', [entry('durable')], 'relaxed')
  await storage.sync()
  await storage.log.append('log', [entry('pending')], 'relaxed')
  await storage.queue.commit({ put: [{ queue: 'q', delivery: delivery(1) }] })
  storage.documents.put('d', 1).catch(() => undefined)
  return storage
}

async function contents(storage: MemoryStorage): Promise<unknown> {
  return [
    (await storage.log.stat('log')).next - 1,
    (await storage.queue.stat('q')).pending,
    (await storage.documents.list('')).length,
  ]
}

describe('a crash', () => {
  test('keeps what was durable and the given number of later writes, in order across all ports', async () => {
    expect(await contents((await threePending()).crash())).toEqual([1, 0, 0])
    expect(await contents((await threePending()).crash(1))).toEqual([2, 0, 0])
    expect(await contents((await threePending()).crash(2))).toEqual([2, 1, 0])
    expect(await contents((await threePending()).crash(3))).toEqual([2, 1, 1])
  })

  test('ends the old store; the new one goes on with durable contents', async () => {
    const storage = await threePending()
    const waiting = Promise.allSettled([storage.log.append('log', [entry('never durable')])])
    const next = storage.crash(2)
    expect(await waiting).toMatchObject([{ status: 'rejected', reason: { code: 'storage.closed' } }])
    await expect(storage.log.stat('log')).rejects.toMatchObject({ code: 'storage.closed' })
    expect(next.pendingWrites).toBe(0)
    expect(await next.log.append('log', [entry('after')], 'relaxed')).toBe(3)
    expect(await contents(next.crash(0))).toEqual([2, 1, 0])
  })
})

describe('a sync', () => {
  test('makes writes durable that were made before it began, and no later ones', async () => {
    const releases: (() => void)[] = []
    const storage = await openStorage({ sync: () => new Promise(resolve => releases.push(resolve)) })
    let firstDone = false
    const first = storage.log.append('log', [entry('a')]).then(() => {
      firstDone = true
    })
    await expect.poll(() => releases.length).toBe(1)
    let secondDone = false
    const second = storage.log.append('log', [entry('b')]).then(() => {
      secondDone = true
    })
    releases[0]?.()
    await first
    expect([firstDone, secondDone, storage.pendingWrites]).toEqual([true, false, 1])
    await expect.poll(() => releases.length).toBe(2)
    releases[1]?.()
    await second
    expect(storage.pendingWrites).toBe(0)
  })

  test('relaxed writes resolve while it is held back, and readers see them', async () => {
    const storage = await openStorage({ sync: () => new Promise(() => undefined) })
    expect(await storage.log.append('log', [entry('a')], 'relaxed')).toBe(1)
    await storage.queue.commit({ put: [{ queue: 'q', delivery: delivery(1) }] })
    expect(await contents(storage)).toEqual([1, 1, 0])
  })

  test('that fails fails who waits for it and every later write, and keeps what was durable', async () => {
    let failing = false
    const storage = await openStorage({
      sync: () => (failing ? Promise.reject(new Error('disk')) : Promise.resolve()),
    })
    await storage.log.append('log', [entry('a')])
    failing = true
    await expect(storage.log.append('log', [entry('b')])).rejects.toMatchObject({ code: 'storage.failed' })
    failing = false
    await expect(storage.log.append('log', [entry('c')], 'relaxed')).rejects.toMatchObject({
      code: 'storage.failed',
    })
    expect(await contents(storage.crash())).toEqual([1, 0, 0])
  })
})

test('what beforeWrite throws goes to the caller, and nothing is written', async () => {
  let fault: Error | undefined
  const storage = await openStorage({
    beforeWrite: kind => {
      if (fault !== undefined && kind === 'append') throw fault
    },
  })
  fault = new Error('injected')
  await expect(storage.log.append('log', [entry('a')])).rejects.toThrow('injected')
  await storage.queue.commit({ put: [{ queue: 'q', delivery: delivery(1) }] })
  fault = undefined
  expect(await storage.log.append('log', [entry('a')])).toBe(1)
})

test('above bytesMax appends are refused with storage.full, commits a little later, and a trim makes room', async () => {
  const storage = await openStorage({ bytesMax: 1_600 })
  await storage.log.append('log', [{ bytes: new Uint8Array(1_600), acceptedAtMs: 1 }])
  await expect(storage.log.append('log', [entry('x')])).rejects.toMatchObject({ code: 'storage.full' })
  await storage.queue.commit({ put: [{ queue: 'q', delivery: delivery(1) }] })
  await expect(storage.queue.commit({ put: [{ queue: 'q', delivery: delivery(2) }] })).rejects.toMatchObject({
    code: 'storage.full',
  })
  await storage.log.trim('log', 2)
  await storage.log.append('log', [entry('x')])
  expect(await contents(storage)).toEqual([2, 1, 0])
})
