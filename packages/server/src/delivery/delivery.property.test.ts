import { AppError, ok } from '@millrace/spi'
import { FakeClock, seededRandom } from '@millrace/spi/conformance'
import { type MemoryStorage, openStorage } from '@millrace/storage-memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { failing, type Script, ScriptedSinks, TestEngine } from './engine.fixture.ts'

type Action =
  | { readonly kind: 'publish'; readonly keys: readonly number[] }
  | { readonly kind: 'pass'; readonly delayMs: number }
  | { readonly kind: 'crash'; readonly kept: number }
  | { readonly kind: 'stop' }
  /** Makes the rule `x`, which starts at the oldest event, or deletes it. */
  | { readonly kind: 'rule'; readonly isThere: boolean }
  | { readonly kind: 'replay' }

const action = (): fc.Arbitrary<Action> =>
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('publish' as const),
        keys: fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('pass' as const),
        delayMs: fc.constantFrom(1, 5, 15, 50, 700, 5_000, 30_000),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), kept: fc.nat(40) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'stop' as const }) },
  )

/** Actions that change what is delivered, besides. */
const change = (): fc.Arbitrary<Action> =>
  fc.oneof(
    { weight: 6, arbitrary: action() },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('rule' as const), isThere: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'replay' as const }) },
  )

const targets = [
  { sink: { function: 'plain' } },
  {
    sink: { function: 'ordered' },
    orderBy: '$.data.key',
    concurrencyMax: 4,
    deadLetter: { function: 'dlq' },
    retry: { strategy: 'CUSTOM', retriesMax: 2, delayMsMin: 100, delayMsMax: 1_000 },
  },
  { sink: { function: 'flaky' }, timeoutMs: 300, concurrencyMax: 2 },
  {
    sink: { function: 'outage' },
    deadLetter: { function: 'dlq' },
    retry: { strategy: 'CUSTOM', retriesMax: 3, delayMsMin: 100, delayMsMax: 2_000 },
  },
]
const targetIds = targets.map((_, index) => `t${index}`)

/** Sinks that fail, hang and throw by chance; the chance repeats with the seed. */
function chancySinks(seed: number): ScriptedSinks {
  const random = seededRandom(seed)
  const sinks = new ScriptedSinks()
  const chancy = (share: number): Script => {
    return () => {
      const drawn = random.next()
      if (drawn > share) return ok
      if (drawn < share / 6) return 'hang'
      return failing(drawn < share / 2 ? 'sink.rejected' : 'sink.throttled')
    }
  }
  sinks.scripts
    .set('plain', chancy(0.1))
    .set('ordered', chancy(0.4))
    .set('flaky', chancy(0.5))
    .set('dlq', chancy(0.3))
    // Down for 16 attempts in a row, which opens its circuit.
    .set('outage', (_, calls) => (calls % 50 < 16 ? failing('sink.unavailable') : ok))
  return sinks
}

/** How long a flush takes. Schedules pass less than that, so that crashes find writes that are not durable. */
const flushMs = 20

/**
 * Runs a schedule; afterwards lets everything come to its end. Returns the engine, and the keys of all events by
 * position: those that were acknowledged, and those that a crash happened to keep.
 */
async function run(
  seed: number,
  actions: readonly Action[],
): Promise<{ engine: TestEngine; keys: Map<number, number> }> {
  const clock = new FakeClock()
  const sinks = chancySinks(seed)
  const random = seededRandom(seed + 1)
  const acknowledged = new Set<number>()
  const sync = (): Promise<void> => new Promise(resolve => void clock.timer(flushMs, resolve))
  const open = (storage: MemoryStorage): Promise<TestEngine> =>
    during(clock, TestEngine.start({ storage, clock, sinks, random }))
  const faults = seededRandom(seed + 2)
  let isCalm = true
  const beforeWrite = (kind: string): void => {
    if (!isCalm && kind !== 'append' && faults.next() < 0.15) throw new AppError('storage.failed', 'scripted')
  }
  let engine = await open(await openStorage({ clock, sync, beforeWrite }))
  await during(clock, engine.bus('b'))
  await during(clock, engine.rule('b', 'r', targets))
  isCalm = false
  for (const step of actions) {
    if (step.kind === 'pass') await clock.advance(step.delayMs)
    else if (step.kind === 'publish') {
      engine.publish('b', ...step.keys.map(key => ({ key }))).then(
        first => step.keys.forEach((_, index) => acknowledged.add(first + index)),
        () => {},
      )
    } else if (step.kind === 'rule' || step.kind === 'replay') {
      // What a faulty storage refuses is not done, and that is all.
      alter(engine, step).catch(() => {})
    } else {
      const { storage } = engine
      if (step.kind === 'stop') await engine[Symbol.asyncDispose]()
      const kept = step.kind === 'stop' ? storage.pendingWrites : Math.min(step.kept, storage.pendingWrites)
      const next = storage.crash(kept)
      // The old process is gone; whatever it still tries comes to nothing.
      await engine[Symbol.asyncDispose]()
      isCalm = true
      engine = await open(next)
      isCalm = false
    }
  }
  isCalm = true
  for (let round = 0; round < 90; round++) await clock.advance(20_000)
  const keys = new Map<number, number>()
  for (const { position, bytes } of await engine.logs.read('acme/b', 1, { entriesMax: 1e6, bytesMax: 1e9 })) {
    keys.set(position, (JSON.parse(Buffer.from(bytes).toString()) as { data: { key: number } }).data.key)
  }
  for (const position of acknowledged) expect(keys.has(position)).toBe(true)
  return { engine, keys }
}

async function alter(engine: TestEngine, step: Action): Promise<void> {
  if (step.kind === 'replay')
    await engine.delivery.startReplay({ bus: 'acme/b', rule: 'r', targets: ['t0', 't1'] })
  else if (step.kind === 'rule' && step.isThere) {
    await engine.rule('b', 'x', [{ sink: { function: 'plain' }, orderBy: '$.data.key' }], { start: 'oldest' })
  } else await engine.resources.rules.delete('acme', 'b', 'x')
}

/** Moves time until a promise has come to its end. */
async function during<Result>(clock: FakeClock, promise: Promise<Result>): Promise<Result> {
  const state = { isPending: true }
  const watched = promise.finally(() => {
    state.isPending = false
  })
  for (let turn = 0; turn < 100 && state.isPending; turn++) await clock.advance(flushMs)
  return await watched
}

const schedule = fc.tuple(fc.nat(), fc.array(action(), { minLength: 1, maxLength: 12 }))

test('whatever fails and whenever it crashes, each accepted event ends exactly once for each target', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async ([seed, actions]) => {
      const { engine, keys } = await run(seed, actions)
      await using _engine = engine
      const endings = new Map<string, number>()
      for (const { position, target, ending } of await engine.journal('b')) {
        if (ending === undefined) continue
        const name = `${target}@${position}`
        endings.set(name, (endings.get(name) ?? 0) + 1)
      }
      const wanted = [...keys.keys()].flatMap(position =>
        targetIds.map(target => [`${target}@${position}`, 1]),
      )
      expect(Object.fromEntries(endings)).toEqual(Object.fromEntries(wanted))
      for (const target of targetIds) {
        expect((await engine.storage.queue.stat(`acme/b/r/${target}`)).pending).toBe(0)
      }
    }),
    { numRuns: 120 },
  )
})

test('deliveries of one key are first attempted, and end, in the order of their positions', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async ([seed, actions]) => {
      const { engine, keys } = await run(seed, actions)
      await using _engine = engine
      const firstAttempts = [...new Set(engine.sinks.positions('ordered'))]
      const endings = (await engine.journal('b')).filter(
        ({ target, ending }) => target === 't1' && ending !== undefined,
      )
      for (const positions of [firstAttempts, endings.map(({ position }) => position)]) {
        const lastOfKey = new Map<number, number>()
        for (const position of positions) {
          const key = keys.get(position) ?? -1
          expect(position).toBeGreaterThan(lastOfKey.get(key) ?? 0)
          lastOfKey.set(key, position)
        }
      }
    }),
    { numRuns: 100 },
  )
})

test('an attempt that repeats one before a crash is never numbered 1', async () => {
  await fc.assert(
    fc.asyncProperty(schedule, async ([seed, actions]) => {
      const { engine } = await run(seed, actions)
      await using _engine = engine
      const seen = new Set<string>()
      for (const { sink, event } of engine.sinks.writes) {
        const name = `${sink}@${event.millraceposition}`
        if (sink !== 'dlq' && seen.has(name)) expect(event.millraceattempt).toBeGreaterThan(1)
        seen.add(name)
      }
    }),
    { numRuns: 60 },
  )
})

test('rules and replays may come and go: nothing stays behind, and a new rule gets all of the past', async () => {
  const changing = fc.tuple(fc.nat(), fc.array(change(), { minLength: 1, maxLength: 16 }))
  await fc.assert(
    fc.asyncProperty(changing, async ([seed, actions]) => {
      const { engine, keys } = await run(seed, actions)
      await using _engine = engine
      for (const queue of ['acme/b/r/t0', 'acme/b/r/t1', 'acme/b/r/t2', 'acme/b/x/t0']) {
        expect([queue, (await engine.storage.queue.stat(queue)).pending]).toEqual([queue, 0])
      }
      for (const replay of await engine.delivery.replays('acme/b')) {
        expect(replay).toMatchObject({ state: 'done', deliveries: 0, matched: replay.to - replay.from })
      }
      const ended = new Set(
        (await engine.journal('b')).map(({ rule, ending, position }) => ending && `${rule}@${position}`),
      )
      const rules = engine.resources.snapshots.current().buses.get('acme/b')?.rules
      for (const position of keys.keys()) {
        for (const rule of rules?.keys() ?? []) expect(ended).toContain(`${rule}@${position}`)
      }
    }),
    { numRuns: 100 },
  )
})
