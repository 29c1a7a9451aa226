import { describeService } from '@millrace/services/vitest'
import { systemClock } from '@millrace/spi'
import {
  type SinkBehaviour,
  type SinkFixture,
  sinkSuite,
  type SourceFixture,
  SourceHost,
  sourceSuite,
} from '@millrace/spi/conformance'
import { describe } from 'vitest'
import { connector } from '../src/index.ts'
import { doorstep } from './doorstep.ts'
import { MoodyProxy } from './moody-proxy.ts'
import { Bucket } from './store.ts'

await describeService('versitygw', 'both contracts', () => {
  describe('by notifications', () => sourceSuite('oss', connector, notifiedFixture))
  describe('by listing', () => sourceSuite('oss', connector, listedFixture))
  describe('elements of objects', () => sourceSuite('oss', connector, elementsFixture))
  sinkSuite('oss', connector, objectsFixture)
})

const textOf = (data: unknown): string => JSON.stringify((data as { body: unknown }).body)

async function notifiedFixture(): Promise<SourceFixture> {
  await using started = new AsyncDisposableStack()
  const bucket = await Bucket.make()
  const host = new SourceHost()
  const { url } = started.use(await doorstep(host))
  started.use(await bucket.server.notify(bucket.name, url))
  const kept = started.move()
  return {
    connector,
    host,
    options: { ...bucket.reach, keysEscaped: false, content: 'single', bodyForm: 'json' },
    ...putting(bucket),
    textOf,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function listedFixture(): Promise<SourceFixture> {
  const bucket = await Bucket.make()
  const looking = { mode: 'list', order: 'key', start: 'earliest', pollMs: 50 }
  return {
    connector,
    options: { ...bucket.reach, ...looking, content: 'single', bodyForm: 'json' },
    ...putting(bucket),
    textOf,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** All texts of one `put` are lines of one object. */
async function elementsFixture(): Promise<SourceFixture> {
  const bucket = await Bucket.make()
  const looking = { mode: 'list', order: 'key', start: 'earliest', pollMs: 50 }
  let number = 0
  const put = (texts: readonly string[]) => bucket.put(nameOf(++number), `${texts.join('\n')}\n`)
  return {
    connector,
    options: { ...bucket.reach, ...looking, content: 'element', bodyForm: 'json' },
    put,
    putMalformed: () => put(['{']),
    textOf,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function putting(bucket: Bucket): Pick<SourceFixture, 'put' | 'putMalformed'> {
  let number = 0
  const put = async (texts: readonly string[]): Promise<void> => {
    for (const text of texts) await bucket.put(nameOf(++number), text)
  }
  return { put, putMalformed: () => put(['{']) }
}

/** Keys that sort as they come. */
function nameOf(number: number): string {
  return `in/${String(number).padStart(6, '0')} a+b.json`
}

async function objectsFixture(behaviour: SinkBehaviour): Promise<SinkFixture> {
  const bucket = await Bucket.make()
  const proxy = await MoodyProxy.start(bucket.server.url, behaviour)
  return {
    connector: eachItsOwnObject,
    options: { ...bucket.reach, endpoint: proxy.url },
    accepted: () => Promise.resolve(proxy.accepted),
    begun: id => proxy.begun(id),
    givenUp: id => proxy.givenUp(id),
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  }
}

/** The connector with a target whose path is the event's id. Signatures carry the time, so the clock of the server counts. */
const eachItsOwnObject: typeof connector = {
  ...connector,
  sink: {
    ...connector.sink!,
    open: (options, context) => {
      const clock = { ...context.clock, nowMs: () => systemClock.nowMs() }
      const timer: typeof clock.timer = (delayMs, fire) => context.clock.timer(delayMs, fire)
      const sink = connector.sink!.open(options, { ...context, clock: { ...clock, timer } })
      return {
        write: (records, signal) =>
          sink.write(
            records.map(record => ({ ...record, parameters: { path: record.id } })),
            signal,
          ),
        [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
      }
    },
  },
}
