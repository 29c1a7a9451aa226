import { connector } from '@millrace/connector-kafka'
import { optionsParser, systemClock, systemRandom } from '@millrace/spi'
import { outgoing } from '@millrace/spi/conformance'

/** What both sides are asked to do. */
export interface Work {
  readonly bootstrap: string
  readonly from: string
  readonly to: string
  readonly group: string
  /** Records of `from`, all of which are read. */
  readonly records: number
}

/** Every fifth record is dropped by the filter. */
export const keptOf = (records: number): number => records - Math.floor(records / 5)

/** One record of a kilobyte. */
function recordText(index: number): string {
  const record = {
    id: `order-${index}`,
    kind: index % 5 === 4 ? 'refund' : 'order',
    customer: {
      name: `customer ${index % 1_000}`,
      address: { city: 'Hangzhou', street: `${index} Lake Road` },
    },
    total: index * 0.25,
    text: '',
  }
  const text = JSON.stringify(record)
  return text.replace('"text":""', `"text":"${'x'.repeat(Math.max(0, 1_024 - text.length))}"`)
}

/** Fills a topic, by the connector's own sink. */
export async function fill(
  bootstrap: string,
  topic: string,
  records: number,
  signal: AbortSignal,
): Promise<void> {
  const definition = connector.sink
  if (definition === undefined) throw new Error('the Kafka connector has no sink')
  const options = optionsParser('kafka', definition.options)({ bootstrap, topic })
  await using sink = definition.open(options, {
    clock: systemClock,
    random: systemRandom(systemClock),
    log: { debug() {}, info() {}, warn() {}, error() {} },
    allowPrivateTargets: true,
    fileRoots: [],
    name: 'fill',
  })
  const batch = 1_000
  for (let start = 0; start < records; start += batch) {
    const indexes = Array.from({ length: Math.min(batch, records - start) }, (_, i) => start + i)
    const outcomes = await sink.write(
      indexes.map(index =>
        outgoing(`r${index}`, {
          body: Buffer.from(recordText(index)),
          parameters: { key: `customer ${index % 1_000}` },
        }),
      ),
      signal,
    )
    const failed = outcomes.find(({ status }) => status === 'failed')
    if (failed?.status === 'failed') throw failed.error
  }
}
