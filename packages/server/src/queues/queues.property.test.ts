import { FakeClock } from '@millrace/spi/conformance'
import { openStorage } from '@millrace/storage-memory'
import fc from 'fast-check'
import { test } from 'vitest'
import { actions, Comparison } from './model.fixture.ts'

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
