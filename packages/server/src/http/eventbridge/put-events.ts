import type { EventText } from '@millrace/cloudevents'
import { type AppError, assert, type Random, toAppError } from '@millrace/spi'
import type { AcceptOutcome } from '../../ingest/index.ts'
import { busKey, type BusView, defaultBusName, notFound } from '../../resources/index.ts'
import type { Services } from '../services.ts'
import { fromCloudEvents } from '../translate.ts'
import type { Action, Answer, Call } from './action.ts'
import { namedBus, type NamedBus } from './bus-name.ts'
import { type GivenEvent, readEvents } from './read-events.ts'
import { Refusal } from './refusal.ts'
import { Stamper } from './stamp.ts'
import { wireCode } from './wire-code.ts'

/** What became of one event (section 4.5). */
interface ResultEntry {
  readonly EventId: string
  readonly TraceId?: string
  readonly ErrorCode: string
  readonly ErrorMessage?: string
}

/** One element that has been judged: an entry is there when it will not be published. */
type Judged =
  | { readonly entry: ResultEntry }
  | { readonly entry: undefined; readonly event: EventText; readonly traceId: string }

/** An element of the request; the name of the bus is looked for once. */
type ReadEvent =
  | Extract<GivenEvent, { event: undefined }>
  | { readonly event: EventText; readonly named: NamedBus }

const success = 'Success'

/**
 * Publishes up to 16 events to the bus that they name (section 4.5). 200 means that every event has an entry, not that
 * every event was taken. The whole request is refused when it names no bus, several, or one that is not there; when
 * none of its elements is an event; and when the bus could take none of them for a reason that will pass.
 */
export function putEventsAction(services: Services, random: Random): Action {
  return { subject: 'event', run: call => putEvents(services, random, call) }
}

async function putEvents(services: Services, random: Random, call: Call): Promise<Answer> {
  const given = readEvents(call).map(readOnce)
  const bus = busOf(services, call, given)
  const stamper = new Stamper({
    bus: bus.name,
    account: call.account,
    region: services.node.region,
    publishedAtMs: services.clock.nowMs(),
    peer: call.peer,
  })
  const judged = given.map((item): Judged => {
    if (item.event === undefined) return { entry: refusedEntry(item.id, item.error) }
    if (item.named.name === '') return { entry: refusedEntry(item.event.id, noBus()) }
    const known = traceIdOf(item.event.traceparent)
    const traceId = known ?? hexDigits(random, 32)
    const traceparent = known === undefined ? `00-${traceId}-${hexDigits(random, 16)}-01` : undefined
    return { entry: undefined, event: stamper.stamp(item.event, item.named, traceparent), traceId }
  })
  const events = judged.flatMap(item => (item.entry === undefined ? [item.event] : []))
  const tooMany = services.quotas.takeEvents(bus, events.length, 'eventbridge')
  if (tooMany !== undefined) throw tooMany
  const outcomes = await services.ingest.accept(bus, events)
  throwIfNoneAndPassing(outcomes)
  const entries = entriesOf(judged, outcomes)
  const failed = entries.filter(({ ErrorCode }) => ErrorCode !== success).length
  return { FailedEntryCount: failed, EntryList: entries }
}

function readOnce(item: GivenEvent): ReadEvent {
  if (item.event === undefined) return item
  return { event: item.event, named: namedBus(item.event) }
}

/** The one bus of the request. Elements that are no events have no say in it. */
function busOf(services: Services, call: Call, given: readonly ReadEvent[]): BusView {
  const names = new Set<string>()
  for (const item of given) if (item.event !== undefined) names.add(item.named.name)
  const [first] = given
  if (names.size === 0 && first?.event === undefined && first !== undefined) throw first.error
  names.delete('')
  const [name, other] = names
  if (name === undefined) throw noBus()
  if (other !== undefined) {
    throw new Refusal('PutEventsRequestMoreThanOneEventBus', 'the events of one request must name one bus')
  }
  call.permit({ EventBusName: name })
  if (name === defaultBusName) {
    throw new Refusal('AccessDenied', 'the bus default takes the events of the platform only', 403)
  }
  const bus = services.resources.snapshots.current().buses.get(busKey(call.account, name))
  if (bus === undefined) throw notFound('bus', name.slice(0, 127))
  return bus
}

function noBus(): Refusal {
  return new Refusal('EventBusEmpty', 'the event has no attribute aliyuneventbusname')
}

/** A full log or disk is told as what it is, so that clients wait instead of counting entries. */
function throwIfNoneAndPassing(outcomes: readonly AcceptOutcome[]): void {
  const [first] = outcomes
  if (first?.status !== 'refused' || first.error.retry.kind === 'never') return
  if (outcomes.every(({ status }) => status === 'refused')) throw first.error
}

function entriesOf(judged: readonly Judged[], outcomes: readonly AcceptOutcome[]): ResultEntry[] {
  let next = 0
  return judged.map(item => {
    if (item.entry !== undefined) return item.entry
    const outcome = outcomes[next++]
    assert(outcome !== undefined, 'ingest gives one outcome for each event')
    const { id } = item.event
    if (outcome.status === 'refused') return refusedEntry(id, outcome.error)
    return { EventId: id, TraceId: item.traceId, ErrorCode: success }
  })
}

function refusedEntry(id: string, thrown: unknown): ResultEntry {
  if (thrown instanceof Refusal) {
    return { EventId: id, ErrorCode: thrown.code, ErrorMessage: thrown.message }
  }
  const error: AppError = fromCloudEvents(thrown) ?? toAppError(thrown)
  const status = error.retry.kind === 'never' ? 400 : 500
  const { code } = wireCode(error.code, error.details ?? {}, status, 'event')
  return { EventId: id, ErrorCode: code, ErrorMessage: error.message }
}

/** The trace that the producer began (W3C Trace Context, section 3.2), if it did. */
function traceIdOf(traceparent: string | undefined): string | undefined {
  return /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-/.exec(traceparent ?? '')?.[1]
}

/** Never all zero: a trace or a span of zeros is invalid. */
function hexDigits(random: Random, count: number): string {
  let digits = ''
  for (let made = 0; made < count; made += 8) {
    const word = 1 + Math.floor(random.next() * 0xffff_ffff)
    digits += fourDigits(word >>> 16) + fourDigits(word & 0xffff)
  }
  return digits
}

/** Small whole numbers: `toString(16)` of one above 31 bits takes five times as long. */
function fourDigits(value: number): string {
  return (0x1_0000 + value).toString(16).slice(1)
}
