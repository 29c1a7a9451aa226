import { describeService } from '@millrace/services/vitest'
import { optionsParser, type Sink, systemClock } from '@millrace/spi'
import { outgoing, SourceHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { connector } from '../src/index.ts'
import { Broker, reachOf } from './broker.ts'

const host = new SourceHost()
const inTime = (): AbortSignal => AbortSignal.timeout(10_000)

async function openSink(queue: string, unconfirmedMax: number): Promise<Sink> {
  const sink = connector.sink!
  const parse = optionsParser('rabbitmq', sink.options)
  const given = { ...(await reachOf()), queue, unconfirmedMax }
  return sink.open(parse(given), { ...host.context, clock: systemClock })
}

await describeService('rabbitmq', 'room for messages that are not confirmed yet', () => {
  test('a write that gives up waiting for room does not take the turn of the next', async () => {
    await using broker = await Broker.open(await reachOf())
    await using sink = await openSink(await broker.queue(), 1)
    await sink.write([outgoing('connected')], inTime())
    const abort = new AbortController()
    const first = sink.write([outgoing('first')], inTime())
    const givenUp = sink.write([outgoing('given up')], abort.signal)
    const next = sink.write([outgoing('next')], inTime())
    // Nothing comes in from the server between two turns of this kind: the first one is not confirmed yet.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    abort.abort(new Error('enough'))
    await expect(givenUp).rejects.toThrow('enough')
    expect(await first).toMatchObject([{ status: 'ok' }])
    expect(await next).toMatchObject([{ status: 'ok' }])
  })

  test('a message that cannot be sent gives its room back', async () => {
    await using broker = await Broker.open(await reachOf())
    await using sink = await openSink(await broker.queue(), 1)
    const priority = outgoing('too urgent', { parameters: { priority: '1000' } })
    expect(await sink.write([priority], inTime())).toMatchObject([{ error: { code: 'sink.rejected' } }])
    expect(await sink.write([outgoing('next')], inTime())).toMatchObject([{ status: 'ok' }])
  })
})
