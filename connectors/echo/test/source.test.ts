import { optionsParser, type Source } from '@millrace/spi'
import { eventOf, FakeClock, SourceHost } from '@millrace/spi/conformance'
import { expect, test } from 'vitest'
import { EchoSource, type EchoSourceOptions } from '../src/index.ts'
import { EchoSourceOptions as schema } from '../src/options.ts'

const signal = new AbortController().signal
const plenty = { recordsMax: 100, bytesMax: 1_000_000 }

function open(options: Partial<EchoSourceOptions>, host = new SourceHost(), clock = new FakeClock()): Source {
  const complete = optionsParser('echo', schema)(options) as EchoSourceOptions
  return new EchoSource(complete, { ...host.context, clock })
}

const datas = async (source: Source): Promise<unknown[]> =>
  (await source.read(plenty, signal)).map(({ event }) => eventOf(event).data)

test('texts come in turn, as many as were asked for', async () => {
  await using source = open({ texts: ['1', '2'], count: 3, ratePerSecond: 0 })

  expect(await datas(source)).toEqual([1, 2, 1])
})

test('the rate lets records come one after the other by the clock', async () => {
  const clock = new FakeClock()
  await using source = open({ texts: ['1', '2', '3'], ratePerSecond: 2 }, new SourceHost(), clock)
  expect(await datas(source)).toEqual([1])
  const second = datas(source)
  let isThere = false
  void second.then(() => (isThere = true))
  await clock.advance(499)
  expect(isThere).toBe(false)
  await clock.advance(1)
  expect(await second).toEqual([2])
})

test('each partition goes on behind what was committed of it', async () => {
  const host = new SourceHost()
  const options = { texts: ['0', '1', '2', '3', '4', '5'], count: 6, ratePerSecond: 0, partitions: 2 }
  const first = open(options, host)
  const records = await first.read(plenty, signal)
  expect(records.map(({ partition }) => partition)).toEqual(['0', '1', '0', '1', '0', '1'])
  await first.commit([records[0]!, records[2]!])
  expect(await first.lag?.(signal)).toEqual({ records: 4 })
  await first[Symbol.asyncDispose]()

  await using second = open(options, host)
  expect(await datas(second)).toEqual([1, 3, 4, 5])
})

test('without an end nobody knows how far it is behind', async () => {
  await using source = open({ ratePerSecond: 0 })

  expect(await source.lag?.(signal)).toEqual({})
})
