import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-lmdb'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { actions, Comparison } from './model.fixture.ts'
import { account, noSignal, openQueues, QueueWall } from './queues.fixture.ts'

test('a queue on disk does what the model does, whenever the store is opened again', async () => {
  await fc.assert(
    fc.asyncProperty(actions, async sequence => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-queues-'))
      let storage = await openStorage({ path: folder.path })
      const place = {
        get storage() {
          return storage
        },
        async reopen() {
          await storage[Symbol.asyncDispose]()
          storage = await openStorage({ path: folder.path })
        },
      }
      await new Comparison(place, new FakeClock()).run(sequence)
      await storage[Symbol.asyncDispose]()
    }),
    { numRuns: 15 },
  )
})

test('a long backlog is worked off without being held in memory', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'millrace-queues-'))
  await using storage = await openStorage({ path: folder.path })
  const wall = new QueueWall()
  wall.put('q')
  await using queues = openQueues(storage, wall, new FakeClock())
  const body = Buffer.alloc(1_000, 'x')
  const batch = Array.from({ length: 100 }, () => ({ body }))
  const count = 20_000
  for (let sent = 0; sent < count; sent += 1_000) {
    await Promise.all(Array.from({ length: 10 }, () => queues.send(account, 'q', batch)))
  }
  expect(await queues.stats(account, 'q')).toMatchObject({ active: count })
  let received = 0
  const consume = async (): Promise<void> => {
    for (;;) {
      const messages = await queues.receive(account, 'q', { count: 100 }, noSignal)
      if (messages.length === 0) return
      received += messages.length
      const handles = messages.map(({ handle }) => handle)
      expect((await queues.delete(account, 'q', handles)).filter(Boolean)).toEqual([])
    }
  }
  await Promise.all(Array.from({ length: 8 }, consume))
  expect(received).toBe(count)
  expect(await queues.stats(account, 'q')).toMatchObject({ active: 0, inactive: 0, bytes: 0 })
})
