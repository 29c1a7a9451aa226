import { Type } from 'typebox'
import { TopicSpec } from '../../resources/index.ts'
import { tagLengthMax } from '../../topics/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs, needsToPut } from '../access.ts'
import { operation } from './operation.ts'
import { expectedRevision, publicResource, sendPut, sendResource } from './precondition.ts'
import { bodyOf } from './queue-messages.ts'
import { NamedParams, PageQuery, PageSchema, PutSchema, ResourceSchema } from './resource-schemas.ts'

const tag = 'topics'
const TopicResource = ResourceSchema(TopicSpec)

const PublishBody = Type.Object(
  {
    body: Type.Optional(Type.String({ description: 'As text; either this or `bodyBase64`.' })),
    bodyBase64: Type.Optional(Type.String({ contentEncoding: 'base64', description: 'As bytes.' })),
    tag: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: tagLengthMax,
        description: 'Subscriptions with a filter get only what has exactly their tag.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** `/topics`: what passes messages on to its subscriptions. */
export function topicRoutes(app: Application, services: Services): void {
  const { topics } = services.resources

  app.get('/topics', { schema: listTopics }, request => {
    const { items, next } = topics.list(request.principal.account, request.query)
    return { items: items.map(publicResource), next }
  })

  app.get('/topics/:name', { schema: getTopic }, (request, reply) =>
    sendResource(reply, topics.get(request.principal.account, request.params.name)),
  )

  app.put('/topics/:name', { schema: putTopic }, async (request, reply) => {
    const { account } = request.principal
    const { name } = request.params
    const { created } = await topics.put(account, name, request.body, expectedRevision(request.headers))
    return sendPut(reply, created, topics.get(account, name))
  })

  app.delete('/topics/:name', { schema: deleteTopic }, async (request, reply) => {
    const { name } = request.params
    await topics.delete(request.principal.account, name, expectedRevision(request.headers))
    return reply.code(204).send()
  })

  app.post('/topics/:name/messages', { schema: publishToTopic }, request => {
    const { tag: given, ...body } = request.body
    const publication = { body: bodyOf(body), ...(given === undefined ? {} : { tag: given }) }
    return services.topics.publish(request.principal.account, request.params.name, publication)
  })

  app.get('/topics/:name/status', { schema: getTopicStatus }, async request => ({
    pending: await services.topics.pending(request.principal.account, request.params.name),
  }))
}

const listTopics = operation({
  id: 'listTopics',
  access: needs('mns:ListTopic', '/topics'),
  tag,
  summary: 'Lists the topics of the account by name.',
  query: PageQuery,
  answers: { 200: { description: 'One page.', schema: PageSchema(TopicResource) } },
})

const getTopic = operation({
  id: 'getTopic',
  access: needs('mns:GetTopicAttributes', '/topics/:name'),
  tag,
  summary: 'Reads a topic.',
  params: NamedParams,
  answers: { 200: { description: 'The topic.', schema: TopicResource } },
  refusals: { 404: ['resource.not-found'] },
})

const putTopic = operation({
  id: 'putTopic',
  access: needsToPut('mns:CreateTopic', 'mns:SetTopicAttributes', '/topics/:name'),
  tag,
  summary: 'Creates a topic or replaces its settings.',
  description: '`If-Match` and `If-None-Match: *` are honoured.',
  params: NamedParams,
  body: TopicSpec,
  answers: {
    200: { description: 'It was there before.', schema: PutSchema(TopicSpec) },
    201: { description: 'It is new.', schema: PutSchema(TopicSpec) },
  },
  refusals: { 412: ['resource.conflict'], 429: ['resource.limit-exceeded'], 507: ['storage.full'] },
})

const deleteTopic = operation({
  id: 'deleteTopic',
  access: needs('mns:DeleteTopic', '/topics/:name'),
  tag,
  summary: 'Deletes a topic and its subscriptions; what was not pushed yet is dropped.',
  params: NamedParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'], 412: ['resource.conflict'] },
})

const publishToTopic = operation({
  id: 'publishToTopic',
  access: needs('mns:PublishMessage', '/topics/:name/messages'),
  tag,
  summary: 'Publishes a message to all subscriptions of a topic.',
  params: NamedParams,
  body: PublishBody,
  answers: { 200: { description: 'It is durable.', schema: Type.Object({ id: Type.String() }) } },
  refusals: {
    400: ['topic.message-invalid', 'queue.message-invalid'],
    404: ['topic.not-found'],
    413: ['topic.message-too-large', 'http.body-too-large'],
    429: ['bus.log-full'],
    507: ['storage.full'],
  },
})

const getTopicStatus = operation({
  id: 'getTopicStatus',
  access: needs('mns:GetTopicAttributes', '/topics/:name'),
  tag,
  summary: 'Counts the pushes of a topic that are still to be made.',
  params: NamedParams,
  answers: {
    200: {
      description: 'Over all subscriptions.',
      schema: Type.Object({ pending: Type.Integer() }),
    },
  },
  refusals: { 404: ['topic.not-found'] },
})
