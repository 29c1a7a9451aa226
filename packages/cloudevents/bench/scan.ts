/**
 * How long one event takes, for this package beside `JSON.parse` (which validates no attribute) and the official
 * SDK (which validates little): `node packages/cloudevents/bench/scan.ts`. Ratios count; absolute numbers are the
 * machine's.
 */
import { HTTP } from 'cloudevents'
import {
  CloudEventError,
  encodeAttributes,
  ResolvedOptions,
  scanBatch,
  scanBinary,
  scanStructured,
} from '../src/index.ts'
import { replaceAttributes, toBinary, withAttributes } from '../src/index.ts'

const rounds = 7

/** An event whose structured text has about `size` bytes. */
function sample(index: number, size: number): string {
  const items: { sku: string; quantity: number; price: number; note: string }[] = []
  const event = {
    specversion: '1.0',
    id: `0b9d1c52-7d1e-4a22-8333-${String(index).padStart(12, '0')}`,
    source: '/shops/berlin/orders',
    type: 'com.example.order.placed',
    time: '2026-01-31T12:00:00.123Z',
    datacontenttype: 'application/json',
    data: { order: index, customer: 'c-1029', paid: true, items },
  }
  while (JSON.stringify(event).length < size) {
    items.push({ sku: `A-${items.length}`, quantity: 3, price: 12.5, note: 'leave at the door, please' })
  }
  return JSON.stringify(event)
}

/** The median of the rounds, in nanoseconds of processor time for one event, so that neighbours disturb less. */
function measure(name: string, size: number, events: number, run: () => number): void {
  const share = name.includes('sdk') ? 0.1 : 1
  const repeats = Math.max(1, Math.round((20_000_000 / size / events) * share))
  const times: number[] = []
  let sink = 0
  for (let round = 0; round < rounds; round++) {
    const begin = process.cpuUsage()
    for (let repeat = 0; repeat < repeats; repeat++) sink += run()
    const used = process.cpuUsage(begin)
    times.push(((used.user + used.system) * 1_000) / repeats / events)
  }
  times.sort((left, right) => left - right)
  const median = times[rounds >> 1] ?? 0
  process.stdout.write(
    `${name.padEnd(44)}${median.toFixed(0).padStart(8)} ns/event${sink === 0 ? ' (!)' : ''}\n`,
  )
}

function benchSize(size: number): void {
  const texts = Array.from({ length: 100 }, (_, index) => sample(index, size))
  const one = Buffer.from(texts[0] ?? '')
  const batch = Buffer.from(`[${texts.join(',')}]`)
  const options = new ResolvedOptions({ watchPrefix: 'millrace' })
  process.stdout.write(`\n${one.length} bytes an event, 100 events a batch\n`)
  measure('JSON.parse(batch.toString())', size, 100, () => (JSON.parse(batch.toString()) as unknown[]).length)
  measure('scanBatch', size, 100, () => scanBatch(batch, options).length)
  measure('scanBatch, reading id, source, type', size, 100, () => {
    let length = 0
    for (const event of scanBatch(batch, options)) {
      if (!(event instanceof CloudEventError))
        length += event.id.length + event.source.length + event.type.length
    }
    return length
  })
  measure(
    'JSON.parse(one.toString())',
    size,
    1,
    () => Object.keys(JSON.parse(one.toString()) as object).length,
  )
  measure('scanStructured', size, 1, () => scanStructured(one, options).bytes.length)
  const message = toBinary(one)
  measure('scanBinary', size, 1, () => scanBinary(message.headers, message.body, options).bytes.length)
  measure('toBinary', size, 1, () => toBinary(one).body.length)
  const added = encodeAttributes({ millracebus: 'orders', millraceaccepted: '2026-01-31T12:00:00.123Z' })
  measure('withAttributes, encoded once', size, 1, () => withAttributes(one, added).length)
  measure('replaceAttributes', size, 1, () => replaceAttributes(one, { millracebus: 'orders' }).length)
  const headers = { 'content-type': 'application/cloudevents+json' }
  const body = one.toString()
  measure('cloudevents sdk, HTTP.toEvent structured', size, 1, () =>
    Number(HTTP.toEvent({ headers, body }) !== undefined),
  )
}

for (const size of [400, 1_000, 10_000]) benchSize(size)
