import { Type } from 'typebox'
import { QueueSpec } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs, needsToPut } from '../access.ts'
import { operation } from './operation.ts'
import { expectedRevision, publicResource, sendPut, sendResource } from './precondition.ts'
import { NamedParams, PageQuery, PageSchema, PutSchema, ResourceSchema } from './resource-schemas.ts'

const tag = 'queues'
const QueueResource = ResourceSchema(QueueSpec)

const QueueStatus = Type.Object({
  active: Type.Integer({ description: 'Messages that can be received now.' }),
  inactive: Type.Integer({ description: 'Messages that were received and are hidden.' }),
  delayed: Type.Integer({ description: 'Messages that are put off.' }),
  bytes: Type.Integer({ description: 'Bytes of storage that the messages take up.' }),
})

/** `/queues`: where messages wait until a consumer has received and deleted them. */
export function queueRoutes(app: Application, services: Services): void {
  const { queues } = services.resources

  app.get('/queues', { schema: listQueues }, request => {
    const { items, next } = queues.list(request.principal.account, request.query)
    return { items: items.map(publicResource), next }
  })

  app.get('/queues/:name', { schema: getQueue }, (request, reply) =>
    sendResource(reply, queues.get(request.principal.account, request.params.name)),
  )

  app.put('/queues/:name', { schema: putQueue }, async (request, reply) => {
    const { account } = request.principal
    const { name } = request.params
    const { created } = await queues.put(account, name, request.body, expectedRevision(request.headers))
    return sendPut(reply, created, queues.get(account, name))
  })

  app.delete('/queues/:name', { schema: deleteQueue }, async (request, reply) => {
    const { name } = request.params
    await queues.delete(request.principal.account, name, expectedRevision(request.headers))
    return reply.code(204).send()
  })

  app.get('/queues/:name/status', { schema: getQueueStatus }, request =>
    services.queues.stats(request.principal.account, request.params.name),
  )
}

const listQueues = operation({
  id: 'listQueues',
  access: needs('mns:ListQueue', '/queues'),
  tag,
  summary: 'Lists the queues of the account by name.',
  query: PageQuery,
  answers: { 200: { description: 'One page.', schema: PageSchema(QueueResource) } },
})

const getQueue = operation({
  id: 'getQueue',
  access: needs('mns:GetQueueAttributes', '/queues/:name'),
  tag,
  summary: 'Reads a queue.',
  params: NamedParams,
  answers: { 200: { description: 'The queue.', schema: QueueResource } },
  refusals: { 404: ['resource.not-found'] },
})

const putQueue = operation({
  id: 'putQueue',
  access: needsToPut('mns:CreateQueue', 'mns:SetQueueAttributes', '/queues/:name'),
  tag,
  summary: 'Creates a queue or replaces its settings.',
  description: 'In force at once; `If-Match` and `If-None-Match: *` are honoured.',
  params: NamedParams,
  body: QueueSpec,
  answers: {
    200: { description: 'It was there before.', schema: PutSchema(QueueSpec) },
    201: { description: 'It is new.', schema: PutSchema(QueueSpec) },
  },
  refusals: {
    400: ['rule.sink-invalid'],
    412: ['resource.conflict'],
    429: ['resource.limit-exceeded'],
    507: ['storage.full'],
  },
})

const deleteQueue = operation({
  id: 'deleteQueue',
  access: needs('mns:DeleteQueue', '/queues/:name'),
  tag,
  summary: 'Deletes a queue and its messages.',
  params: NamedParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'], 412: ['resource.conflict'] },
})

const getQueueStatus = operation({
  id: 'getQueueStatus',
  access: needs('mns:GetQueueAttributes', '/queues/:name'),
  tag,
  summary: 'Counts the messages of a queue.',
  params: NamedParams,
  answers: { 200: { description: 'Exact numbers.', schema: QueueStatus } },
  refusals: { 404: ['queue.not-found'], 503: ['queue.busy'] },
})
