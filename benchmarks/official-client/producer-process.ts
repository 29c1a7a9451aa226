import { readFileSync } from 'node:fs'
import { type Place, producers } from './producers.ts'

/** What one run of a producer is told. */
export interface ProducerOrder extends Place {
  readonly kind: keyof typeof producers
  /** Of the server, whose processor time is read. */
  readonly processId: number
  readonly eventsPerRequest: number
  /** Requests under way at once. */
  readonly requestsInFlight: number
  /** What just-in-time compilation needs; not measured. */
  readonly warmupRequests: number
  readonly durationMs: number
  /** Number of the first event: no run repeats the ids of another. */
  readonly sequenceStart: number
}

/** What one run found. */
export interface ProducerResult {
  readonly events: number
  readonly eventsPerSecond: number
  /** Processor time of the server and of this process for one event, in microseconds. */
  readonly serverMicros: number
  readonly clientMicros: number
}

const order = JSON.parse(process.argv[2] ?? '') as ProducerOrder
const produce = producers[order.kind](order)
let sequence = order.sequenceStart
await publishUntil(() => sequence - order.sequenceStart >= order.warmupRequests * order.eventsPerRequest)
const serverBefore = processorMicros(order.processId)
const clientBefore = process.cpuUsage()
const from = performance.now()
const endAtMs = from + order.durationMs
const events = await publishUntil(() => performance.now() >= endAtMs)
const seconds = (performance.now() - from) / 1_000
const { user, system } = process.cpuUsage(clientBefore)
const result: ProducerResult = {
  events,
  eventsPerSecond: events / seconds,
  serverMicros: (processorMicros(order.processId) - serverBefore) / events,
  clientMicros: (user + system) / events,
}
console.log(`result ${JSON.stringify(result)}`)
process.exit()

/** Resolves with how many events were published and answered. */
async function publishUntil(isOver: () => boolean): Promise<number> {
  const { eventsPerRequest, requestsInFlight } = order
  const before = sequence
  await Promise.all(
    Array.from({ length: requestsInFlight }, async () => {
      while (!isOver()) {
        const first = sequence
        sequence += eventsPerRequest
        await produce(first, eventsPerRequest)
      }
    }),
  )
  return sequence - before
}

/** All that a process has used so far. The kernel tells it in hundredths of a second, which `USER_HZ` is everywhere. */
function processorMicros(processId: number): number {
  const text = readFileSync(`/proc/${processId}/stat`, 'utf8')
  const [user, system] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
  return (Number(user) + Number(system)) * 10_000
}
