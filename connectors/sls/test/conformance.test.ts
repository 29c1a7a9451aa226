import { systemClock } from '@millrace/spi'
import {
  type SinkBehaviour,
  type SinkFixture,
  sinkSuite,
  SourceHost,
  type SourceFixture,
  sourceSuite,
} from '@millrace/spi/conformance'
import { afterAll } from 'vitest'
import { connector } from '../src/index.ts'
import type { SlsSinkOptions } from '../src/options.ts'
import { SlsSink } from '../src/sink.ts'
import { Service } from './service.ts'

const service = await Service.start()
afterAll(() => service[Symbol.asyncDispose]())

const alone = 'needs a service that hangs at one log and answers for the others'

sourceSuite('sls', connector, sourceFixture)
sinkSuite('sls', connector, sinkFixture, {
  'a signal that aborts while a write waits rejects it with its reason, and the work is given up': alone,
  'after an aborted write the sink is usable': alone,
  'writes run beside each other: one that hangs does not hold up the others': alone,
  'a write that hangs is cut off when its sink is disposed and time passes': alone,
  'a disposed sink leaves no timer and no socket': alone,
})

async function sourceFixture(): Promise<SourceFixture> {
  const logstore = await service.newStore()
  const { project, reach } = service
  return {
    connector,
    host: new SourceHost(),
    options: { ...reach, project, logstore, start: 'earliest', pollEveryMs: 20 },
    put: texts => service.put(logstore, texts),
    textOf: data => (data as { content: string }).content,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Logs of the future are refused; the service says so of a whole group. */
async function sinkFixture({ failing = [] }: SinkBehaviour): Promise<SinkFixture> {
  const logstore = await service.newStore()
  const { project, reach } = service
  return {
    connector: {
      ...connector,
      sink: {
        ...connector.sink!,
        open: (options, context) => {
          // Signatures carry the time, so the clock of the service counts.
          const sink = new SlsSink(options as SlsSinkOptions, { ...context, clock: systemClock })
          return {
            write: (records, signal) => {
              const own = records.map(record => ({
                ...record,
                body: Buffer.from(record.id),
                parameters: failing.includes(record.id) ? { time: '4294967000' } : {},
              }))
              return sink.write(own, signal)
            },
            [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
          }
        },
      },
    },
    options: { ...reach, project, logstore },
    accepted: async () => (await service.found(logstore)).map(({ content = '' }) => content),
    begun: () => Promise.reject(new Error(alone)),
    givenUp: () => Promise.reject(new Error(alone)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
