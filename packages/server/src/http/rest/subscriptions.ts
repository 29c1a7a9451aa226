import { Type } from 'typebox'
import { Name, SubscriptionSpec } from '../../resources/index.ts'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'
import { needs, needsToPut } from '../access.ts'
import { operation } from './operation.ts'
import { expectedRevision, publicResource, sendPut, sendResource } from './precondition.ts'
import { NamedParams, PageQuery, PageSchema, PutSchema, ResourceSchema } from './resource-schemas.ts'

const tag = 'topics'
const SubscriptionResource = ResourceSchema(SubscriptionSpec)
const SubscriptionParams = Type.Object({ name: Name, subscription: Name })

/** `/topics/{name}/subscriptions`: where the messages of a topic are pushed to. */
export function subscriptionRoutes(app: Application, { resources: { topics } }: Services): void {
  app.get('/topics/:name/subscriptions', { schema: listSubscriptions }, request => {
    const { account } = request.principal
    const { items, next } = topics.subscriptions(account, request.params.name, request.query)
    return { items: items.map(publicResource), next }
  })

  app.get('/topics/:name/subscriptions/:subscription', { schema: getSubscription }, (request, reply) => {
    const { name, subscription } = request.params
    return sendResource(reply, topics.subscription(request.principal.account, name, subscription))
  })

  app.put(
    '/topics/:name/subscriptions/:subscription',
    { schema: putSubscription },
    async (request, reply) => {
      const { account } = request.principal
      const { name, subscription } = request.params
      const expected = expectedRevision(request.headers)
      const { created } = await topics.subscribe(account, name, subscription, request.body, expected)
      return sendPut(reply, created, topics.subscription(account, name, subscription))
    },
  )

  app.delete(
    '/topics/:name/subscriptions/:subscription',
    { schema: deleteSubscription },
    async (request, reply) => {
      const { name, subscription } = request.params
      const expected = expectedRevision(request.headers)
      await topics.unsubscribe(request.principal.account, name, subscription, expected)
      return reply.code(204).send()
    },
  )
}

const listSubscriptions = operation({
  id: 'listSubscriptions',
  access: needs('mns:ListSubscriptionByTopic', '/topics/:name/subscriptions'),
  tag,
  summary: 'Lists the subscriptions of a topic by name.',
  params: NamedParams,
  query: PageQuery,
  answers: { 200: { description: 'One page.', schema: PageSchema(SubscriptionResource) } },
  refusals: { 404: ['resource.not-found'] },
})

const getSubscription = operation({
  id: 'getSubscription',
  access: needs('mns:GetSubscriptionAttributes', '/topics/:name/subscriptions/:subscription'),
  tag,
  summary: 'Reads a subscription.',
  params: SubscriptionParams,
  answers: { 200: { description: 'The subscription.', schema: SubscriptionResource } },
  refusals: { 404: ['resource.not-found'] },
})

const putSubscription = operation({
  id: 'putSubscription',
  access: needsToPut(
    'mns:Subscribe',
    'mns:SetSubscriptionAttributes',
    '/topics/:name/subscriptions/:subscription',
  ),
  tag,
  summary: 'Creates a subscription or replaces it.',
  description:
    'A new one gets what is published from then on. `If-Match` and `If-None-Match: *` are honoured.',
  params: SubscriptionParams,
  body: SubscriptionSpec,
  answers: {
    200: { description: 'It was there before.', schema: PutSchema(SubscriptionSpec) },
    201: { description: 'It is new.', schema: PutSchema(SubscriptionSpec) },
  },
  refusals: {
    400: ['rule.sink-invalid', 'options.invalid'],
    404: ['resource.not-found'],
    412: ['resource.conflict'],
    429: ['resource.limit-exceeded'],
    507: ['storage.full'],
  },
})

const deleteSubscription = operation({
  id: 'deleteSubscription',
  access: needs('mns:Unsubscribe', '/topics/:name/subscriptions/:subscription'),
  tag,
  summary: 'Ends a subscription; what was not pushed yet is dropped.',
  params: SubscriptionParams,
  answers: { 204: { description: 'It is gone.', schema: null } },
  refusals: { 404: ['resource.not-found'], 412: ['resource.conflict'] },
})
