import { ok } from '@millrace/spi'
import { seededRandom } from '@millrace/spi/conformance'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { idsOf, Oracle } from './oracle.fixture.ts'
import { failing, World } from './world.fixture.ts'

interface Scenario {
  readonly seed: number
  readonly isOrdered: boolean
  readonly partitions: number
  readonly policy: 'bury' | 'drop' | 'block'
  readonly isList: boolean
  readonly hasFunction: boolean
  readonly isDisturbed: boolean
  readonly sinkRecordsMax: number
  readonly windowMs: number
  readonly concurrencyMax: number
}

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  isOrdered: fc.boolean(),
  partitions: fc.integer({ min: 1, max: 4 }),
  policy: fc.constantFrom('bury', 'drop', 'block'),
  isList: fc.boolean(),
  hasFunction: fc.boolean(),
  isDisturbed: fc.boolean(),
  sinkRecordsMax: fc.constantFrom(1, 3, 1_000),
  windowMs: fc.constantFrom(0, 0, 2_000),
  concurrencyMax: fc.integer({ min: 1, max: 4 }),
})

const heldRecordsMax = 25

test('whatever fails, every record comes to one of its ends, in order, and none is committed before', async () => {
  await fc.assert(fc.asyncProperty(scenarios, simulate), { numRuns: 100 })
}, 120_000)

async function simulate(scenario: Scenario): Promise<void> {
  const { seed, isOrdered, partitions, sinkRecordsMax, isDisturbed } = scenario
  const limits = { heldRecordsMax, readRecordsMax: 8 }
  const options = { seed, isOrdered, partitions, sinkRecordsMax, limits, tasksMax: 2 }
  await using world = await World.open(options)
  const oracle = new Oracle(world, { isOrdered, mayDrop: scenario.policy === 'drop' })
  const random = seededRandom(seed + 1)
  const next = (): number => random.next()
  const weather = { isBad: true }
  world.sinks.isKept = false
  script(world, oracle, () => weather.isBad && random.next() < 0.25, next)
  world.put(specOf(scenario))
  await world.startNode()
  for (let step = 0; step < 30; step++) {
    feed(world, oracle, scenario, next)
    world.system.faults.read = random.next() < 0.2 ? 0.5 : 0
    world.system.faults.commit = random.next() < 0.2 ? 0.5 : 0
    world.system.faults.answer = isDisturbed && random.next() < 0.1 ? 0.5 : 0
    if (isDisturbed) await disturb(world, scenario, next)
    if (scenario.policy === 'block') await resume(world)
    await world.clock.advance(Math.floor(random.next() * 3_000))
    expect(oracle.broken).toEqual([])
  }
  weather.isBad = false
  Object.assign(world.system.faults, { read: 0, commit: 0, answer: 0 })
  // Nothing that goes on is started anew, for a start mends much.
  const { state } = await world.streams.status('acme', 's')
  if (state === 'paused') world.put(specOf(scenario))
  for (let turn = 0; turn < 200 && world.system.uncommitted > 0; turn++) {
    if (scenario.policy === 'block') await resume(world)
    await world.clock.advance(20_000)
  }
  expect(oracle.broken).toEqual([])
  expect(world.system.uncommitted).toBe(0)
  oracle.expectEnded()
  if (!isDisturbed && scenario.policy !== 'block') oracle.expectNoDuplicates()
  expect(world.system.heldMax).toBeLessThanOrEqual(heldRecordsMax)
}

function specOf({
  policy,
  isList,
  hasFunction,
  windowMs,
  concurrencyMax,
}: Scenario): Record<string, unknown> {
  return {
    pattern: { type: ['wanted'] },
    tasksMax: 2,
    concurrencyMax,
    payload: isList ? 'list' : 'each',
    batch: { countMax: 6, windowMs },
    functions: hasFunction ? [{ function: 'change' }] : [],
    onExhausted: policy === 'block' ? 'block' : 'continue',
    ...(policy === 'bury' ? { deadLetter: { connector: 'graves', options: {} } } : {}),
  }
}

/** Sinks that fail now and then: one record, all of a write, by hanging or by hearing nothing. */
function script(world: World, oracle: Oracle, fails: () => boolean, next: () => number): void {
  const { scripts } = world.sinks
  scripts.set('sink', records => {
    if (!fails() || next() > 0.2) return records.map(() => (fails() ? failing() : ok))
    oracle.failed(records.flatMap(idsOf))
    return next() < 0.5 ? 'hang' : 'deaf'
  })
  scripts.set('graves', records => (fails() ? records.map(() => failing()) : records.map(() => ok)))
  scripts.set('change', records =>
    records.map(record => {
      const events = JSON.parse(Buffer.from(record.body).toString()) as { id: string }[]
      const ids = idsOf(record)
      if (fails()) {
        oracle.failed(ids)
        return fails() ? { status: 'ok', reply: Buffer.from('no array') } : failing()
      }
      // By the event: a partition that went and came back may have one twice in a batch.
      const leaves = new Set(ids.filter(() => next() < 0.1))
      const kept = events.filter(event => !leaves.has(event.id))
      oracle.leftOut(ids.filter(id => !kept.some(event => event.id === id)))
      return { status: 'ok', reply: Buffer.from(JSON.stringify(kept)) }
    }),
  )
}

function feed(world: World, oracle: Oracle, { partitions, policy }: Scenario, next: () => number): void {
  const partition = Math.floor(next() * partitions)
  const count = Math.floor(next() * 8)
  const kind = next()
  // One that blocks for good would let nothing come to its end.
  const isFaulty = kind < 0.1 && policy !== 'block'
  const isWanted = kind < 0.8
  const ids = world.system.put(partition, count, { isFaulty, type: isWanted ? 'wanted' : 'other' })
  oracle.put(ids, isWanted, isFaulty)
  world.system.wake()
}

/** Kills, stops and starts processes, changes the document, lets partitions have other readers. */
async function disturb(world: World, scenario: Scenario, next: () => number): Promise<void> {
  const kind = next()
  if (kind < 0.08) world.killNode()
  else if (kind < 0.12) await world.stopNode()
  else if (kind < 0.16 && world.nodes < 2) await world.startNode()
  else if (kind < 0.2) world.put({ ...specOf(scenario), paused: next() < 0.5 })
  else if (kind < 0.5) world.system.rebalance()
  if (world.nodes === 0) await world.startNode()
}

async function resume(world: World): Promise<void> {
  const { state } = await world.streams.status('acme', 's')
  if (state === 'ready') await world.streams.resume('acme', 's')
}
