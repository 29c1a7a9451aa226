import { rolesOfStream, StreamSpec } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs, needsToPut } from '../access.ts'
import { checkPass } from '../pass-role.ts'
import { factsOf } from '../request-facts.ts'
import { operation } from './operation.ts'
import { expectedRevision, publicResource, sendPut, sendResource } from './precondition.ts'
import { NamedParams, PageQuery, PageSchema, PutSchema, ResourceSchema } from './resource-schemas.ts'

const tag = 'streams'
const StreamResource = ResourceSchema(StreamSpec)

/** `/streams`: what is read elsewhere, and where it goes. */
export function streamRoutes(app: Application, services: Services): void {
  const { streams } = services.resources

  app.get('/streams', { schema: listStreams }, request => {
    const { items, next } = streams.list(request.principal.account, request.query)
    return { items: items.map(publicResource), next }
  })

  app.get('/streams/:name', { schema: getStream }, (request, reply) =>
    sendResource(reply, streams.get(request.principal.account, request.params.name)),
  )

  app.put('/streams/:name', { schema: putStream }, async (request, reply) => {
    const { account } = request.principal
    const { name } = request.params
    const passed = { roles: rolesOfStream(request.body), service: 'eventbridge.aliyuncs.com' } as const
    checkPass(services, request.principal, passed, factsOf(request.raw))
    const { created } = await streams.put(account, name, request.body, expectedRevision(request.headers))
    return sendPut(reply, created, streams.get(account, name))
  })

  app.delete('/streams/:name', { schema: deleteStream }, async (request, reply) => {
    const { name } = request.params
    await streams.delete(request.principal.account, name, expectedRevision(request.headers))
    return reply.code(204).send()
  })
}

const listStreams = operation({
  id: 'listStreams',
  access: needs('eventbridge:ListEventStreamings', 'eventstreaming/*'),
  tag,
  summary: 'Lists the streams of the account by name.',
  query: PageQuery,
  answers: { 200: { description: 'One page.', schema: PageSchema(StreamResource) } },
})

const getStream = operation({
  id: 'getStream',
  access: needs('eventbridge:GetEventStreaming', 'eventstreaming/:name'),
  tag,
  summary: 'Reads a stream; the secrets of its options are sealed.',
  params: NamedParams,
  answers: { 200: { description: 'The stream.', schema: StreamResource } },
  refusals: { 404: ['resource.not-found'] },
})

const putStream = operation({
  id: 'putStream',
  access: needsToPut(
    'eventbridge:CreateEventStreaming',
    'eventbridge:UpdateEventStreaming',
    'eventstreaming/:name',
  ),
  tag,
  summary: 'Creates a stream or replaces it.',
  description:
    'It begins to read at once, unless it is paused; a changed stream goes on from where it was. `If-Match` and `If-None-Match: *` are honoured. A `role`, whether it is given or was there, needs `ram:PassRole`.',
  params: NamedParams,
  body: StreamSpec,
  answers: {
    200: { description: 'It was there before.', schema: PutSchema(StreamSpec) },
    201: { description: 'It is new.', schema: PutSchema(StreamSpec) },
  },
  refusals: {
    400: [
      'http.invalid-request',
      'resource.name-invalid',
      'options.invalid',
      'plugin.unknown',
      'plugin.unsuitable',
      'instance.invalid',
      'rule.sink-invalid',
      'role.*',
    ],
    412: ['resource.conflict'],
    429: ['resource.limit-exceeded'],
    507: ['storage.full'],
  },
})

const deleteStream = operation({
  id: 'deleteStream',
  access: needs('eventbridge:DeleteEventStreaming', 'eventstreaming/:name'),
  tag,
  summary: 'Stops a stream and deletes it.',
  params: NamedParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'], 412: ['resource.conflict'] },
})
