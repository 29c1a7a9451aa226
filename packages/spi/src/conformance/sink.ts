import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { Connector, ConnectorContext, Sink, SinkDefinition } from '../connector.ts'
import { optionsParser } from '../options.ts'
import type { Outcome } from '../outcome.ts'
import { measureCase, optionCases } from './connector-options.ts'
import { FakeClock } from '../fake-clock.ts'
import { handles, handlesBeyond } from './handles.ts'
import { seededRandom } from './seeded-random.ts'
import { outgoing, type SinkBehaviour, type SinkFactory, type SinkFixture } from './sink-fixture.ts'

export { outgoing, type SinkBehaviour, type SinkFactory, type SinkFixture } from './sink-fixture.ts'

/** Cases that a connector cannot pass, by name, each with the reason; they are counted as skipped. */
export type SinkSkips = Readonly<Partial<Record<SinkCaseName, string>>>

export type SinkCaseName = keyof typeof sinkCases

/**
 * Declares the conformance suite of the sink contract: every sentence of it is a case, and each case has a
 * connector, an external system and a clock of its own.
 */
export function sinkSuite(
  name: string,
  connector: Connector,
  factory: SinkFactory,
  skips: SinkSkips = {},
): void {
  describe(`sink contract: ${name}`, () => {
    const definition = definitionOf(connector)
    optionCases(definition.options, connector.system)
    measureCase(definition.recordsMax)
    for (const [clause, { behaviour, run }] of Object.entries<SinkCase>(sinkCases)) {
      const reason = Object.entries(skips).find(([skipped]) => skipped === clause)?.[1]
      test.skipIf(reason !== undefined)(
        reason === undefined ? clause : `${clause} (skipped: ${reason})`,
        async () => {
          await using fixture = await factory(behaviour ?? {})
          await run(newHarness(fixture))
        },
      )
    }
  })
}

interface SinkCase {
  readonly behaviour?: SinkBehaviour
  readonly run: (harness: Harness) => Promise<void>
}

/** What a case works with. */
interface Harness {
  readonly fixture: SinkFixture
  readonly clock: FakeClock
  readonly recordsMax: number
  readonly open: () => Sink
}

const sinkCases = {
  'opening and disposing without a write touches nothing': {
    run: async ({ open, fixture, clock }) => {
      const sink = open()
      await sink[Symbol.asyncDispose]()
      expect(await fixture.accepted()).toEqual([])
      expect(clock.pending).toBe(0)
    },
  },
  'a written record arrives, and its outcome says so': {
    run: async ({ open, fixture }) => {
      await using sink = open()
      const outcomes = await sink.write([outgoing('a')], never())
      expect(outcomes).toMatchObject([{ status: 'ok' }])
      expect(await fixture.accepted()).toEqual(['a'])
    },
  },
  'an empty batch has no outcomes': {
    run: async ({ open, fixture }) => {
      await using sink = open()
      expect(await sink.write([], never())).toEqual([])
      expect(await fixture.accepted()).toEqual([])
    },
  },
  'each record has its own outcome, in the order of the input': {
    behaviour: { failing: ['b1', 'b4'] },
    run: async ({ open, fixture, recordsMax }) => {
      await using sink = open()
      const ids = ['b0', 'b1', 'b2', 'b3', 'b4', 'b5']
      const outcomes: Outcome[] = []
      for (let i = 0; i < ids.length; i += recordsMax) {
        const records = ids.slice(i, i + recordsMax).map(id => outgoing(id))
        const written = await sink.write(records, never())
        expect(written).toHaveLength(records.length)
        outcomes.push(...written)
      }
      expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'failed', 'ok', 'ok', 'failed', 'ok'])
      expect((await fixture.accepted()).toSorted()).toEqual(['b0', 'b2', 'b3', 'b5'])
    },
  },
  'a failed write is an outcome with a code, a sentence and a verdict, not an exception': {
    behaviour: { failing: ['bad'] },
    run: async ({ open }) => {
      await using sink = open()
      expect(await sink.write([outgoing('bad')], never())).toMatchObject([
        {
          status: 'failed',
          error: {
            name: 'AppError',
            code: expect.stringMatching(/^[a-z-]+\.[a-z-]+$/),
            message: expect.stringMatching(/./),
            retry: { kind: expect.stringMatching(/^(never|backoff|after)$/) },
          },
        },
      ])
    },
  },
  'a message or detail never holds what the event holds': {
    behaviour: { failing: ['bad'] },
    run: async ({ open }) => {
      await using sink = open()
      const event = new TextEncoder().encode(
        '{"specversion":"1.0","id":"bad","source":"/s","type":"t","data":"hush-hush"}',
      )
      const [outcome] = await sink.write([outgoing('bad', { event, body: event })], never())
      const error = outcome?.status === 'failed' ? outcome.error : undefined
      const shown = JSON.stringify([outcome?.detail, error?.message, error?.details])
      expect(shown).not.toContain('hush-hush')
    },
  },
  'a detail is a few words': {
    behaviour: { failing: ['bad'] },
    run: async ({ open }) => {
      await using sink = open()
      for (const id of ['good', 'bad']) {
        const [outcome] = await sink.write([outgoing(id)], never())
        expect((outcome?.detail ?? '').length).toBeLessThanOrEqual(200)
      }
    },
  },
  'one failure leaves the sink usable': {
    behaviour: { failing: ['bad'] },
    run: async ({ open, fixture }) => {
      await using sink = open()
      await sink.write([outgoing('bad')], never())
      expect(await sink.write([outgoing('good')], never())).toMatchObject([{ status: 'ok' }])
      expect(await fixture.accepted()).toEqual(['good'])
    },
  },
  'a signal that has aborted before rejects with its reason, and nothing is sent': {
    run: async ({ open, fixture }) => {
      await using sink = open()
      const reason = new Error('too late')
      await expect(sink.write([outgoing('a')], AbortSignal.abort(reason))).rejects.toBe(reason)
      expect(await fixture.accepted()).toEqual([])
    },
  },
  'a signal that aborts while a write waits rejects it with its reason, and the work is given up': {
    behaviour: { hanging: ['hangs'] },
    run: async ({ open, fixture }) => {
      await using sink = open()
      const abort = new AbortController()
      const write = sink.write([outgoing('hangs')], abort.signal)
      await Promise.race([fixture.begun('hangs'), write])
      const reason = new Error('time is up')
      abort.abort(reason)
      await expect(write).rejects.toBe(reason)
      await fixture.givenUp('hangs')
      expect(await fixture.accepted()).toEqual([])
    },
  },
  'after an aborted write the sink is usable': {
    behaviour: { hanging: ['hangs'] },
    run: async ({ open, fixture }) => {
      await using sink = open()
      const abort = new AbortController()
      const write = sink.write([outgoing('hangs')], abort.signal)
      await Promise.race([fixture.begun('hangs'), write])
      abort.abort(new Error('time is up'))
      await expect(write).rejects.toThrow('time is up')
      expect(await sink.write([outgoing('next')], never())).toMatchObject([{ status: 'ok' }])
      expect(await fixture.accepted()).toEqual(['next'])
    },
  },
  'writes run beside each other: one that hangs does not hold up the others': {
    behaviour: { hanging: ['hangs'] },
    run: async ({ open, fixture }) => {
      await using sink = open()
      const abort = new AbortController()
      const hanging = sink.write([outgoing('hangs')], abort.signal)
      await Promise.race([fixture.begun('hangs'), hanging])
      const ids = Array.from({ length: 20 }, (_, i) => `c${i}`)
      const outcomes = await Promise.all(ids.map(id => sink.write([outgoing(id)], never())))
      expect(outcomes.flat().map(({ status }) => status)).toEqual(ids.map(() => 'ok'))
      expect((await fixture.accepted()).toSorted()).toEqual(ids.toSorted())
      abort.abort(new Error('enough'))
      await expect(hanging).rejects.toThrow('enough')
    },
  },
  'the same record may be written again: the sink does not remember': {
    run: async ({ open, fixture }) => {
      await using sink = open()
      await sink.write([outgoing('again')], never())
      expect(await sink.write([outgoing('again', { attempt: 2 })], never())).toMatchObject([{ status: 'ok' }])
      expect(await fixture.accepted()).toEqual(['again', 'again'])
    },
  },
  'disposing waits for the writes under way': {
    run: async ({ open, fixture }) => {
      const sink = open()
      const writes = Array.from({ length: 5 }, (_, i) => sink.write([outgoing(`d${i}`)], never()))
      await sink[Symbol.asyncDispose]()
      const outcomes = (await Promise.all(writes)).flat()
      expect(outcomes.map(({ status }) => status)).toEqual(writes.map(() => 'ok'))
      expect(await fixture.accepted()).toHaveLength(5)
    },
  },
  'disposing twice is the same as once, also at the same time': {
    run: async ({ open, clock }) => {
      const sink = open()
      await sink.write([outgoing('a')], never())
      await Promise.all([sink[Symbol.asyncDispose](), sink[Symbol.asyncDispose]()])
      await sink[Symbol.asyncDispose]()
      expect(clock.pending).toBe(0)
    },
  },
  'a write that hangs is cut off when its sink is disposed and time passes': {
    behaviour: { hanging: ['hangs'] },
    run: async ({ open, fixture, clock }) => {
      const sink = open()
      const write = sink.write([outgoing('hangs')], never())
      await Promise.race([fixture.begun('hangs'), write])
      const disposed = sink[Symbol.asyncDispose]()
      await clock.advance(disposalMsMax)
      await disposed
      expect(await write).toMatchObject([{ status: 'failed', error: { retry: { kind: 'backoff' } } }])
      expect(clock.pending).toBe(0)
    },
  },
  'a write after disposal is an outcome that may be tried again elsewhere': {
    run: async ({ open, fixture }) => {
      const sink = open()
      await sink[Symbol.asyncDispose]()
      expect(await sink.write([outgoing('late')], never())).toMatchObject([
        { status: 'failed', error: { code: 'sink.unavailable', retry: { kind: 'backoff' } } },
      ])
      expect(await fixture.accepted()).toEqual([])
    },
  },
  'a disposed sink leaves no timer and no socket': {
    behaviour: { failing: ['bad'], hanging: ['hangs'] },
    run: async ({ open, fixture, clock }) => {
      const before = handles()
      const sink = open()
      const abort = new AbortController()
      const hanging = sink.write([outgoing('hangs')], abort.signal)
      await Promise.race([fixture.begun('hangs'), hanging])
      await Promise.all(['a', 'b', 'bad'].map(id => sink.write([outgoing(id)], never())))
      abort.abort(new Error('enough'))
      await expect(hanging).rejects.toThrow('enough')
      await sink[Symbol.asyncDispose]()
      expect(clock.pending).toBe(0)
      await expect.poll(() => handlesBeyond(before), { timeout: 5_000 }).toEqual({})
    },
  },
  'sinks of one connector know nothing of each other': {
    run: async ({ open, fixture }) => {
      const first = open()
      await using second = open()
      await first.write([outgoing('a')], never())
      await first[Symbol.asyncDispose]()
      expect(await second.write([outgoing('b')], never())).toMatchObject([{ status: 'ok' }])
      expect(await fixture.accepted()).toEqual(['a', 'b'])
    },
  },
} satisfies Readonly<Record<string, SinkCase>>

/** A sink that has not drained by then is cut off. */
const disposalMsMax = 60_000

function newHarness(fixture: SinkFixture): Harness {
  const definition = definitionOf(fixture.connector)
  const clock = new FakeClock()
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const context: ConnectorContext = {
    clock,
    random: seededRandom(1),
    log,
    allowPrivateTargets: true,
    fileRoots: [tmpdir()],
    name: 'conformance',
  }
  return {
    fixture,
    clock,
    recordsMax: definition.recordsMax,
    open: () => {
      const options = optionsParser(fixture.connector.system, definition.options)(fixture.options)
      definition.check?.(options)
      return definition.open(options, context)
    },
  }
}

function definitionOf(connector: Connector): SinkDefinition {
  if (connector.sink === undefined) throw new Error(`the connector ${connector.system} has no sink`)
  return connector.sink
}

/** A signal that does not abort within a test. */
function never(): AbortSignal {
  return new AbortController().signal
}
