import {
  type SinkBehaviour,
  type SinkFixture,
  sinkSuite,
  type SourceFixture,
  sourceSuite,
} from '@millrace/spi/conformance'
import { describeService } from '@millrace/services/vitest'
import { connector } from '../src/index.ts'
import { reachOf, Streams } from './server.ts'

const alone = 'needs a server that hangs at one message and serves the others'

await describeService('nats', 'both contracts', () => {
  sourceSuite('nats', connector, consumerFixture)
  sinkSuite('nats', connector, subjectFixture, {
    'a signal that aborts while a write waits rejects it with its reason, and the work is given up': alone,
    'after an aborted write the sink is usable': alone,
    'writes run beside each other: one that hangs does not hold up the others': alone,
    'a write that hangs is cut off when its sink is disposed and time passes': alone,
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

async function subjectFixture({ failing = [] }: SinkBehaviour): Promise<SinkFixture> {
  const reach = await reachOf()
  const streams = await Streams.open(reach)
  const stream = await streams.stream()
  return {
    connector: subjected(id => (failing.includes(id) ? `nobody.${stream}` : `${stream}.a`)),
    // The suite writes the same record twice, and wants it to be there twice.
    options: { ...reach, deduplicate: false },
    accepted: async () =>
      (await streams.messages(stream)).map(({ body }) => (JSON.parse(body) as { id: string }).id),
    begun: () => Promise.reject(new Error(alone)),
    givenUp: () => Promise.reject(new Error(alone)),
    [Symbol.asyncDispose]: () => streams[Symbol.asyncDispose](),
  }
}

/** The connector with a target whose subject comes from the event's id. */
function subjected(subjectOf: (id: string) => string): typeof connector {
  return {
    ...connector,
    sink: {
      ...connector.sink!,
      open: (options, context) => {
        const sink = connector.sink!.open(options, context)
        return {
          write: (records, signal) =>
            sink.write(
              records.map(record => ({ ...record, parameters: { subject: subjectOf(record.id) } })),
              signal,
            ),
          [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
        }
      },
    },
  }
}
