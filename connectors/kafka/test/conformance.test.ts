import { useService } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { type Connector, defineConnector, type OutgoingRecord } from '@millrace/spi'
import {
  type SinkBehaviour,
  type SinkFixture,
  sinkSuite,
  type SourceFixture,
  sourceSuite,
} from '@millrace/spi/conformance'
import { expect } from 'vitest'
import { connector } from '../src/index.ts'
import { gather, newName, newTopic, openSink, openSource, recordOf, seen, sourceOptions } from './broker.ts'
import { KafkaProxy } from './kafka-proxy.ts'

await describeService('kafka', 'both contracts', () => {
  sourceSuite('kafka', connector, topicFixture)
  sinkSuite('kafka', connector, sinkFixture)
})

async function topicFixture(): Promise<SourceFixture> {
  const place = await newTopic(2)
  await quiet()
  const put = async (texts: readonly string[]): Promise<void> => {
    await using sink = openSink(place)
    // One partition for all: the suite looks at their order.
    const records = texts.map(text => recordOf(text, { partition: '0' }))
    for (const { status } of await sink.write(records, AbortSignal.timeout(20_000))) expect(status).toBe('ok')
  }
  return {
    connector,
    options: sourceOptions(place),
    put,
    putMalformed: () => put(['{']),
    textOf: data => JSON.stringify((data as { value: unknown }).value),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Resolves when no connection of the preparations is left, for the suites count them. */
async function quiet(): Promise<void> {
  const sockets = (): string[] => process.getActiveResourcesInfo().filter(kind => kind === 'TCPSocketWrap')
  await expect.poll(sockets, { timeout: 20_000 }).toEqual([])
}

/**
 * Records that fail go to a topic that is not there. Those that hang go to one whose requests a proxy swallows; they are
 * known by their ids.
 */
async function sinkFixture({ failing = [], hanging = [] }: SinkBehaviour): Promise<SinkFixture> {
  const kafka = await useService('kafka')
  const { topic } = await newTopic()
  const slow = newName()
  await kafka.createTopic(slow)
  const port = Number(kafka.address.split(':')[1])
  const proxy = await KafkaProxy.start(port, port, hanging)
  await quiet()
  const topicOf = (id: string): string | undefined =>
    failing.includes(id) ? 'not-there' : hanging.includes(id) ? slow : undefined
  const accepted = async (): Promise<readonly string[]> => {
    await using sink = openSink({ bootstrap: kafka.address })
    const ids: string[] = []
    for (const name of [topic, slow]) {
      // The last record tells that all before it were read.
      const end = `end-${newName()}`
      await sink.write([recordOf(`{"id":"${end}"}`, { topic: name })], AbortSignal.timeout(20_000))
      await using source = openSource({ bootstrap: kafka.address, topic: name })
      while (ids.at(-1) !== end) {
        const read = (await gather(source, 1)).map(record => (seen(record).value as { id: string }).id)
        ids.push(...read)
      }
    }
    return ids.filter(id => !id.startsWith('end-'))
  }
  return {
    connector: routed(topicOf),
    options: { bootstrap: proxy.address, topic },
    accepted,
    begun: id => expect.poll(() => proxy.begun.has(id), { timeout: 20_000 }).toBe(true),
    givenUp: id => expect.poll(() => proxy.givenUp.has(id), { timeout: 20_000 }).toBe(true),
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  }
}

/** The connector, with some records sent to other topics, as parameters would do it. */
function routed(topicOf: (id: string) => string | undefined): Connector {
  const definition = connector.sink!
  const route = (record: OutgoingRecord): OutgoingRecord => {
    const topic = topicOf(record.id)
    return topic === undefined ? record : { ...record, parameters: { topic } }
  }
  return defineConnector({
    ...connector,
    sink: {
      ...definition,
      open: (options, context) => {
        const sink = definition.open(options, context)
        return {
          write: (records, signal) => sink.write(records.map(route), signal),
          [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
        }
      },
    },
  })
}
