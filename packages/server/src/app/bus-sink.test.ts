import { scanStructured } from '@millrace/cloudevents'
import type { OutgoingRecord } from '@millrace/spi'
import { describe, expect, test } from 'vitest'
import type { AcceptOutcome } from '../ingest/index.ts'
import type { BusView } from '../resources/index.ts'
import { BusSink, hopsMax } from './bus-sink.ts'

const bus = { key: '1/next', name: 'next', spec: { eventBytesMax: 1_000 } } as unknown as BusView

function recordOf(fields: object, body?: string): OutgoingRecord {
  const event = Buffer.from(
    JSON.stringify({ specversion: '1.0', id: 'e1', source: 's', type: 't', ...fields }),
  )
  return {
    event,
    id: 'e1',
    source: 's',
    type: 't',
    body: body === undefined ? event : Buffer.from(body),
    contentType: undefined,
    parameters: {},
    attempt: 1,
  }
}

/** A sink whose bus keeps what it was given. */
function busSink(): { sink: BusSink; accepted: Record<string, unknown>[] } {
  const accepted: Record<string, unknown>[] = []
  const ingest = {
    async accept(_: BusView, events: readonly { id: string; bytes: Uint8Array }[]): Promise<AcceptOutcome[]> {
      return events.map(({ id, bytes }) => {
        accepted.push(JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>)
        return { status: 'accepted', id, position: accepted.length }
      })
    },
  }
  return { sink: new BusSink(ingest, () => bus), accepted }
}

const signal = new AbortController().signal

describe('a bus as a target', () => {
  test('takes the event in and counts the hop', async () => {
    const { sink, accepted } = busSink()
    expect(await sink.write([recordOf({ data: { n: 1 } })], signal)).toEqual([
      { status: 'ok', detail: 'position 1' },
    ])
    expect(accepted).toEqual([expect.objectContaining({ id: 'e1', forwardhops: 1, data: { n: 1 } })])
  })

  test('refuses an event that went round too often, so that a circle ends', async () => {
    const { sink, accepted } = busSink()
    const [outcome] = await sink.write([recordOf({ forwardhops: hopsMax })], signal)
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'sink.rejected', retry: { kind: 'never' } },
    })
    expect(accepted).toEqual([])
  })

  test('refuses a body that is no CloudEvent and takes the others of the batch', async () => {
    const { sink } = busSink()
    const outcomes = await sink.write([recordOf({}), recordOf({}, '"hello"'), recordOf({})], signal)
    expect(outcomes.map(({ status }) => status)).toEqual(['ok', 'failed', 'ok'])
  })

  test('fails for a while when the bus is gone', async () => {
    const sink = new BusSink({ accept: () => Promise.resolve([]) }, () => undefined)
    const [outcome] = await sink.write([recordOf({})], signal)
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'sink.unavailable', retry: { kind: 'backoff' } },
    })
  })

  test('what it forwards is a CloudEvent again', async () => {
    const { sink, accepted } = busSink()
    await sink.write([recordOf({ subject: 'x' })], signal)
    expect(scanStructured(Buffer.from(JSON.stringify(accepted[0]))).id).toBe('e1')
  })
})
