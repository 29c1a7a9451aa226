import { readAttributes } from '@millrace/cloudevents'
import { AppError, type LogEntry, retryNever } from '@millrace/spi'
import { Type } from 'typebox'
import { explainEvent } from '../../bus/index.ts'
import { busKey, Name } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'
import { BusParams } from './resource-schemas.ts'

/** Newest entries of the log that a search by source and id looks through. */
export const traceScanMax = 1_000_000
/** Events that a search by source and id answers; without de-duplication there may be many of the same id. */
export const tracesMax = 10

const TraceParams = Type.Object({ bus: Name, position: Type.Integer({ minimum: 1 }) })
const TracesQuery = Type.Object(
  {
    source: Type.String({ minLength: 1, maxLength: 2_048 }),
    id: Type.String({ minLength: 1, maxLength: 1_024 }),
  },
  { additionalProperties: false },
)

/** What became of an event: every rule that saw it, why it matched or not, every failed attempt and every ending. */
export function traceRoutes(app: Application, services: Services): void {
  app.get('/buses/:bus/events/:position/trace', { schema: getTrace }, async request => {
    const { bus: name, position } = request.params
    services.resources.buses.get(request.principal.account, name)
    const bus = busKey(request.principal.account, name)
    const [entry] = await services.eventLogs.get(bus, [position])
    const trace = await traceOf(services, bus, position, entry)
    if (entry === undefined && trace.journal.length === 0) throw eventNotFound(name, position)
    return trace
  })

  app.get('/buses/:bus/traces', { schema: findTraces }, async request => {
    const { bus: name } = request.params
    services.resources.buses.get(request.principal.account, name)
    const bus = busKey(request.principal.account, name)
    const entries = await findEvents(services, bus, request.query.source, request.query.id)
    const items = []
    for (const entry of entries) items.push(await traceOf(services, bus, entry.position, entry))
    return { items }
  })
}

async function traceOf(services: Services, bus: string, position: number, entry: LogEntry | undefined) {
  const journal = await services.delivery.trace(bus, position)
  if (entry === undefined) return { position, rules: [], journal }
  const versions = services.resources.snapshots.current().buses.get(bus)?.versions() ?? []
  const rules = explainEvent(versions, entry).map(({ until, ...verdict }) => ({
    ...verdict,
    ...(Number.isFinite(until) ? { until } : {}),
  }))
  return { position, acceptedAtMs: entry.acceptedAtMs, event: readAttributes(entry.bytes), rules, journal }
}

/** Reads the newest part of the log. The id is looked for as bytes first: almost no event is then looked at closer. */
async function findEvents(services: Services, bus: string, source: string, id: string): Promise<LogEntry[]> {
  const needle = Buffer.from(JSON.stringify(id))
  const { first, next } = await services.eventLogs.stat(bus)
  let position = Math.max(first, next - traceScanMax)
  const found: LogEntry[] = []
  while (position < next) {
    const entries = await services.eventLogs.read(bus, position, { entriesMax: 2_000, bytesMax: 4_194_304 })
    const last = entries.at(-1)
    if (last === undefined) break
    position = last.position + 1
    for (const entry of entries) {
      const bytes = Buffer.from(entry.bytes.buffer, entry.bytes.byteOffset, entry.bytes.byteLength)
      const mayBe = bytes.includes(needle) || bytes.includes(escapeSign)
      if (mayBe && isEvent(bytes, source, id)) found.push(entry)
    }
    if (found.length > tracesMax) found.splice(0, found.length - tracesMax)
  }
  return found
}

/** An event that holds any escape may write its id with escapes, and is then looked at closer. */
const escapeSign = '\\'

function isEvent(bytes: Uint8Array, source: string, id: string): boolean {
  const attributes = readAttributes(bytes)
  return attributes['id'] === id && attributes['source'] === source
}

function eventNotFound(bus: string, position: number): AppError {
  return new AppError('event.not-found', `the bus ${bus} has no event at position ${position}`, retryNever, {
    details: { position },
  })
}

const Trace = Type.Object({
  position: Type.Integer(),
  acceptedAtMs: Type.Optional(Type.Integer()),
  event: Type.Optional(
    Type.Object(
      {},
      { additionalProperties: true, description: 'The context attributes; absent when the event is gone.' },
    ),
  ),
  rules: Type.Array(
    Type.Object({
      rule: Type.String(),
      from: Type.Integer({ description: 'Position from which this version of the rule was live.' }),
      until: Type.Optional(
        Type.Integer({ description: 'First position at which it was not live any more.' }),
      ),
      matched: Type.Boolean(),
      explanation: Type.Object({}, { additionalProperties: true }),
    }),
    {
      description:
        'The versions of rules that were live when the event was accepted, as far as they are kept.',
    },
  ),
  journal: Type.Array(Type.Object({}, { additionalProperties: true }), {
    description:
      'Failed attempts and endings, oldest first. A delivery without an ending is still under way.',
  }),
})

const getTrace = operation({
  id: 'getTrace',
  access: needs('eventbridge:QueryEventTraces', 'eventbus/:bus'),
  tag: 'events',
  summary: 'Tells what became of an event: rules, reasons, attempts and endings.',
  params: TraceParams,
  answers: { 200: { description: 'The trace.', schema: Trace } },
  refusals: { 404: ['resource.not-found', 'event.not-found'] },
})

const findTraces = operation({
  id: 'findTraces',
  access: needs('eventbridge:QueryEventTraces', 'eventbus/:bus'),
  tag: 'events',
  summary: 'Finds events by source and id among the newest million of a bus, and tells what became of each.',
  params: BusParams,
  query: TracesQuery,
  answers: {
    200: { description: 'At most ten, oldest first.', schema: Type.Object({ items: Type.Array(Trace) }) },
  },
  refusals: { 404: ['resource.not-found'] },
})
