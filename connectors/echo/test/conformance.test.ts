import { type SinkFixture, sinkSuite } from '@millrace/spi/conformance'
import { expect } from 'vitest'
import { connector, type EchoSink } from '../src/index.ts'
import { collecting } from './collecting.ts'

sinkSuite('echo', connector, async behaviour => {
  const sinks: EchoSink[] = []
  const waiting = (id: string): boolean => sinks.some(sink => sink.waiting.has(id))
  const fixture: SinkFixture = {
    connector: collecting(sinks),
    options: { failIds: behaviour.failing ?? [], hangIds: behaviour.hanging ?? [] },
    accepted: () => Promise.resolve(sinks.flatMap(sink => sink.records.map(record => record.id))),
    begun: id => expect.poll(() => waiting(id)).toBe(true),
    givenUp: id => expect.poll(() => waiting(id)).toBe(false),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  return await Promise.resolve(fixture)
})
