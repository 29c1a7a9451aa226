import type { Checkpoints, Clock, Source, SourceContext } from '@millrace/spi'
import { expect, test } from 'vitest'
import { connector } from '../src/index.ts'

const limits = { recordsMax: 10, bytesMax: 1_000_000 }
const signal = new AbortController().signal
const noon = Date.parse('2026-03-01T12:00:00Z')

/** A host whose clock goes on when something waits for it: to the time that is waited for. */
class Host {
  nowMs = noon
  readonly stored = new Map<string, string>()

  open(options: Record<string, unknown>): Source {
    const { source } = connector
    if (source === undefined) throw new Error('the connector has no source')
    const complete = { timeZone: 'UTC', lateMsMax: 60_000, ...options }
    source.check?.(complete)
    return source.open(complete, this.#context())
  }

  #context(): SourceContext {
    const clock: Clock = {
      nowMs: () => this.nowMs,
      timer: (delayMs, fire) => {
        queueMicrotask(() => {
          this.nowMs += delayMs
          fire()
        })
        return { [Symbol.dispose]: () => {} }
      },
    }
    const checkpoints: Checkpoints = {
      load: name => Promise.resolve(this.stored.get(name)),
      save: (name, text) => Promise.resolve(void this.stored.set(name, text)),
    }
    return { clock, checkpoints, name: 'housekeeping.timer' } as SourceContext
  }
}

async function next(source: Source): Promise<Record<string, unknown>> {
  const [record] = await source.read(limits, signal)
  await source.commit(record === undefined ? [] : [record])
  return JSON.parse(Buffer.from(record?.event ?? []).toString()) as Record<string, unknown>
}

test('a firing is an event of the shape of the protocol', async () => {
  const host = new Host()
  await using source = host.open({
    schedule: '0 */10 * * * *',
    timeZone: 'GMT+8:00',
    userData: '{"a":"b"}',
  })
  expect(await next(source)).toEqual({
    specversion: '1.0',
    id: 'housekeeping.timer-2026-03-01T12:10:00.000Z',
    source: 'housekeeping.timer',
    type: 'eventbridge:Events:ScheduledEvent',
    time: '2026-03-01T12:10:00.000Z',
    datacontenttype: 'application/json; charset=utf-8',
    data: { TimeZone: 'GMT+8:00', Schedule: '0 */10 * * * *', UserData: { a: 'b' } },
  })
  expect(await next(source)).toMatchObject({ time: '2026-03-01T12:20:00.000Z' })
})

test.each([
  ['GMT+8:00', '2026-03-01T19:00:00.000Z'],
  ['Europe/Berlin', '2026-03-02T02:00:00.000Z'],
])('the hours are those of the zone %s, and days of the week begin with Sunday', async (timeZone, time) => {
  const source = new Host().open({ schedule: '0 0 3 * * 1', timeZone })
  expect(await next(source)).toMatchObject({ time })
  await source[Symbol.asyncDispose]()
})

test('a time that is further away than a timer can wait is waited for', async () => {
  await using source = new Host().open({ schedule: '0 0 0 1 1 *' })
  expect(await next(source)).toMatchObject({ time: '2027-01-01T00:00:00.000Z' })
})

test('what was missed long ago is left out, what was missed just now is made up', async () => {
  const host = new Host()
  const first = host.open({ schedule: '0 * * * * *' })
  await next(first)
  await first[Symbol.asyncDispose]()

  host.nowMs = Date.parse('2026-03-01T15:00:30Z')
  await using second = host.open({ schedule: '0 * * * * *' })

  expect(await next(second)).toMatchObject({ time: '2026-03-01T15:00:00.000Z' })
  expect(await next(second)).toMatchObject({ time: '2026-03-01T15:01:00.000Z' })
})

test('data of the user that is no JSON is a text', async () => {
  await using source = new Host().open({ schedule: '* * * * * *', userData: 'plain' })
  expect(await next(source)).toMatchObject({ data: { UserData: 'plain' } })
})

test.each([
  [{ schedule: '* * * * *' }, 'five'],
  [{ schedule: '99 * * * * *' }, 'out of range'],
  [{ schedule: '* * * * * *', timeZone: 'Mars/Olympus' }, 'no zone'],
])('%j is refused: %s', (options, _why) => {
  expect(() => new Host().open(options)).toThrow(expect.objectContaining({ code: 'options.invalid' }))
})
