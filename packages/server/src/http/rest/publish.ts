import { batchMediaType, structuredMediaType } from '@millrace/cloudevents'
import { Type } from 'typebox'
import type { Application } from '../application.ts'
import { operation } from './operation.ts'
import { publishAccess, type PublishDoor } from './publish-door.ts'
import { eventModes } from './publish-mode.ts'
import { BusParams } from './resource-schemas.ts'

/**
 * `POST /buses/{bus}/events`: the CloudEvents HTTP binding. Declared here like every other operation, so that it is
 * described; the listener hands most requests to the door directly, and those with an unusual path arrive by this way.
 */
export function publishRoute(app: Application, door: PublishDoor): void {
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _body, parsed) => parsed(null, undefined))
    scope.post<{ Params: { bus: string } }>(
      '/buses/:bus/events',
      { schema: publishEvents, config: { accepts: eventModes, readsBody: true } },
      async (request, reply) => {
        reply.hijack()
        await door.handle(request.raw, reply.raw, request.params.bus)
      },
    )
    done()
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
        error: Type.Object({
          code: Type.String(),
          detail: Type.String(),
          retryable: Type.Boolean({ description: 'The same event may be accepted later.' }),
        }),
      }),
    ]),
    { description: 'One for each event, in the order of the batch.' },
  ),
})

const EventSchema = Type.Object(
  { specversion: Type.Literal('1.0'), id: Type.String(), source: Type.String(), type: Type.String() },
  { additionalProperties: true, description: 'A CloudEvent 1.0 in the JSON format.' },
)

const publishEvents = {
  ...operation({
    id: 'publishEvents',
    access: publishAccess,
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
      429: ['bus.log-full', 'quota.rate-exceeded', 'quota.bytes-exceeded'],
      503: ['http.overloaded', 'ingest.closed', 'storage.closed'],
      507: ['storage.full'],
    },
  }),
  'x-millrace-body': {
    [structuredMediaType]: EventSchema,
    [batchMediaType]: Type.Array(EventSchema),
    '*/*': Type.Unknown({
      description: 'Binary mode: the data of the event; its attributes are `ce-` headers.',
    }),
  },
}
