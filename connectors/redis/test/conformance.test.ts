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
import { Keys, reachOf } from './server.ts'
import { StandingNetwork } from './standing-network.ts'

const alone = 'needs a server that hangs at one record and serves the others'
const sent = 'needs a record that can be called back: this one is on its way'

await describeService('redis', 'both contracts', () => {
  sourceSuite('redis', connector, streamFixture)
  sinkSuite('redis', connector, entriesFixture, {
    'a signal that aborts while a write waits rejects it with its reason, and the work is given up': sent,
    'after an aborted write the sink is usable': sent,
    'writes run beside each other: one that hangs does not hold up the others': alone,
    'a disposed sink leaves no timer and no socket': alone,
  })
})

async function streamFixture(): Promise<SourceFixture> {
  const reach = await reachOf()
  const keys = await Keys.open(reach)
  const stream = await keys.stream()
  return {
    connector,
    options: { ...reach, streams: [stream], start: 'earliest' },
    put: async texts => void (await keys.add(stream, texts)),
    putMalformed: async () => void (await keys.add(stream, ['{'])),
    textOf: data => JSON.stringify((data as { body: unknown }).body),
    [Symbol.asyncDispose]: () => keys[Symbol.asyncDispose](),
  }
}

async function entriesFixture({ failing = [], hanging = [] }: SinkBehaviour): Promise<SinkFixture> {
  const reach = await reachOf()
  const keys = await Keys.open(reach)
  const [stream, text] = [keys.key(), keys.key()]
  await keys.client.set(text, 'not a stream')
  const proxy = await faultProxy({ target: reach.endpoint })
  const network = new StandingNetwork(proxy, hanging, { key: text })
  return {
    connector: keyed(network, id => (failing.includes(id) ? text : stream)),
    options: { ...reach, endpoint: proxy.address },
    accepted: async () =>
      (await keys.entries(stream)).map(({ body = '' }) => (JSON.parse(body) as { id: string }).id),
    begun: () => network.begun,
    givenUp: () => Promise.reject(new Error(sent)),
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]()
      await keys[Symbol.asyncDispose]()
    },
  }
}

/** The connector with a target whose key comes from the event's id. */
function keyed(network: StandingNetwork, keyOf: (id: string) => string): typeof connector {
  return {
    ...connector,
    sink: {
      ...connector.sink!,
      open: (options, context) => {
        const sink = connector.sink!.open(options, context)
        return {
          write: (records, signal) => {
            const aimed = records.map(record => ({ ...record, parameters: { key: keyOf(record.id) } }))
            return network.write(sink, aimed, signal)
          },
          [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
        }
      },
    },
  }
}
