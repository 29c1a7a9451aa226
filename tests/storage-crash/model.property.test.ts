import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Delivery, NewEntry, QueueChange, Storage } from '@millrace/spi'
import { openStorage } from '@millrace/storage-lmdb'
import { openStorage as openMemory } from '@millrace/storage-memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEverything } from './everything.ts'

/** One random step. Those of a `together` step are called in one turn of the event loop. */
type Step =
  | { readonly kind: 'append'; readonly log: string; readonly entries: readonly NewEntry[] }
  | { readonly kind: 'trim'; readonly log: string; readonly before: number }
  | { readonly kind: 'commit'; readonly change: QueueChange }
  | { readonly kind: 'drop'; readonly queue: string }
  | {
      readonly kind: 'put'
      readonly key: string
      readonly value: number
      readonly expected: number | undefined
    }
  | { readonly kind: 'delete'; readonly key: string; readonly expected: number | undefined }
  | { readonly kind: 'together'; readonly steps: readonly Step[] }
  | { readonly kind: 'reopen' }

const logs = ['a', 'b', 'journal']
const queues = ['q', 'r']
const lanes = ['k', 'k2', 'l\u0000']
const keys = ['x/1', 'x/2', 'y']

/** Small enough that blocks are displaced. */
const cacheBytesMax = 2_000_000

const log = fc.constantFrom(...logs)
const queue = fc.constantFrom(...queues)
const position = fc.integer({ min: 1, max: 30 })
const entries = fc.array(
  fc.record({
    bytes: fc.oneof(
      { weight: 20, arbitrary: fc.uint8Array({ maxLength: 30 }) },
      {
        weight: 1,
        arbitrary: fc.integer({ min: 1, max: 250 }).map(fill => new Uint8Array(700_000).fill(fill)),
      },
    ),
    acceptedAtMs: fc.integer({ min: 0, max: 50 }),
  }),
  { maxLength: 8 },
)
const delivery: fc.Arbitrary<Delivery> = fc.record({
  position,
  attempts: fc.nat(5),
  dueAtMs: fc.constantFrom(0, 0, 0, 5, 5, 9.5, 20),
  enqueuedAtMs: fc.nat(1_000),
  lane: fc.constantFrom(undefined, undefined, undefined, ...lanes),
})
const change: fc.Arbitrary<QueueChange> = fc.record(
  {
    cursors: fc.array(fc.record({ name: queue, position }), { maxLength: 2 }),
    put: fc.array(fc.record({ queue, delivery }), { maxLength: 10 }),
    remove: fc.array(fc.record({ queue, position }), { maxLength: 10 }),
    journal: fc.array(fc.record({ log, entries }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
)
const expected = fc.constantFrom(undefined, undefined, 0, 1, 2)
const single: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), log, entries }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('commit' as const), change }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), queue }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key: fc.constantFrom(...keys),
      value: fc.nat(),
      expected,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), key: fc.constantFrom(...keys), expected }),
  },
)
const before = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constant(Number.POSITIVE_INFINITY))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: single },
  {
    weight: 4,
    arbitrary: fc
      .array(single, { minLength: 2, maxLength: 6 })
      .map(steps => ({ kind: 'together' as const, steps })),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('trim' as const), log, before }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
)

/** Calls the step on a store; resolves with what it resolved or the code it rejected with. */
async function call(storage: Storage, one: Step): Promise<unknown> {
  try {
    switch (one.kind) {
      case 'append':
        return await storage.log.append(one.log, one.entries)
      case 'trim':
        return await storage.log.trim(one.log, one.before)
      case 'commit':
        return await storage.queue.commit(one.change)
      case 'drop':
        return await storage.queue.drop(one.queue, [one.queue])
      case 'put':
        return await storage.documents.put(one.key, one.value, one.expected)
      case 'delete':
        return await storage.documents.delete(one.key, one.expected)
      case 'together':
        return await Promise.all(one.steps.map(each => call(storage, each)))
      case 'reopen':
        return undefined
    }
  } catch (error) {
    return (error as { readonly code: string }).code
  }
}

const everything = (storage: Storage): Promise<unknown> => readEverything(storage, { logs, queues, lanes })

/** What the driver and the model answer to a step. */
async function applyToBoth(driver: Storage, model: Storage, one: Step): Promise<readonly [unknown, unknown]> {
  if (one.kind !== 'trim') return [await call(driver, one), await call(model, one)]
  await call(driver, one)
  // The driver may keep a few entries more than it was asked to; the model is trimmed to what the driver kept.
  const { first, next } = await driver.log.stat(one.log)
  const before = await model.log.stat(one.log)
  await model.log.trim(one.log, first)
  const rightAmount = first <= Math.max(Math.min(one.before, next), before.first) && first >= before.first
  const emptied = one.before !== Number.POSITIVE_INFINITY || first === next
  return [
    { rightAmount, emptied },
    { rightAmount: true, emptied: true },
  ]
}

async function reopened(storage: Storage, path: string): Promise<Storage> {
  await storage[Symbol.asyncDispose]()
  return openStorage({ path, cacheBytesMax })
}

test('under random operations, alone and together, and reopenings the driver equals the memory model', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async steps => {
      const path = await mkdtemp(join(tmpdir(), 'millrace-property-'))
      const model = await openMemory()
      let driver: Storage = await openStorage({ path, cacheBytesMax })
      try {
        for (const each of steps) {
          if (each.kind === 'reopen') driver = await reopened(driver, path)
          const [found, wanted] = await applyToBoth(driver, model, each)
          expect(found).toEqual(wanted)
          expect(await everything(driver)).toEqual(await everything(model))
        }
      } finally {
        await driver[Symbol.asyncDispose]()
        await rm(path, { recursive: true })
      }
    }),
    { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 40) },
  )
}, 600_000)
