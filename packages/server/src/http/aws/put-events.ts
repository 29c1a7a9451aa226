import { CloudEventError, type EventText } from '@millrace/cloudevents'
import { type AppError, assert } from '@millrace/spi'
import { type Static, Type } from 'typebox'
import type { BusView } from '../../resources/index.ts'
import { busOf } from './bus-access.ts'
import { EntryRefusal, entryBytes, eventOf, isComplete, PutEventsEntry } from './event-in.ts'
import { type Answer, type Call, type Operation, operation } from './operation.ts'
import { invalid, Refusal } from './refusal.ts'
import { uuidOf } from './uuid.ts'

const PutEvents = Type.Object({
  Entries: Type.Array(PutEventsEntry, { minItems: 1, maxItems: 10 }),
  EndpointId: Type.Optional(Type.String()),
})

/** Bytes of all entries of a request together; they must stay below. */
const entriesBytesMax = 1_048_576

/**
 * Publishes up to 10 events, each to the bus that it names (section 10.2 of the AWS protocol). 200 means that every entry has an answer,
 * not that every event was taken.
 */
export const putEventsOperation: Operation = operation(PutEvents, putEvents)

type ResultEntry =
  | { readonly EventId: string }
  | { readonly ErrorCode: string; readonly ErrorMessage: string }

/** An entry that is to be published, with its place in the answer. */
interface Judged {
  readonly index: number
  readonly event: EventText
}

async function putEvents(call: Call, { Entries }: Static<typeof PutEvents>): Promise<Answer> {
  checkRequest(Entries)
  const results: ResultEntry[] = []
  const byBus = new Map<BusView, Judged[]>()
  const nowMs = call.services.clock.nowMs()
  for (const [index, entry] of Entries.entries()) {
    try {
      const stamps = { id: uuidOf(call.random), owner: call.owner, region: call.region, nowMs }
      const event = eventOf(entry, stamps)
      const bus = await busOf(call, entry.EventBusName)
      const judged = byBus.get(bus) ?? []
      byBus.set(bus, [...judged, { index, event }])
    } catch (thrown) {
      results[index] = refusedEntry(thrown)
    }
  }
  await Promise.all([...byBus].map(([bus, judged]) => publish(call, bus, judged, results)))
  const FailedEntryCount = results.filter(result => 'ErrorCode' in result).length
  return { FailedEntryCount, Entries: results }
}

function checkRequest(entries: readonly PutEventsEntry[]): void {
  const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0)
  if (bytes >= entriesBytesMax) {
    throw invalid(
      `Total size of the entries in the request is over the limit. It is ${bytes} bytes, and must be below ${entriesBytesMax}.`,
    )
  }
  if (!entries.some(isComplete)) {
    throw invalid('Parameter Entries is not valid. Reason: no entry has Source, DetailType and Detail.')
  }
}

async function publish(
  { services }: Call,
  bus: BusView,
  judged: readonly Judged[],
  results: ResultEntry[],
): Promise<void> {
  const tooMany = services.quotas.takeEvents(bus, judged.length, 'aws')
  if (tooMany !== undefined) throw tooMany
  const outcomes = await services.ingest.accept(
    bus,
    judged.map(({ event }) => event),
  )
  for (const [order, { index, event }] of judged.entries()) {
    const outcome = outcomes[order]
    assert(outcome !== undefined, 'ingest gives one outcome for each event')
    results[index] = outcome.status === 'refused' ? passingEntry(outcome.error) : { EventId: event.id }
  }
}

/** Why an entry cannot be an event here; what is not about the entry is the failure of the whole request. */
function refusedEntry(thrown: unknown): ResultEntry {
  if (thrown instanceof EntryRefusal) return { ErrorCode: thrown.code, ErrorMessage: thrown.message }
  if (thrown instanceof Refusal) return { ErrorCode: 'InvalidArgument', ErrorMessage: thrown.message }
  if (!(thrown instanceof CloudEventError)) throw thrown
  const parameter = parameterNames[thrown.attribute ?? ''] ?? 'Detail'
  const ErrorMessage = `Parameter ${parameter} is not valid. Reason: ${thrown.message}`
  return { ErrorCode: parameter === 'Detail' ? 'MalformedDetail' : 'InvalidArgument', ErrorMessage }
}

const parameterNames: Readonly<Record<string, string>> = {
  source: 'Source',
  awssource: 'Source',
  type: 'DetailType',
  time: 'Time',
  subject: 'Resources',
  awsresources: 'Resources',
  awstraceheader: 'TraceHeader',
}

/** What the bus could not take. */
function passingEntry({ code, message, retry }: AppError): ResultEntry {
  if (retry.kind === 'never') return { ErrorCode: 'InvalidArgument', ErrorMessage: message }
  const isFull = code === 'bus.log-full' || code === 'storage.full' || code === 'quota.bytes-exceeded'
  return { ErrorCode: isFull ? 'ThrottlingException' : 'InternalFailure', ErrorMessage: message }
}
