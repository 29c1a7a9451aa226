import {
  type SinkBehaviour,
  type SinkFixture,
  sinkSuite,
  type SourceFixture,
  sourceSuite,
} from '@millrace/spi/conformance'
import { describeService } from '@millrace/services/vitest'
import { connector } from '../src/index.ts'
import { Broker, reachOf } from './broker.ts'

const alone = 'needs a broker that hangs at one message and serves the others'

await describeService('rabbitmq', 'both contracts', () => {
  sourceSuite('rabbitmq', connector, queueFixture)
  sinkSuite('rabbitmq', connector, exchangeFixture, {
    'a signal that aborts while a write waits rejects it with its reason, and the work is given up': alone,
    'after an aborted write the sink is usable': alone,
    'writes run beside each other: one that hangs does not hold up the others': alone,
    'a write that hangs is cut off when its sink is disposed and time passes': alone,
    'a disposed sink leaves no timer and no socket': alone,
  })
})

async function queueFixture(): Promise<SourceFixture> {
  const reach = await reachOf()
  const broker = await Broker.open(reach)
  const queue = await broker.queue()
  let number = 0
  const send = async (body: string): Promise<void> => {
    broker.channel.sendToQueue(queue, Buffer.from(body), { messageId: `m${++number}` })
    // Answered after the server has seen what was sent before.
    await broker.channel.checkQueue(queue)
  }
  return {
    connector,
    options: { ...reach, queue },
    put: async texts => {
      for (const text of texts) await send(text)
    },
    putMalformed: () => send('{'),
    textOf: data => JSON.stringify((data as { body: unknown }).body),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  }
}

async function exchangeFixture({ failing = [] }: SinkBehaviour): Promise<SinkFixture> {
  const reach = await reachOf()
  const broker = await Broker.open(reach)
  const queue = await broker.queue()
  // A queue that refuses what is above its length takes the failing ones; all others reach the real queue.
  const full = await broker.queue({ arguments: { 'x-max-length': 0, 'x-overflow': 'reject-publish' } })
  const others = await broker.exchange('fanout')
  const exchange = await broker.exchange('direct', { alternateExchange: others })
  await broker.channel.bindQueue(queue, others, '')
  for (const id of failing) await broker.channel.bindQueue(full, exchange, id)
  const seen: string[] = []
  return {
    connector: routingById,
    options: { ...reach, exchange },
    accepted: async () => {
      seen.push(...(await broker.drain(queue)).map(({ id }) => id))
      return seen
    },
    begun: () => Promise.reject(new Error(alone)),
    givenUp: () => Promise.reject(new Error(alone)),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  }
}

/** The connector with a target whose routing key is the event's id. */
const routingById: typeof connector = {
  ...connector,
  sink: {
    ...connector.sink!,
    open: (options, context) => {
      const sink = connector.sink!.open(options, context)
      return {
        write: (records, signal) => {
          const routed = records.map(record => ({ ...record, parameters: { routingKey: record.id } }))
          return sink.write(routed, signal)
        },
        [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
      }
    },
  },
}
