import { randomUUID } from 'node:crypto'
import {
  type SinkBehaviour,
  type SinkFixture,
  sinkSuite,
  type SourceFixture,
  sourceSuite,
} from '@millrace/spi/conformance'
import { describeService } from '@millrace/services/vitest'
import { expect } from 'vitest'
import { connector } from '../src/index.ts'
import { Broker, leaveSessions, OneHost, ownNames, reachOf } from './broker.ts'

const alone = 'needs a broker that hangs at one message and serves the others'

await describeService('mosquitto', 'both contracts', () => {
  sourceSuite('mqtt', connector, subscriptionFixture)
  sinkSuite('mqtt', connector, topicFixture, {
    'a signal that aborts while a write waits rejects it with its reason, and the work is given up': alone,
    'after an aborted write the sink is usable': alone,
    'writes run beside each other: one that hangs does not hold up the others': alone,
    'a write that hangs is cut off when its sink is disposed and time passes': alone,
    'a disposed sink leaves no timer and no socket': alone,
  })
})

async function subscriptionFixture(): Promise<SourceFixture> {
  const reach = await reachOf()
  const names = ownNames()
  const host = new OneHost()
  await leaveSessions(host, reach, names)
  const broker = await Broker.open(reach)
  const topic = `${names.group}/orders`
  return {
    connector,
    host,
    options: { ...reach, ...names },
    put: async texts => {
      for (const text of texts) await broker.put(topic, text)
    },
    putMalformed: () => broker.put(topic, '{'),
    textOf: data => JSON.stringify((data as { body: unknown }).body),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  }
}

async function topicFixture({ failing = [] }: SinkBehaviour): Promise<SinkFixture> {
  const reach = await reachOf()
  const broker = await Broker.open(reach)
  const topic = `test-${randomUUID()}`
  const seen = await broker.watch(topic)
  let marks = 0
  return {
    connector: refusing(failing),
    options: { ...reach, topic },
    accepted: async () => {
      // What was published before this is there when this is.
      const mark = `mark ${++marks}`
      await broker.put(topic, mark)
      await expect.poll(() => seen.some(({ payload }) => payload.toString() === mark)).toBe(true)
      return seen
        .map(({ payload }) => payload.toString())
        .filter(text => !text.startsWith('mark '))
        .map(text => String((JSON.parse(text) as { id: unknown }).id))
    },
    begun: () => Promise.reject(new Error(alone)),
    givenUp: () => Promise.reject(new Error(alone)),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  }
}

/** The connector with a target whose topic is one that cannot be published to for some events. */
function refusing(ids: readonly string[]): typeof connector {
  return {
    ...connector,
    sink: {
      ...connector.sink!,
      open: (options, context) => {
        const sink = connector.sink!.open(options, context)
        return {
          write: (records, signal) => {
            const routed = records.map(record =>
              ids.includes(record.id) ? { ...record, parameters: { topic: 'no/wildcards/+' } } : record,
            )
            return sink.write(routed, signal)
          },
          [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
        }
      },
    },
  }
}
