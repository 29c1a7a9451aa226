import { describe, expect, test } from 'vitest'
import type { Connector } from '../connector.ts'
import type { Source, SourceDefinition, SourceReadLimits, SourceRecord } from '../source.ts'
import { measureCase, optionCases } from './connector-options.ts'
import { handles, handlesBeyond } from './handles.ts'
import { eventOf, type SourceFactory, type SourceFixture, SourceHost } from './source-fixture.ts'

/** Cases that a connector cannot pass, by name, each with the reason; they are counted as skipped. */
export type SourceSkips = Readonly<Partial<Record<SourceCaseName, string>>>

export type SourceCaseName = keyof typeof sourceCases

/**
 * Declares the conformance suite of the source contract: every sentence of it is a case, and each case has an external
 * system of its own, empty. Cases wait for the system, never for time.
 */
export function sourceSuite(
  name: string,
  connector: Connector,
  factory: SourceFactory,
  skips: SourceSkips = {},
): void {
  describe(`source contract: ${name}`, () => {
    const definition = definitionOf(connector)
    optionCases(definition.options, connector.system)
    measureCase(definition.tasksMax)
    for (const [clause, run] of Object.entries<SourceCase>(sourceCases)) {
      const reason = Object.entries(skips).find(([skipped]) => skipped === clause)?.[1]
      test.skipIf(reason !== undefined)(
        reason === undefined ? clause : `${clause} (skipped: ${reason})`,
        async () => {
          await using fixture = await factory()
          await run(new Harness(fixture))
        },
      )
    }
  })
}

type SourceCase = (harness: Harness) => Promise<void>

/** What a case works with. */
class Harness {
  readonly fixture: SourceFixture
  readonly host: SourceHost
  readonly definition: SourceDefinition

  constructor(fixture: SourceFixture) {
    this.fixture = fixture
    this.host = fixture.host ?? new SourceHost()
    this.definition = definitionOf(fixture.connector)
  }

  open(): Source {
    return this.host.open(this.fixture.connector, this.fixture.options)
  }

  /** Reads until there are so many records. */
  async gather(source: Source, count: number, limits = plenty): Promise<SourceRecord[]> {
    const records: SourceRecord[] = []
    while (records.length < count) records.push(...(await source.read(limits, inTime())))
    return records
  }

  texts(records: readonly SourceRecord[]): string[] {
    return records.map(({ event }) => this.fixture.textOf(eventOf(event).data))
  }
}

const plenty: SourceReadLimits = { recordsMax: 100, bytesMax: 1_000_000 }
const some = ['"a"', '"b"', '"c"', '"d"', '"e"']

const sourceCases = {
  'opening and disposing without a read takes nothing': async harness => {
    await harness.fixture.put(some.slice(0, 1))
    await harness.open()[Symbol.asyncDispose]()
    await using source = harness.open()
    expect(harness.texts(await harness.gather(source, 1))).toEqual(some.slice(0, 1))
  },
  'what was put comes as valid events, each once': async harness => {
    await harness.fixture.put(some)
    await using source = harness.open()
    const records = await harness.gather(source, some.length)
    expect(harness.texts(records).toSorted()).toEqual(some)
    for (const record of records) {
      const event = eventOf(record.event)
      expect(event).toMatchObject({
        specversion: '1.0',
        id: record.id,
        source: expect.stringMatching(/./),
        type: expect.stringMatching(/./),
        time: expect.stringMatching(/^\d{4}-/),
      })
      expect(record.fault).toBeUndefined()
    }
    expect(new Set(records.map(({ id }) => id)).size).toBe(some.length)
    await source.commit(records)
  },
  'records of one partition come in order, where the definition says so': async harness => {
    if (!harness.definition.ordered) return
    const texts = Array.from({ length: 50 }, (_, i) => `"${i}"`)
    await harness.fixture.put(texts)
    await using source = harness.open()
    const records = await harness.gather(source, texts.length, { recordsMax: 7, bytesMax: 1_000_000 })
    expect(harness.texts(records)).toEqual(texts)
    expect(new Set(records.map(({ partition }) => partition)).size).toBe(1)
  },
  'a read gives no more records than were asked for': async harness => {
    await harness.fixture.put(some)
    await using source = harness.open()
    const seen: number[] = []
    const records: SourceRecord[] = []
    while (records.length < some.length) {
      const read = await source.read({ recordsMax: 2, bytesMax: 1_000_000 }, inTime())
      seen.push(read.length)
      records.push(...read)
    }
    expect(Math.max(...seen)).toBeLessThanOrEqual(2)
    expect(harness.texts(records).toSorted()).toEqual(some)
  },
  'a record larger than the bytes that were asked for comes alone': async harness => {
    await harness.fixture.put(some.slice(0, 2))
    await using source = harness.open()
    expect(await source.read({ recordsMax: 100, bytesMax: 1 }, inTime())).toHaveLength(1)
    expect(await source.read({ recordsMax: 100, bytesMax: 1 }, inTime())).toHaveLength(1)
  },
  'a read waits for the first record': async harness => {
    await using source = harness.open()
    const read = source.read(plenty, inTime())
    await harness.fixture.put(['"late"'])
    expect(harness.texts(await read)).toEqual(['"late"'])
  },
  'a read rejects with the reason of its signal, and nothing is lost by it': async harness => {
    await using source = harness.open()
    const reason = new Error('enough')
    await expect(source.read(plenty, AbortSignal.abort(reason))).rejects.toBe(reason)
    const abort = new AbortController()
    const read = source.read(plenty, abort.signal)
    abort.abort(reason)
    await expect(read).rejects.toBe(reason)
    await harness.fixture.put(some)
    expect(harness.texts(await harness.gather(source, some.length)).toSorted()).toEqual(some)
  },
  'what was committed does not come again': async harness => {
    await harness.fixture.put(some.slice(0, 3))
    const first = harness.open()
    await first.commit(await harness.gather(first, 3))
    await first[Symbol.asyncDispose]()
    await harness.fixture.put(some.slice(3))
    await using second = harness.open()
    expect(harness.texts(await harness.gather(second, 2)).toSorted()).toEqual(some.slice(3))
  },
  'what was read and not committed comes again after disposal, with the same id': async harness => {
    await harness.fixture.put(some)
    const first = harness.open()
    const before = await harness.gather(first, some.length)
    await first.commit(before.slice(0, 2))
    await first[Symbol.asyncDispose]()
    await using second = harness.open()
    const after = await harness.gather(second, some.length - 2)
    expect(after.map(({ id }) => id).toSorted()).toEqual(
      before
        .slice(2)
        .map(({ id }) => id)
        .toSorted(),
    )
  },
  'commits may overlap, and committing nothing is nothing': async harness => {
    await harness.fixture.put(some)
    const source = harness.open()
    const records = await harness.gather(source, some.length)
    await source.commit([])
    await Promise.all(records.map(record => source.commit([record])))
    await source[Symbol.asyncDispose]()
    await harness.fixture.put(['"next"'])
    await using second = harness.open()
    expect(harness.texts(await harness.gather(second, 1))).toEqual(['"next"'])
  },
  'two sources share the records: none is read by both, none by neither': async harness => {
    if (harness.definition.tasksMax < 2) return
    const texts = Array.from({ length: 20 }, (_, i) => `"${i}"`)
    await using first = harness.open()
    await using second = harness.open()
    await harness.fixture.put(texts)
    const seen = new Set<string>()
    const done = new AbortController()
    const drain = async (source: Source): Promise<void> => {
      while (seen.size < texts.length) {
        const records = await source.read(plenty, AbortSignal.any([done.signal, inTime()]))
        await source.commit(records)
        for (const text of harness.texts(records)) seen.add(text)
      }
      done.abort(finished)
    }
    const finished = new Error('all are there')
    const ended = await Promise.allSettled([drain(first), drain(second)])
    for (const end of ended) if (end.status === 'rejected') expect(end.reason).toBe(finished)
    expect(seen.size).toBe(texts.length)
  },
  'a record that is not what the options say has a fault, and the others come': async harness => {
    if (harness.fixture.putMalformed === undefined) return
    await harness.fixture.put(some.slice(0, 1))
    await harness.fixture.putMalformed()
    await harness.fixture.put(some.slice(1, 2))
    await using source = harness.open()
    const records = await harness.gather(source, 3)
    const [bad, ...others] = records.filter(({ fault }) => fault !== undefined)
    expect(others).toEqual([])
    expect(bad?.fault).toMatchObject({ name: 'AppError', code: 'record.malformed' })
    eventOf(bad!.event)
    const good = records.filter(({ fault }) => fault === undefined)
    expect(harness.texts(good).toSorted()).toEqual(some.slice(0, 2))
    await source.commit(records)
  },
  'disposing ends a read that waits': async harness => {
    const source = harness.open()
    const read = source.read(plenty, inTime())
    await Promise.all([
      expect(read).rejects.toMatchObject({ code: 'source.closed' }),
      source[Symbol.asyncDispose](),
    ])
  },
  'a read after disposal is refused': async harness => {
    const source = harness.open()
    await source[Symbol.asyncDispose]()
    await expect(source.read(plenty, inTime())).rejects.toMatchObject({ code: 'source.closed' })
  },
  'a lag counts what waits': async harness => {
    await harness.fixture.put(some)
    await using source = harness.open()
    if (source.lag === undefined) return
    const [first, ...others] = await harness.gather(source, some.length)
    const lag = await source.lag(inTime())
    if (lag.records !== undefined) expect(lag.records).toBe(some.length)
    await source.commit([first!])
    await source.commit(others)
    await expect.poll(async () => (await source.lag?.(inTime()))?.records ?? 0, { timeout: 20_000 }).toBe(0)
  },
  'a disposed source leaves no timer, socket or child, and disposing twice is the same as once':
    async harness => {
      const before = handles()
      await harness.fixture.put(some)
      const source = harness.open()
      await harness.gather(source, 1)
      await Promise.all([source[Symbol.asyncDispose](), source[Symbol.asyncDispose]()])
      await source[Symbol.asyncDispose]()
      expect(harness.host.pending).toBe(0)
      await expect.poll(() => handlesBeyond(before), { timeout: 10_000 }).toEqual({})
    },
} satisfies Readonly<Record<string, SourceCase>>

function definitionOf(connector: Connector): SourceDefinition {
  if (connector.source === undefined) throw new Error(`the connector ${connector.system} has no source`)
  return connector.source
}

/** Long enough for a broker that gathers its group, short of the test's own limit. */
function inTime(): AbortSignal {
  return AbortSignal.timeout(45_000)
}
