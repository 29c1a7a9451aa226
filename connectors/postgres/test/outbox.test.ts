import { describeService } from '@millrace/services/vitest'
import type { Clock, Source } from '@millrace/spi'
import { eventOf, SourceHost } from '@millrace/spi/conformance'
import fc from 'fast-check'
import type pg from 'pg'
import { expect, test } from 'vitest'
import { Database } from './database.ts'
import { inTime, limits, openSource, readData } from './opened.ts'

interface Message {
  id: string
  aggregate: string | null
  body: unknown
}

function openOutbox({ reach, name }: Database, options: object = {}, host?: SourceHost): Source {
  return openSource({ ...reach, mode: 'outbox', table: name, pollIntervalMs: 10, ...options }, host)
}

/** A host that knows how often its source has looked and found nothing. */
class WatchedHost extends SourceHost {
  #pauses = 0

  override readonly clock: Clock = {
    nowMs: () => Date.now(),
    timer: (delayMs, fire) => {
      this.#pauses++
      const timer = setTimeout(fire, delayMs)
      return { [Symbol.dispose]: () => clearTimeout(timer) }
    },
  }

  /** Resolves when the source has looked once more from begin to end. */
  async look(): Promise<void> {
    const before = this.#pauses
    await expect.poll(() => this.#pauses, { timeout: 10_000, interval: 2 }).toBeGreaterThan(before + 1)
  }
}

async function outbox(columns = ''): Promise<Database> {
  const database = await Database.open()
  await database.query(`CREATE TABLE ${database.name} (id bigint PRIMARY KEY, payload jsonb${columns})`)
  return database
}

await describeService('postgres', 'reading an outbox', () => {
  test('a row that is committed late with a smaller id is not lost, when rows are kept', async () => {
    await using database = await outbox()
    const { name } = database
    const late = await database.another()
    await late.query('BEGIN')
    await late.query(`INSERT INTO ${name} VALUES (1, '"late"')`)
    await database.query(`INSERT INTO ${name} VALUES (2, '"early"')`)
    const host = new WatchedHost()
    await using source = openOutbox(database, {}, host)
    const read = readData<Message>(source, 2)
    await host.look()
    await late.query('COMMIT')
    await late.end()
    expect((await read).map(({ id }) => id).toSorted()).toEqual(['1', '2'])
  })

  test('an id that was drawn before its transaction had a number is not lost either', async () => {
    await using database = await outbox()
    const { name } = database
    const late = await database.another()
    await late.query('BEGIN')
    // The number of a transaction comes with its first write: this one has an id, and no number yet.
    await late.query('SELECT 1')
    await database.query(`INSERT INTO ${name} VALUES (7, '"early"')`)
    await using source = openOutbox(database)
    expect((await readData<Message>(source, 1))[0]!.id).toBe('7')
    await late.query(`INSERT INTO ${name} VALUES (3, '"late"')`)
    await late.query('COMMIT')
    await late.end()
    expect((await readData<Message>(source, 1))[0]!.id).toBe('3')
  })

  test.each(['keep', 'delete', 'mark'])(
    'however transactions overlap and a reader is restarted, every row is read, with %s',
    async committed => {
      await using database = await outbox(', done timestamptz')
      const writers = await Promise.all([database.another(), database.another(), database.another()])
      // What each writer does next: begin, write with some id, savepoint, end; or the reader looks, or restarts.
      const step = fc.record({
        writer: fc.nat({ max: 2 }),
        what: fc.constantFrom(
          'write',
          'write',
          'write',
          'savepoint',
          'commit',
          'rollback',
          'restart',
          'look',
        ),
        id: fc.nat({ max: 100_000 }),
      })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 15, maxLength: 40, size: 'max' }), async steps => {
          await runSteps(database, writers, committed, steps)
        }),
        { numRuns: 12 },
      )
      for (const writer of writers) await writer.end()
    },
    60_000,
  )

  test('the columns that are named become type, aggregate and time', async () => {
    await using database = await outbox(', kind text, key text, at timestamptz')
    const { name } = database
    await database.query(
      `INSERT INTO ${name} VALUES (1, '{"n": 12345678901234567890}', 'shop:order:Paid', 'o-1', '2026-01-02 03:04:05.678Z'), (2, NULL, NULL, NULL, 'infinity')`,
    )
    await using source = openOutbox(database, {
      typeColumn: 'kind',
      aggregateColumn: 'key',
      timeColumn: 'at',
    })
    const records = []
    while (records.length < 2) records.push(...(await source.read(limits, inTime())))
    expect(eventOf(records[0]!.event)).toMatchObject({
      id: `public.${name}-1`,
      type: 'shop:order:Paid',
      time: '2026-01-02T03:04:05.678Z',
      data: { schema: 'public', table: name, id: '1', aggregate: 'o-1' },
    })
    expect(Buffer.from(records[0]!.event).toString()).toContain('"body":{"n": 12345678901234567890}')
    expect(eventOf(records[1]!.event)).toMatchObject({
      type: 'postgres:Outbox:Message',
      data: { body: null, aggregate: null },
    })
  })

  test('payloads of bytes and texts stand in the form that is asked for', async () => {
    await using database = await Database.open()
    const { name } = database
    await database.query(`CREATE TABLE ${name} (key uuid PRIMARY KEY DEFAULT gen_random_uuid(), raw bytea)`)
    await database.query(`INSERT INTO ${name} (raw) VALUES ('\\x7b7d')`)
    for (const [bodyForm, body] of [
      ['json', {}],
      ['text', '{}'],
      ['binary', 'e30='],
    ] as const) {
      await using source = openOutbox(database, { idColumn: 'key', payloadColumn: 'raw', bodyForm })
      expect((await readData<Message>(source, 1))[0]!.body).toEqual(body)
    }
  })

  test('rows that are done are deleted or marked, and not before', async () => {
    await using database = await outbox(', done timestamptz')
    const { name } = database
    const left = `SELECT count(*)::int FROM ${name} WHERE done IS NULL`
    for (const committed of ['mark', 'delete']) {
      await database.query(`DELETE FROM ${name}`)
      await database.query(`INSERT INTO ${name} SELECT n, '1' FROM generate_series(1, 5) n`)
      await using source = openOutbox(database, { committed, markColumn: 'done' })
      const records = await source.read(limits, inTime())
      expect(records).toHaveLength(5)
      expect(await database.column(left)).toEqual([5])
      await source.commit(records.slice(0, 3))
      expect(await database.column(left)).toEqual([2])
      expect(await source.lag!(inTime())).toEqual({ records: 2 })
      expect(await database.column(`SELECT count(*)::int FROM ${name}`)).toEqual([
        committed === 'mark' ? 5 : 2,
      ])
    }
  })

  test('a new stream may begin with what comes, and remembers so before the first row', async () => {
    await using database = await outbox()
    const { name } = database
    await database.query(`INSERT INTO ${name} VALUES (1, '1')`)
    const host = new SourceHost()
    {
      await using source = openOutbox(database, { start: 'latest' }, host)
      const read = source.read(limits, inTime()).catch(() => [])
      await expect.poll(() => host.checkpoints.load('outbox')).toBeDefined()
      await source[Symbol.asyncDispose]()
      expect(await read).toEqual([])
    }
    await database.query(`INSERT INTO ${name} VALUES (2, '2')`)
    await using second = openOutbox(database, { start: 'latest' }, host)
    expect((await readData<Message>(second, 1)).map(({ id }) => id)).toEqual(['2'])
  })

  test('no more is held than prefetch says, and all rows come in the order of their ids', async () => {
    await using database = await outbox()
    await database.query(`INSERT INTO ${database.name} SELECT n, '1' FROM generate_series(1, 1000) n`)
    for (const committed of ['keep', 'delete']) {
      await using source = openOutbox(database, { prefetch: 64, committed })
      const records = await source.read({ recordsMax: 5_000, bytesMax: 10_000_000 }, inTime())
      expect(records).toHaveLength(64)
      await source.commit(records)
      const rest = await readData<Message>(source, 936)
      expect(rest.map(({ id }) => Number(id))).toEqual(Array.from({ length: 936 }, (_, at) => at + 65))
    }
  })

  test('a table or column that is not there is told in words', async () => {
    await using database = await outbox()
    const cases: [object, string, RegExp][] = [
      [{ table: 'no_such' }, 'source.not-found', /table public\.no_such: .* has no such table/],
      [{ payloadColumn: 'no' }, 'source.rejected', /has no such column/],
      [{ committed: 'mark', markColumn: 'no' }, 'source.rejected', /has no such column/],
    ]
    for (const [options, code, words] of cases) {
      await using source = openOutbox(database, options)
      const read = source.read(limits, inTime())
      await expect(read).rejects.toMatchObject({ code, retry: { kind: 'never' } })
      await expect(read).rejects.toThrow(words)
    }
  })
})

interface Step {
  readonly writer: number
  readonly what: string
  readonly id: number
}

/** Runs a script of overlapping transactions against a reader, and checks that what was committed is what was read. */
async function runSteps(
  database: Database,
  writers: readonly pg.Client[],
  committed: string,
  steps: readonly Step[],
): Promise<void> {
  const { name } = database
  await database.query(`TRUNCATE ${name}`)
  const host = new WatchedHost()
  const open = (): Source => openOutbox(database, { committed, markColumn: 'done', prefetch: 3 }, host)
  const seen = new Map<string, number>()
  const expected = new Set<string>()
  const pending: string[][] = writers.map(() => [])
  const isOpen = writers.map(() => false)
  const used = new Set<number>()
  let source = open()
  let reading = follow(source, seen)
  const end = async (at: number, word: 'COMMIT' | 'ROLLBACK'): Promise<void> => {
    if (!isOpen[at]) return
    await writers[at]!.query(word)
    isOpen[at] = false
    const ids = pending[at]!.splice(0)
    if (word === 'COMMIT') for (const id of ids) expected.add(id)
  }
  for (const { writer, what, id } of steps) {
    const client = writers[writer]!
    if (what === 'restart') {
      await source[Symbol.asyncDispose]()
      await reading
      source = open()
      reading = follow(source, seen)
    } else if (what === 'look') await host.look()
    else if (what === 'commit') await end(writer, 'COMMIT')
    else if (what === 'rollback') await end(writer, 'ROLLBACK')
    else {
      if (!isOpen[writer]) await client.query('BEGIN')
      isOpen[writer] = true
      if (what === 'savepoint') await client.query('SAVEPOINT s')
      else if (!used.has(id)) {
        used.add(id)
        await client.query(`INSERT INTO ${name} VALUES ($1, '1')`, [id])
        pending[writer]!.push(String(id))
      }
    }
  }
  for (const at of writers.keys()) await end(at, 'COMMIT')
  await expect
    .poll(() => [...expected].filter(id => !seen.has(id)), { timeout: 10_000, interval: 5 })
    .toEqual([])
  await source[Symbol.asyncDispose]()
  await reading
  expect([...seen.keys()].toSorted()).toEqual([...expected].toSorted())
}

/** Reads and commits until the source is closed, noting how often each id came. */
async function follow(source: Source, seen: Map<string, number>): Promise<void> {
  for (;;) {
    try {
      const records = await source.read(limits, inTime())
      for (const { event } of records) {
        const { id } = eventOf(event).data as Message
        seen.set(id, (seen.get(id) ?? 0) + 1)
      }
      await source.commit(records)
    } catch {
      return
    }
  }
}
