import { AppError } from '@millrace/spi'
import { FakeClock, seededRandom } from '@millrace/spi/conformance'
import { type MemoryStorage, openStorage } from '@millrace/storage-memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { journalLog } from '../../resources/index.ts'
import { account, busy, CallEngine, callLog, during, failedBy, Outside, succeeded } from './calls.fixture.ts'
import { isFinal } from './task.ts'

type Action =
  | {
      readonly kind: 'call'
      readonly name: string
      readonly count: number
      readonly delayMs: number
      readonly id: number
    }
  | { readonly kind: 'pass'; readonly delayMs: number }
  | { readonly kind: 'crash'; readonly kept: number }
  | { readonly kind: 'stop' }
  | { readonly kind: 'stop-task'; readonly id: number }
  | { readonly kind: 'delete' }

const names = ['plain', 'tasks', 'doomed'] as const

const call = fc.record({
  kind: fc.constant('call' as const),
  name: fc.constantFrom(...names),
  count: fc.integer({ min: 1, max: 4 }),
  delayMs: fc.constantFrom(0, 0, 0, 700, 20_000),
  id: fc.nat(6),
})

const pass = fc.record({
  kind: fc.constant('pass' as const),
  delayMs: fc.constantFrom(1, 5, 15, 50, 700, 5_000, 30_000),
})

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: call },
  { weight: 4, arbitrary: pass },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), kept: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'stop' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop-task' as const), id: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'delete' as const }) },
)

/** How long a flush takes. Schedules pass less than that, so that crashes find writes that are not durable. */
const flushMs = 20

const setting = {
  retriesMax: 2,
  ageMsMax: 120_000,
  onSuccess: { bus: 'done' },
  onFailure: { bus: 'lost' },
}

/** Functions that fail by chance, have no room by chance, or for good; destinations that are away at times. */
function chancyOutside(clock: FakeClock, seed: number): Outside {
  const random = seededRandom(seed)
  const outside = new Outside(clock)
  outside.functions.put('plain', { LATEST: setting })
  outside.functions.put('tasks', { LATEST: { ...setting, tasks: true } })
  outside.functions.put('doomed', { LATEST: { ...setting, tasks: true } })
  for (const name of names) {
    outside.behaviours.set(name, () => {
      const drawn = random.next()
      if (drawn < 0.02) return 'hang'
      if (drawn < 0.2) return busy
      const result = drawn < 0.5 ? failedBy('chance') : succeeded('ok')
      if (random.next() < 0.5) return result
      return new Promise(resolve => void clock.timer(300, () => resolve(result)))
    })
  }
  const away = new AppError('sink.unavailable', 'away', { kind: 'backoff' })
  outside.destination = () => (random.next() < 0.3 ? { status: 'failed', error: away } : { status: 'ok' })
  return outside
}

interface Run {
  readonly engine: CallEngine
  /** Calls that were acknowledged, by request id. */
  readonly accepted: ReadonlyMap<string, { readonly name: string; readonly taskId: string | undefined }>
  readonly isDeleted: boolean
}

/** Runs a schedule; afterwards lets everything come to its end. */
async function run(seed: number, actions: readonly Action[]): Promise<Run> {
  const clock = new FakeClock()
  const outside = chancyOutside(clock, seed)
  const random = seededRandom(seed + 1)
  const accepted = new Map<string, { name: string; taskId: string | undefined }>()
  const sync = (): Promise<void> => new Promise(resolve => void clock.timer(flushMs, resolve))
  const open = (storage: MemoryStorage): Promise<CallEngine> =>
    during(clock, CallEngine.start({ storage, clock, outside, random }), flushMs)
  let engine = await open(await openStorage({ clock, sync }))
  let isDeleted = false
  for (const step of actions) {
    if (step.kind === 'pass') await clock.advance(step.delayMs)
    else if (step.kind === 'call') makeCalls(engine, step, accepted)
    else if (step.kind === 'stop-task') {
      engine.calls.tasks.stop(account, 'tasks', `t-${step.id}`).catch(() => {})
    } else if (step.kind === 'delete') {
      if (!isDeleted) outside.functions.delete('doomed')
      isDeleted = true
    } else {
      const { storage } = engine
      if (step.kind === 'stop') await engine[Symbol.asyncDispose]()
      const kept = step.kind === 'stop' ? storage.pendingWrites : Math.min(step.kept, storage.pendingWrites)
      const next = storage.crash(kept)
      // The old process is gone; whatever it still tries comes to nothing.
      await engine[Symbol.asyncDispose]()
      engine = await open(next)
    }
  }
  // A restart frees what hangs; then the functions mend, and time for all retries passes.
  await engine[Symbol.asyncDispose]()
  const before = outside.behaviours.get('plain')
  for (const name of names) {
    outside.behaviours.set(name, (made, count) => {
      const answer = before?.(made, count) ?? succeeded('ok')
      return answer === 'hang' ? succeeded('ok') : answer
    })
  }
  engine = await open(engine.storage.crash(engine.storage.pendingWrites))
  for (let round = 0; round < 120; round++) await clock.advance(20_000)
  return { engine, accepted, isDeleted }
}

function makeCalls(
  engine: CallEngine,
  step: Action & { readonly kind: 'call' },
  accepted: Map<string, { name: string; taskId: string | undefined }>,
): void {
  const { name, delayMs } = step
  for (let index = 0; index < step.count; index++) {
    const options = name === 'tasks' ? { delayMs, taskId: `t-${step.id}` } : { delayMs }
    engine.calls.call(account, name, Buffer.from('x'), options).then(
      ({ requestId, taskId }) => accepted.set(requestId, { name, taskId }),
      () => {},
    )
  }
}

/** Endings of calls, by request id. */
async function endings(engine: CallEngine): Promise<Map<string, string[]>> {
  const limits = { entriesMax: 1e6, bytesMax: 1e9 }
  const requestIds = new Map<number, string>()
  for (const { position, bytes } of await engine.storage.log.read(callLog, 1, limits)) {
    const event = JSON.parse(Buffer.from(bytes).toString()) as { type: string; id: string }
    if (event.type === 'millrace.function.called') requestIds.set(position, event.id)
  }
  const found = new Map<string, string[]>([...requestIds.values()].map(id => [id, []]))
  for (const { bytes } of await engine.storage.log.read(journalLog(callLog), 1, limits)) {
    const { position, ending } = JSON.parse(Buffer.from(bytes).toString()) as {
      position: number
      ending?: string
    }
    const requestId = requestIds.get(position)
    if (ending !== undefined && requestId !== undefined) found.get(requestId)?.push(ending)
  }
  return found
}

/** Request ids that a destination was told of. */
function told(engine: CallEngine, destination: string): Set<string> {
  const events = engine.outside.told.filter(outcome => outcome.destination === destination)
  return new Set(
    events.map(
      ({ event }) => (event['data'] as { requestContext: { requestId: string } }).requestContext.requestId,
    ),
  )
}

test('whenever it crashes, each accepted call ends exactly once, and its destination or its task says how', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(action, { minLength: 1, maxLength: 14 }), async (seed, actions) => {
      const { engine, accepted, isDeleted } = await run(seed, actions)
      await using _engine = engine
      const ended = await endings(engine)
      const done = told(engine, 'done')
      const lost = told(engine, 'lost')
      for (const [requestId, found] of ended) expect([requestId, found.length]).toEqual([requestId, 1])
      for (const [requestId, { name, taskId }] of accepted) {
        const ending = ended.get(requestId)?.[0]
        const mayBeDropped = name === 'doomed' && isDeleted
        expect(ending === 'dropped' ? mayBeDropped : ending !== undefined).toBe(true)
        if (ending === 'dead-lettered' && !mayBeDropped) expect(lost).toContain(requestId)
        if (mayBeDropped) continue
        if (taskId === undefined) {
          if (ending === 'delivered') expect(done).toContain(requestId)
          continue
        }
        const { status } = await engine.calls.tasks.get(account, name, taskId)
        expect(ending === 'delivered' ? ['Succeeded', 'Stopped'] : ['Failed', 'Expired']).toContain(status)
        if (status === 'Succeeded') expect(done).toContain(requestId)
      }
      for await (const { value } of documents(engine)) {
        const task = value as { taskId: string; status: 'Failed' }
        expect([task.taskId, task.status, isFinal(task)]).toEqual([task.taskId, task.status, true])
      }
    }),
    { numRuns: 150 },
  )
}, 120_000)

async function* documents(engine: CallEngine): AsyncGenerator<{ readonly value: unknown }> {
  yield* await engine.storage.documents.list('call-task/')
}
