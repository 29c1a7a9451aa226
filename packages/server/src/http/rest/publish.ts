import {
  batchMediaType,
  CloudEventError,
  contentModeOf,
  type EventText,
  ResolvedOptions,
  scanBatch,
  scanBinary,
  scanStructured,
  structuredMediaType,
} from '@millrace/cloudevents'
import { AppError } from '@millrace/spi'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type AcceptOutcome, engineAttributePrefix } from '../../ingest/index.ts'
import { busKey, type BusView, notFound } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { HttpLimits } from '../limits.ts'
import type { Services } from '../services.ts'
import { fromCloudEvents, unsupportedMediaType } from '../translate.ts'
import { operation } from './operation.ts'
import { BusParams } from './resource-schemas.ts'

/**
 * `POST /buses/{bus}/events`: the CloudEvents HTTP binding, and the one operation that is called for every event. The
 * body is read as bytes and scanned once; nothing is built from it but the answer.
 */
export function publishRoute(app: Application, services: Services, limits: HttpLimits): void {
  const publisher = new Publisher(services, limits)
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: limits.publishBytesMax },
      (_request, body, parsed) => parsed(null, body),
    )
    scope.post<{ Params: { bus: string } }>(
      '/buses/:bus/events',
      { schema: publishEvents, bodyLimit: limits.publishBytesMax, config: { accepts: eventModes } },
      (request, reply) => publisher.publish(request, reply),
    )
    done()
  })
}

class Publisher {
  private readonly services: Services
  private readonly options: ResolvedOptions

  constructor(services: Services, limits: HttpLimits) {
    this.services = services
    // The limit of the bus is judged by ingest, which knows the bus; here only the body bounds an event.
    this.options = new ResolvedOptions({
      eventBytesMax: limits.publishBytesMax,
      batchBytesMax: limits.publishBytesMax,
      watchPrefix: engineAttributePrefix,
    })
  }

  async publish(
    request: FastifyRequest<{ Params: { bus: string } }>,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const bus = this.bus(request.principal.account, request.params.bus)
    const body = (request.body as Buffer | undefined) ?? nothing
    const mode = contentMode(request)
    if (mode === 'batch') return this.publishBatch(bus, body, reply)
    const event =
      mode === 'structured'
        ? scanStructured(body, this.options)
        : scanBinary(request.headers, body, this.options)
    const [outcome] = await this.services.ingest.accept(bus, [event])
    if (outcome === undefined || outcome.status === 'refused') throw outcome?.error ?? new Error('no outcome')
    return reply.type(jsonType).send(acceptedText(outcome))
  }

  private async publishBatch(bus: BusView, body: Buffer, reply: FastifyReply): Promise<FastifyReply> {
    const scanned = scanBatch(body, this.options)
    const events = scanned.filter((item): item is EventText => !(item instanceof CloudEventError))
    const accepted = events.length === 0 ? [] : await this.services.ingest.accept(bus, events)
    const outcomes = events.length === scanned.length ? accepted : interleave(scanned, accepted)
    const refused = outcomes.filter(outcome => outcome.status === 'refused')
    const [first] = refused
    if (first === undefined) return reply.type(jsonType).send(batchText(outcomes, 0))
    if (refused.length < outcomes.length)
      return reply.code(207).type(jsonType).send(batchText(outcomes, refused.length))
    throw withOutcomes(first.error, outcomes)
  }

  private bus(account: string, name: string): BusView {
    const bus = this.services.resources.snapshots.current().buses.get(busKey(account, name))
    if (bus === undefined) throw notFound('bus', name)
    return bus
  }
}

const nothing = Buffer.alloc(0)
const jsonType = 'application/json; charset=utf-8'

function contentMode(request: FastifyRequest): 'structured' | 'batch' | 'binary' {
  const { headers } = request
  const contentType = headers['content-type']
  if (contentType === structuredMediaType) return 'structured'
  const mode = contentModeOf(contentType)
  const isCarried =
    mode === 'binary' ? 'ce-specversion' in headers || 'ce-id' in headers : mode !== 'unsupported'
  if (!isCarried) throw unsupportedMediaType(contentType, eventModes)
  if (mode === 'unsupported') throw unsupportedMediaType(contentType, eventModes)
  if (mode !== 'binary') checkCharset(contentType)
  return mode
}

const eventModes = [
  structuredMediaType,
  batchMediaType,
  'an event in binary mode (ce-specversion, ce-id… as headers)',
]

/** The JSON formats are UTF-8, whatever a header says (RFC 8259, section 8.1). */
function checkCharset(contentType: string | undefined): void {
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(contentType ?? '')?.[1]
  if (charset === undefined || charset.toLowerCase() === 'utf-8') return
  throw unsupportedMediaType(
    contentType,
    eventModes.map(mode => (mode.startsWith('an ') ? mode : `${mode} in UTF-8`)),
  )
}

/** Puts the outcomes of the good events back among those that were refused while scanning. */
function interleave(
  scanned: readonly (EventText | CloudEventError)[],
  accepted: readonly AcceptOutcome[],
): AcceptOutcome[] {
  let next = 0
  return scanned.map(item => {
    if (item instanceof CloudEventError) {
      return {
        status: 'refused',
        id: undefined,
        error: fromCloudEvents(item) ?? new AppError(item.code, item.message),
      }
    }
    const outcome = accepted[next++]
    if (outcome === undefined) throw new Error('ingest gives one outcome for each event')
    return outcome
  })
}

/** Built by hand: this is the answer that is sent most often. */
function acceptedText(outcome: Exclude<AcceptOutcome, { status: 'refused' }>): string {
  return `{"id":${JSON.stringify(outcome.id)},"position":${outcome.position},"duplicate":${outcome.status === 'duplicate'}}`
}

function batchText(outcomes: readonly AcceptOutcome[], failed: number): string {
  const parts = outcomes.map(outcome =>
    outcome.status === 'refused' ? JSON.stringify(refusal(outcome.id, outcome.error)) : acceptedText(outcome),
  )
  return `{"accepted":${outcomes.length - failed},"failed":${failed},"outcomes":[${parts.join(',')}]}`
}

function refusal(id: string | undefined, error: AppError): Record<string, unknown> {
  return { ...(id === undefined ? {} : { id }), error: { code: error.code, detail: error.message } }
}

/** Of a batch none of which was taken: the problem is that of the first event, and tells all outcomes besides. */
function withOutcomes(error: AppError, outcomes: readonly AcceptOutcome[]): AppError {
  const failures = outcomes.map(outcome =>
    outcome.status === 'refused' ? refusal(outcome.id, outcome.error) : {},
  )
  return new AppError(error.code, error.message, error.retry, {
    cause: error.cause,
    details: { ...error.details, accepted: 0, failed: outcomes.length, outcomes: failures },
  })
}

const Accepted = Type.Object({
  id: Type.String(),
  position: Type.Integer({
    description: 'Where the event stands on its bus; for a duplicate, where the first one does.',
  }),
  duplicate: Type.Boolean({
    description: 'It was accepted before, within the window of the bus, and not stored again.',
  }),
})

const BatchOutcomes = Type.Object({
  accepted: Type.Integer({ description: 'Events that are stored, duplicates included.' }),
  failed: Type.Integer(),
  outcomes: Type.Array(
    Type.Union([
      Accepted,
      Type.Object({
        id: Type.Optional(Type.String()),
        error: Type.Object({ code: Type.String(), detail: Type.String() }),
      }),
    ]),
    { description: 'One for each event, in the order of the batch.' },
  ),
})

const publishEvents = {
  ...operation({
    id: 'publishEvents',
    tag: 'events',
    summary: 'Publishes one event or a batch by the CloudEvents HTTP binding.',
    description: `Three modes: \`${structuredMediaType}\`, \`${batchMediaType}\`, or binary with \`ce-\` headers. The answer comes when the events are as safe as the bus promises. A batch is answered event by event: 200 when all were accepted, 207 when some were, else the status of the first refusal.`,
    params: BusParams,
    answers: {
      200: { description: 'Accepted.', schema: Type.Union([Accepted, BatchOutcomes]) },
      207: { description: 'A part of the batch was accepted.', schema: BatchOutcomes },
    },
    refusals: {
      400: ['http.malformed-request', 'http.invalid-request', 'cloudevents.*'],
      403: ['bus.read-only'],
      404: ['resource.not-found'],
      413: [
        'http.body-too-large',
        'cloudevents.batch-too-large',
        'cloudevents.too-many-events',
        'event.too-large',
      ],
      415: ['http.unsupported-media-type'],
      429: ['bus.log-full'],
      507: ['storage.full'],
    },
  }),
  'x-millrace-body': 'events',
}
