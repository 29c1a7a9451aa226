import type { Operation } from './call.ts'
import { sendMessages } from './messages.ts'
import { createQueue, deleteQueue, getQueueAttributes, listQueues, setQueueAttributes } from './queues.ts'
import { changeMessageVisibility, deleteMessages, receiveMessages } from './receipts.ts'
import { Refusal } from './refusal.ts'
import {
  getSubscriptionAttributes,
  listSubscriptions,
  setSubscriptionAttributes,
  subscribe,
  unsubscribe,
} from './subscriptions.ts'
import type { RequestTarget } from './target.ts'
import {
  createTopic,
  deleteTopic,
  getTopicAttributes,
  listTopics,
  publishMessage,
  setTopicAttributes,
} from './topics.ts'

/** One path and method of the interface, and what it does. */
export interface Route {
  /** With parameters as `:name`; for logs and metrics, too. */
  readonly path: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Names of the actions that it is, as the documentation of the interface has them. */
  readonly actions: readonly string[]
  /** Only with `metaoverride=true` in the query. */
  readonly isOverride?: true
  readonly operation: Operation
}

const queue = '/queues/:queue'
const queueMessages = '/queues/:queue/messages'
const topic = '/topics/:topic'
const subscriptions = '/topics/:topic/subscriptions'
const subscription = '/topics/:topic/subscriptions/:subscription'

/** Everything that the interface does: what is not here does not exist. The first that fits a request is its route. */
export const routes: readonly Route[] = [
  { method: 'GET', path: '/queues', actions: ['ListQueue'], operation: listQueues },
  {
    method: 'PUT',
    path: queue,
    isOverride: true,
    actions: ['SetQueueAttributes'],
    operation: setQueueAttributes,
  },
  { method: 'PUT', path: queue, actions: ['CreateQueue'], operation: createQueue },
  { method: 'GET', path: queue, actions: ['GetQueueAttributes'], operation: getQueueAttributes },
  { method: 'DELETE', path: queue, actions: ['DeleteQueue'], operation: deleteQueue },
  {
    method: 'POST',
    path: queueMessages,
    actions: ['SendMessage', 'BatchSendMessage'],
    operation: sendMessages,
  },
  {
    method: 'GET',
    path: queueMessages,
    actions: ['ReceiveMessage', 'BatchReceiveMessage', 'PeekMessage', 'BatchPeekMessage'],
    operation: receiveMessages,
  },
  {
    method: 'DELETE',
    path: queueMessages,
    actions: ['DeleteMessage', 'BatchDeleteMessage'],
    operation: deleteMessages,
  },
  {
    method: 'PUT',
    path: queueMessages,
    actions: ['ChangeMessageVisibility'],
    operation: changeMessageVisibility,
  },
  { method: 'GET', path: '/topics', actions: ['ListTopic'], operation: listTopics },
  {
    method: 'PUT',
    path: topic,
    isOverride: true,
    actions: ['SetTopicAttributes'],
    operation: setTopicAttributes,
  },
  { method: 'PUT', path: topic, actions: ['CreateTopic'], operation: createTopic },
  { method: 'GET', path: topic, actions: ['GetTopicAttributes'], operation: getTopicAttributes },
  { method: 'DELETE', path: topic, actions: ['DeleteTopic'], operation: deleteTopic },
  {
    method: 'POST',
    path: '/topics/:topic/messages',
    actions: ['PublishMessage'],
    operation: publishMessage,
  },
  {
    method: 'GET',
    path: subscriptions,
    actions: ['ListSubscriptionByTopic'],
    operation: listSubscriptions,
  },
  {
    method: 'PUT',
    path: subscription,
    isOverride: true,
    actions: ['SetSubscriptionAttributes'],
    operation: setSubscriptionAttributes,
  },
  { method: 'PUT', path: subscription, actions: ['Subscribe'], operation: subscribe },
  {
    method: 'GET',
    path: subscription,
    actions: ['GetSubscriptionAttributes'],
    operation: getSubscriptionAttributes,
  },
  { method: 'DELETE', path: subscription, actions: ['Unsubscribe'], operation: unsubscribe },
]

const shapes = routes.map(route => ({ route, parts: route.path.slice(1).split('/') }))

/** Items of a query that mean something (section 1.7.10), in lower case. */
const knownItems: ReadonlySet<string> = new Set([
  'metaoverride',
  'numofmessages',
  'peekonly',
  'receipthandle',
  'visibilitytimeout',
  'waitseconds',
])

/** Finds the operation of a request. Throws `InvalidRequestURL` and `InvalidQueryString`. */
export function routeOf(method: string, target: RequestTarget): Route {
  for (const item of target.query.keys()) {
    if (knownItems.has(item)) continue
    throw new Refusal('InvalidQueryString', 'An item of the query is not known.', 400)
  }
  const isOverride = target.query.get('metaoverride')?.toLowerCase() === 'true'
  const found = shapes.find(
    ({ route, parts }) =>
      route.method === method && (isOverride || route.isOverride !== true) && fits(parts, target.path),
  )
  if (found !== undefined) return found.route
  throw new Refusal(
    'InvalidRequestURL',
    `There is no operation ${/^[A-Z]{1,10}$/.test(method) ? method : ''} at this path.`,
    400,
  )
}

/** An empty part names nothing: `/queues//a` is not the list, whose permission it would ask for under another name. */
function fits(parts: readonly string[], path: readonly string[]): boolean {
  return (
    parts.length === path.length &&
    parts.every((part, index) => (part.startsWith(':') ? path[index] !== '' : part === path[index]))
  )
}
