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

/** An operation and the pattern of its path, for logs and metrics. */
export interface Route {
  readonly path: string
  readonly operation: Operation
}

type Methods = Readonly<Record<string, Operation>>

const queueMethods: Methods = { PUT: createQueue, GET: getQueueAttributes, DELETE: deleteQueue }
const messageMethods: Methods = {
  POST: sendMessages,
  GET: receiveMessages,
  DELETE: deleteMessages,
  PUT: changeMessageVisibility,
}
const topicMethods: Methods = { PUT: createTopic, GET: getTopicAttributes, DELETE: deleteTopic }
const subscriptionMethods: Methods = {
  PUT: subscribe,
  GET: getSubscriptionAttributes,
  DELETE: unsubscribe,
}

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
  const found = find(method, target.path, isOverride)
  if (found !== undefined) return found
  throw new Refusal(
    'InvalidRequestURL',
    `There is no operation ${/^[A-Z]{1,10}$/.test(method) ? method : ''} at this path.`,
    400,
  )
}

function find(method: string, path: readonly string[], isOverride: boolean): Route | undefined {
  const [kind, name, part, subscription] = path
  const shape = (text: string, operation: Operation | undefined): Route | undefined =>
    operation && { path: text, operation }
  if (kind === 'queues') {
    if (name === undefined || name === '') return shape('/queues', method === 'GET' ? listQueues : undefined)
    if (path.length === 2) {
      const set = method === 'PUT' && isOverride ? setQueueAttributes : undefined
      return shape('/queues/:queue', set ?? queueMethods[method])
    }
    const isMessages = part === 'messages' && path.length === 3
    return isMessages ? shape('/queues/:queue/messages', messageMethods[method]) : undefined
  }
  if (kind !== 'topics') return undefined
  if (name === undefined || name === '') return shape('/topics', method === 'GET' ? listTopics : undefined)
  if (path.length === 2) {
    const set = method === 'PUT' && isOverride ? setTopicAttributes : undefined
    return shape('/topics/:topic', set ?? topicMethods[method])
  }
  if (part === 'messages' && path.length === 3) {
    return shape('/topics/:topic/messages', method === 'POST' ? publishMessage : undefined)
  }
  if (part !== 'subscriptions') return undefined
  if (path.length === 3) {
    return shape('/topics/:topic/subscriptions', method === 'GET' ? listSubscriptions : undefined)
  }
  if (path.length !== 4 || subscription === '') return undefined
  const set = method === 'PUT' && isOverride ? setSubscriptionAttributes : undefined
  return shape('/topics/:topic/subscriptions/:subscription', set ?? subscriptionMethods[method])
}
