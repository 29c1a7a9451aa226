import { AppError } from '@millrace/spi'
import { FakeClock, seededRandom } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { actions, Comparison } from './model.fixture.ts'
import { account, noSignal, openQueues, QueueWall } from './queues.fixture.ts'

test('a queue does what the model does, whatever is done to it, through any number of crashes', async () => {
  await fc.assert(
    fc.asyncProperty(actions, async sequence => {
      let storage = await openStorage()
      const place = {
        get storage() {
          return storage
        },
        reopen() {
          // Only what was durable when somebody was answered is left.
          storage = storage.crash()
          return Promise.resolve()
        },
      }
      await new Comparison(place, new FakeClock()).run(sequence)
      await storage[Symbol.asyncDispose]()
    }),
    { numRuns: 300 },
  )
})

test('whoever sends and receives at once, what was accepted comes once, and what was refused never', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 6 }), async (seed, workers) => {
      const random = seededRandom(seed)
      const storage = await openStorage({
        beforeWrite: kind => {
          if (kind === 'append' && random.next() < 0.2) throw new AppError('storage.full', 'no room')
        },
      })
      const clock = new FakeClock()
      const wall = new QueueWall()
      wall.put('q')
      const queues = openQueues(storage, wall, clock, { turnMessagesMax: 5 })
      const [accepted, received]: [string[], string[]] = [[], []]
      const produce = async (worker: number): Promise<void> => {
        for (let count = 0; count < 10; count++) {
          const text = `${worker}/${count}`
          const message = { body: Buffer.from(text), priority: random.next() < 0.5 ? 1 : 16 }
          await queues.send(account, 'q', [message]).then(
            () => accepted.push(text),
            () => {},
          )
        }
      }
      const consume = async (): Promise<void> => {
        for (;;) {
          const options = { count: 1 + Math.floor(random.next() * 3), waitMs: 1_000 }
          const messages = await queues.receive(account, 'q', options, noSignal)
          if (messages.length === 0) return
          received.push(...messages.map(({ body }) => Buffer.from(body).toString()))
          const handles = messages.map(({ handle }) => handle)
          expect(await queues.delete(account, 'q', handles)).toEqual(handles.map(() => undefined))
        }
      }
      const consumers = Array.from({ length: workers }, consume)
      await Promise.all(Array.from({ length: workers }, (_, worker) => produce(worker)))
      await clock.advance(1_000)
      await Promise.all(consumers)
      expect(received.toSorted()).toEqual(accepted.toSorted())
      expect(await queues.stats(account, 'q')).toMatchObject({ active: 0, inactive: 0, bytes: 0 })
      await queues[Symbol.asyncDispose]()
      await storage[Symbol.asyncDispose]()
    }),
    { numRuns: 100 },
  )
})
