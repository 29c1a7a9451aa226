import type { Sink } from '@millrace/spi'
import { FakeClock, outgoing, seededRandom } from '@millrace/spi/conformance'
import { describe, expect, test } from 'vitest'
import { connector, type EchoSink, type EchoSinkOptions } from '../src/index.ts'
import { echoError } from '../src/errors.ts'
import { collecting, echoOptions } from './collecting.ts'

const signal = new AbortController().signal

function open(options: Partial<EchoSinkOptions>): {
  sink: Sink
  echo: EchoSink
  clock: FakeClock
  lines: unknown[]
} {
  const sinks: EchoSink[] = []
  const lines: unknown[] = []
  const clock = new FakeClock()
  const log = { debug() {}, info: (...line: unknown[]) => void lines.push(line), warn() {}, error() {} }
  const context = {
    clock,
    random: seededRandom(1),
    log,
    allowPrivateTargets: false,
    fileRoots: [],
    name: 'shop/orders/echo',
  }
  const sink = collecting(sinks).sink?.open(echoOptions(options), context)
  const [echo] = sinks
  if (sink === undefined || echo === undefined) throw new Error('no sink was opened')
  return { sink, echo, clock, lines }
}

describe('the echo sink', () => {
  test('keeps the last records only', async () => {
    const { sink, echo } = open({ capacity: 2 })
    await sink.write(
      ['a', 'b', 'c'].map(id => outgoing(id)),
      signal,
    )
    expect(echo.records.map(record => record.id)).toEqual(['b', 'c'])
  })

  test('fails every n-th record', async () => {
    const { sink, echo } = open({ failEvery: 3 })
    const outcomes = await sink.write(
      ['a', 'b', 'c', 'd'].map(id => outgoing(id)),
      signal,
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'ok', 'failed', 'ok'])
    expect(echo.records.map(record => record.id)).toEqual(['a', 'b', 'd'])
  })

  test('pauses by the clock before it takes a record', async () => {
    const { sink, echo, clock } = open({ delayMs: 500 })
    const write = sink.write([outgoing('a')], signal)
    await clock.advance(499)
    expect(echo.records).toEqual([])
    await clock.advance(1)
    expect(await write).toMatchObject([{ status: 'ok' }])
  })

  test('writes a line for each record when asked to, without its content', async () => {
    const { sink, lines } = open({ log: true })
    await sink.write([outgoing('a')], signal)
    expect(lines).toEqual([
      [
        'record kept',
        { target: 'shop/orders/echo', id: 'a', type: 'test', source: '/conformance', attempt: 1 },
      ],
    ])
  })

  test('is found by its system', () => {
    expect(connector).toMatchObject({ system: 'echo', title: 'Echo (in memory)' })
  })
})

describe('every failure has a code and a verdict', () => {
  test.each([
    ['wanted', 'sink.failed', 'backoff'],
    ['source-closed', 'source.closed', 'backoff'],
  ] as const)('%s is %s, %s', (failure, code, kind) => {
    expect(echoError(failure)).toMatchObject({ code, retry: { kind } })
  })
})
