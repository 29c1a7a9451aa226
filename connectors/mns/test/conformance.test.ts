import { systemClock } from '@millrace/spi'
import {
  type SinkBehaviour,
  type SinkFixture,
  sinkSuite,
  type SourceFixture,
  sourceSuite,
} from '@millrace/spi/conformance'
import { afterAll } from 'vitest'
import { connector } from '../src/index.ts'
import type { MnsSinkOptions } from '../src/options.ts'
import { MnsSink } from '../src/sink.ts'
import { drain, make, send } from './messages.ts'
import { Service } from './service.ts'

const service = await Service.start()
afterAll(() => service[Symbol.asyncDispose]())

const alone = 'needs a service that hangs at one message and answers for the others'

sourceSuite('mns', connector, queueFixture)
sinkSuite('mns', connector, sinkFixture, {
  'a signal that aborts while a write waits rejects it with its reason, and the work is given up': alone,
  'after an aborted write the sink is usable': alone,
  'writes run beside each other: one that hangs does not hold up the others': alone,
  'a write that hangs is cut off when its sink is disposed and time passes': alone,
  'a disposed sink leaves no timer and no socket': alone,
})

async function queueFixture(): Promise<SourceFixture> {
  const queue = await make(service, 'queue')
  return {
    connector,
    options: { ...service.reach, queue, bodyForm: 'json', waitSeconds: 1 },
    put: texts => send(service, queue, texts),
    putMalformed: () => send(service, queue, ['{']),
    textOf: data => JSON.stringify((data as { messageBody: unknown }).messageBody),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Messages that are too large for the queue fail; the service says so of a whole request. */
async function sinkFixture({ failing = [] }: SinkBehaviour): Promise<SinkFixture> {
  const queue = await make(service, 'queue', '<MaximumMessageSize>4096</MaximumMessageSize>')
  const seen: string[] = []
  return {
    connector: {
      ...connector,
      sink: {
        ...connector.sink!,
        open: (options, context) => {
          // Signatures carry the time, so the clock of the service counts.
          const sink = new MnsSink(options as MnsSinkOptions, { ...context, clock: systemClock })
          return {
            write: (records, signal) => {
              const sized = records.map(record => ({
                ...record,
                body: Buffer.from(record.id + (failing.includes(record.id) ? '.'.repeat(5_000) : '')),
              }))
              return sink.write(sized, signal)
            },
            [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
          }
        },
      },
    },
    options: { ...service.reach, queue },
    accepted: async () => {
      seen.push(...(await drain(service, queue)))
      return seen
    },
    begun: () => Promise.reject(new Error(alone)),
    givenUp: () => Promise.reject(new Error(alone)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
