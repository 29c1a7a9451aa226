import {
  ok,
  type Outcome,
  type OutgoingRecord,
  type Sink,
  type Source,
  type SourceRecord,
  sourceEvent,
} from '@millrace/spi'

const partitions = 12
/** Distinct events, in turn; more than a processor's caches of the first levels hold. */
const distinct = 4_096
const eventBytes = 1_024

/** A source of as many records as are wanted, that costs next to nothing: events are made once and handed out again. */
export class SimulatedSource implements Source {
  readonly total: number
  committed = 0
  #next = 0
  readonly #events = Array.from({ length: distinct }, (_, index) => recordOf(index))

  constructor(total: number) {
    this.total = total
  }

  read(limits: { readonly recordsMax: number }, signal: AbortSignal): Promise<SourceRecord[]> {
    const count = Math.min(limits.recordsMax, this.total - this.#next)
    if (count === 0) return untilAborted(signal)
    const records = Array.from({ length: count }, (_, index) => ({
      ...this.#events[(this.#next + index) % distinct]!,
    }))
    this.#next += count
    return Promise.resolve(records)
  }

  commit(records: readonly SourceRecord[]): Promise<void> {
    this.committed += records.length
    return Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

/** As the Kafka source makes them; half of them are orders. */
function recordOf(index: number): SourceRecord {
  const partition = index % partitions
  const value = {
    kind: index % 2 === 0 ? 'order' : 'visit',
    order: index,
    customer: `c-${(index * 7_919) % 100_000}`,
    amount: index / 100,
    note: '',
  }
  const data = {
    topic: 'orders',
    partition,
    offset: index,
    timestamp: 1_767_323_045_589,
    headers: { headers: [], isReadOnly: false },
    key: value.customer,
    value,
  }
  const id = `orders-${partition}-${index}`
  const make = (): Uint8Array =>
    sourceEvent({
      id,
      source: 'acs:alikafka',
      type: 'alikafka:Topic:Message',
      subject: 'acs:alikafka:local:topic:orders',
      timeMs: data.timestamp,
      data: JSON.stringify(data),
    })
  value.note = 'x'.repeat(eventBytes - make().length)
  return { event: make(), id, partition: String(partition) }
}

/** Takes everything, and adds up what it got. */
export class CountingSink implements Sink {
  records = 0
  bytes = 0

  write(records: readonly OutgoingRecord[]): Promise<Outcome[]> {
    this.records += records.length
    for (const { body } of records) this.bytes += body.length
    return Promise.resolve(records.map(() => ok))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}
