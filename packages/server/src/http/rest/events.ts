import type { LogEntry } from '@millrace/spi'
import { AppError, retryNever } from '@millrace/spi'
import type { FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { busKey } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import { type LiveStreams, wantsLiveStream } from '../live-stream.ts'
import type { Services } from '../services.ts'
import { needs } from '../access.ts'
import { operation } from './operation.ts'
import { BusParams } from './resource-schemas.ts'
import { type EventFilter, eventFilter, readLimits, tailEvents } from './tail.ts'

/** Entries that one list looks through at most; a filter that finds little ends the page early, with a `next`. */
export const listScanMax = 20_000
/** Bytes of the events of one list at most; the first one is always given. */
export const listBytesMax = 8_388_608

const EventsQuery = Type.Object(
  {
    from: Type.Optional(
      Type.Integer({
        minimum: 0,
        description:
          'Position to begin with. A list begins with the oldest retained event, a tail with the next one.',
      }),
    ),
    since: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'Begin with the first event accepted at or after this time (RFC 3339).',
      }),
    ),
    limit: Type.Integer({
      default: 100,
      minimum: 1,
      maximum: 1_000,
      description: 'Events of one list at most.',
    }),
    pattern: Type.Optional(
      Type.String({ maxLength: 16_384, description: 'An event pattern as JSON: only events that match it.' }),
    ),
  },
  { additionalProperties: false },
)
type EventsQuery = Static<typeof EventsQuery>

/** `GET /buses/{bus}/events`: what the log of a bus holds, once or live. */
export function eventRoutes(app: Application, services: Services, streams: LiveStreams): void {
  app.get('/buses/:bus/events', { schema: listEvents, exposeHeadRoute: false }, async (request, reply) => {
    const { account } = request.principal
    services.resources.buses.get(account, request.params.bus)
    const bus = busKey(account, request.params.bus)
    const filter = eventFilter(request.query.pattern)
    if (wantsLiveStream(request)) {
      const from =
        resumePosition(request) ??
        (await startPosition(services, bus, request.query)) ??
        services.eventLogs.next(bus)
      await streams.serve(
        reply,
        signal => tailEvents(services, bus, from, filter, signal),
        thrown => services.log.error('a live tail failed', { bus, cause: thrown }),
      )
      return reply
    }
    const from = (await startPosition(services, bus, request.query)) ?? 1
    return reply
      .type('application/json; charset=utf-8')
      .send(await listText(services, bus, from, request.query.limit, filter))
  })
}

/** A client that was cut off goes on behind the last event that it saw. */
function resumePosition(request: FastifyRequest): number | undefined {
  const last = request.headers['last-event-id']
  if (typeof last !== 'string' || !/^\d{1,15}$/.test(last)) return undefined
  return Number(last) + 1
}

async function startPosition(
  services: Services,
  bus: string,
  query: EventsQuery,
): Promise<number | undefined> {
  if (query.since === undefined) return query.from
  const timeMs = Date.parse(query.since)
  if (Number.isNaN(timeMs) || query.from !== undefined) {
    const reason = query.from === undefined ? 'is not an RFC 3339 time' : 'cannot stand beside from'
    throw new AppError('http.invalid-request', `query.since ${reason}`, retryNever, {
      details: { path: 'query.since' },
    })
  }
  return services.eventLogs.seek(bus, timeMs)
}

/** The page as text, with the events as they are stored: they are not parsed to be written again. */
async function listText(
  services: Services,
  bus: string,
  from: number,
  limit: number,
  filter: EventFilter,
): Promise<string> {
  const items: string[] = []
  let position = from
  let bytes = 0
  let scanned = 0
  let isAtTip = false
  while (items.length < limit && scanned < listScanMax && bytes < listBytesMax && !isAtTip) {
    const entries = await services.eventLogs.read(bus, position, readLimits)
    isAtTip = entries.length === 0
    for (const entry of entries) {
      if (items.length >= limit || bytes >= listBytesMax) break
      position = entry.position + 1
      scanned++
      if (!filter(entry.bytes)) continue
      items.push(itemText(entry))
      bytes += entry.bytes.length
    }
  }
  const next = isAtTip || position >= services.eventLogs.next(bus) ? '' : `,"next":"${position}"`
  return `{"items":[${items.join(',')}]${next}}`
}

function itemText({ position, acceptedAtMs, bytes }: LogEntry): string {
  const event = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  return `{"position":${position},"acceptedAtMs":${acceptedAtMs},"event":${event}}`
}

const listEvents = operation({
  id: 'listEvents',
  access: needs('eventbridge:QueryEvent', 'eventbus/:bus'),
  tag: 'events',
  summary: 'Reads the retained events of a bus, or follows them live.',
  description:
    'With `Accept: text/event-stream` a live tail of server-sent events: `id` is the position, `data` the event, and `Last-Event-ID` resumes behind that position. A message of type `end` tells why the server ends the stream. Without it a page of events; pass its `next` as `from` for the one behind it.',
  params: BusParams,
  query: EventsQuery,
  answers: {
    200: {
      description: 'A page, or the live tail.',
      schema: Type.Object({
        items: Type.Array(
          Type.Object({
            position: Type.Integer(),
            acceptedAtMs: Type.Integer({ description: 'Milliseconds since the epoch.' }),
            event: Type.Object(
              {},
              { additionalProperties: true, description: 'The CloudEvent as it is stored.' },
            ),
          }),
        ),
        next: Type.Optional(
          Type.String({ description: 'Position to go on from; absent at the end of the log.' }),
        ),
      }),
    },
  },
  refusals: {
    400: ['http.invalid-request', 'pattern.*'],
    404: ['resource.not-found'],
    429: ['http.tails-exhausted'],
  },
})
