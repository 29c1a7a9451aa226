import {
  type SinkBehaviour,
  type SinkFixture,
  sinkSuite,
  type SourceFixture,
  sourceSuite,
} from '@millrace/spi/conformance'
import { faultProxy } from '@millrace/services'
import { describeService } from '@millrace/services/vitest'
import { connector } from '../src/index.ts'
import { reachOf, Streams } from './server.ts'
import { StandingNetwork } from './standing-network.ts'

const alone = 'needs a server that hangs at one message and serves the others'
const sent = 'needs a message that can be called back: this one is on its way'

await describeService('nats', 'both contracts', () => {
  sourceSuite('nats', connector, consumerFixture)
  sinkSuite('nats', connector, subjectFixture, {
    'a signal that aborts while a write waits rejects it with its reason, and the work is given up': sent,
    'after an aborted write the sink is usable': sent,
    'writes run beside each other: one that hangs does not hold up the others': alone,
    'a disposed sink leaves no timer and no socket': alone,
  })
})

async function consumerFixture(): Promise<SourceFixture> {
  const reach = await reachOf()
  const streams = await Streams.open(reach)
  const stream = await streams.stream()
  return {
    connector,
    options: { ...reach, stream, start: 'earliest', makeConsumer: true, waitMs: 100 },
    put: texts => streams.put(stream, texts),
    putMalformed: () => streams.put(stream, ['{']),
    textOf: data => JSON.stringify((data as { body: unknown }).body),
    [Symbol.asyncDispose]: () => streams[Symbol.asyncDispose](),
  }
}

async function subjectFixture({ failing = [], hanging = [] }: SinkBehaviour): Promise<SinkFixture> {
  const reach = await reachOf()
  const streams = await Streams.open(reach)
  const stream = await streams.stream()
  const proxy = await faultProxy({ target: reach.endpoint })
  const network = new StandingNetwork(proxy, hanging, { subject: `nobody.${stream}` })
  return {
    connector: subjected(network, id => (failing.includes(id) ? `nobody.${stream}` : `${stream}.a`)),
    // The suite writes the same record twice, and wants it to be there twice.
    options: { ...reach, endpoint: proxy.address, deduplicate: false },
    accepted: async () =>
      (await streams.messages(stream)).map(({ body }) => (JSON.parse(body) as { id: string }).id),
    begun: () => network.begun,
    givenUp: () => Promise.reject(new Error(sent)),
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]()
      await streams[Symbol.asyncDispose]()
    },
  }
}

/** The connector with a target whose subject comes from the event's id. */
function subjected(network: StandingNetwork, subjectOf: (id: string) => string): typeof connector {
  return {
    ...connector,
    sink: {
      ...connector.sink!,
      open: (options, context) => {
        const sink = connector.sink!.open(options, context)
        return {
          write: (records, signal) => {
            const aimed = records.map(record => ({
              ...record,
              parameters: { subject: subjectOf(record.id) },
            }))
            return network.write(sink, aimed, signal)
          },
          [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
        }
      },
    },
  }
}
