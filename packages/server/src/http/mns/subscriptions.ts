import { isDeepStrictEqual } from 'node:util'
import { AppError } from '@millrace/spi'
import type { SubscriptionSpec } from '../../resources/index.ts'
import { tagLengthMax } from '../../topics/index.ts'
import { type Answer, type Call, foreignName, foreignOf, type MnsContext, type Operation } from './call.ts'
import { pageOfNames } from './listing.ts'
import { checkNewName, queueEndpoint, queueOfArn } from './names.ts'
import { checkRoot, nameOf } from './queues.ts'
import { invalidArgument, Refusal } from './refusal.ts'
import { booleanIn, seconds, wordIn } from './values.ts'
import { child, childText, type XmlElement } from './xml-in.ts'
import { node, type XmlNode } from './xml-out.ts'

const strategies = ['BACKOFF_RETRY', 'EXPONENTIAL_DECAY_RETRY'] as const
const formats = ['XML', 'JSON', 'SIMPLIFIED'] as const

/** Subscribe, change, read, list and unsubscribe (section 1.10). */
export const subscribe: Operation = {
  subject: 'subscription',
  action: () => 'mns:Subscribe',
  async run(context, call): Promise<Answer> {
    const topic = nameOf(call)
    const name = subscriptionOf(call)
    const { topics } = context.services.resources
    topics.get(call.account, topic)
    checkNewName('subscription', name)
    checkRoot(call, 'Subscription')
    const spec = readSubscription(context, call, topic)
    const location = `${call.base}/topics/${topic}/subscriptions/${name}`
    try {
      await topics.subscribe(call.account, topic, name, spec, 0)
      return { status: 201, location }
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'resource.conflict') throw thrown
    }
    if (isDeepStrictEqual(topics.subscription(call.account, topic, name).spec, spec)) {
      return { status: 204, location }
    }
    throw new Refusal(
      'SubscriptionAlreadyExist',
      'The subscription you want to create is already exist with other attributes.',
      409,
    )
  },
}

export const setSubscriptionAttributes: Operation = {
  subject: 'subscription',
  action: () => 'mns:SetSubscriptionAttributes',
  async run({ services }, call): Promise<Answer> {
    checkRoot(call, 'Subscription')
    const topic = nameOf(call)
    const name = subscriptionOf(call)
    const { topics } = services.resources
    const { spec, revision } = topics.subscription(call.account, topic, name)
    const { filterTag: _before, ...others } = spec
    const filterTag = readTag(call.body) ?? spec.filterTag
    const changed = {
      ...others,
      strategy: wordIn(call.body, 'NotifyStrategy', strategies) ?? spec.strategy,
      ...(filterTag === undefined || filterTag === '' ? {} : { filterTag }),
    }
    await topics.subscribe(call.account, topic, name, changed, revision)
    return { status: 204 }
  },
}

export const getSubscriptionAttributes: Operation = {
  subject: 'subscription',
  action: () => 'mns:GetSubscriptionAttributes',
  run(context, call): Answer {
    const { topics } = context.services.resources
    const subscription = topics.subscription(call.account, nameOf(call), subscriptionOf(call))
    return { status: 200, body: node('Subscription', subscriptionNodes(context, call, subscription)) }
  },
}

export const unsubscribe: Operation = {
  subject: 'subscription',
  action: () => 'mns:Unsubscribe',
  async run({ services }, call): Promise<Answer> {
    await services.resources.topics.unsubscribe(call.account, nameOf(call), subscriptionOf(call))
    return { status: 204 }
  },
}

export const listSubscriptions: Operation = {
  subject: 'subscription',
  action: () => 'mns:ListSubscriptionByTopic',
  run(context, call): Answer {
    const topic = context.services.resources.topics.get(call.account, nameOf(call))
    const { items, isMetaWanted, nextMarker } = pageOfNames(call, topic.subscriptions.values())
    const entries = items.map(subscription =>
      node('Subscription', [
        node('SubscriptionURL', `${call.base}/topics/${topic.name}/subscriptions/${subscription.name}`),
        ...(isMetaWanted ? subscriptionNodes(context, call, subscription) : []),
      ]),
    )
    return { status: 200, body: node('Subscriptions', [...entries, nextMarker]) }
  },
}

function subscriptionOf({ target }: Call): string {
  return target.path[3] ?? ''
}

function readSubscription(context: MnsContext, call: Call, topic: string): SubscriptionSpec {
  const endpoint = childText(call.body, 'Endpoint')?.trim() ?? ''
  if (endpoint === '') throw invalidArgument('Endpoint is required.')
  const filterTag = readTag(call.body)
  const deadLetter = readDeadLetter(child(call.body, 'DlqPolicy'))
  return {
    endpoint: readEndpoint(context, call, topic, endpoint),
    strategy: wordIn(call.body, 'NotifyStrategy', strategies) ?? 'BACKOFF_RETRY',
    format: wordIn(call.body, 'NotifyContentFormat', formats) ?? 'XML',
    ...(filterTag === undefined || filterTag === '' ? {} : { filterTag }),
    ...(deadLetter === undefined ? {} : { deadLetter }),
    // As it was written: region and account of an endpoint are the client's words.
    foreign: { [foreignName]: { endpoint } },
  }
}

function readEndpoint(
  { services }: MnsContext,
  { account }: Call,
  topic: string,
  endpoint: string,
): SubscriptionSpec['endpoint'] {
  if (/^https?:\/\//i.test(endpoint)) {
    if (URL.canParse(endpoint)) return { url: endpoint }
    throw new Refusal('EndpointInvalid', 'The endpoint is no URL.', 400)
  }
  const queue = queueOfArn(endpoint, account)
  if (queue === undefined) {
    throw new Refusal(
      'EndpointInvalid',
      'The endpoint should be a URL of http or https, or a queue of this account: acs:mns:{region}:{account}:queues/{name}.',
      400,
    )
  }
  const { messageBytesMax } = services.resources.queues.get(account, queue).spec
  const needed = services.resources.topics.get(account, topic).spec.messageBytesMax
  if (messageBytesMax >= needed) return { queue }
  throw new Refusal(
    'EndpointInvalid',
    `The queue takes messages of ${messageBytesMax} bytes at most, the topic has up to ${needed}.`,
    400,
  )
}

function readTag(body: XmlElement | undefined): string | undefined {
  const tag = childText(body, 'FilterTag')
  if (tag === undefined || tag.length <= tagLengthMax) return tag
  throw invalidArgument(`The length of FilterTag should between 1 and ${tagLengthMax}.`)
}

function readDeadLetter(policy: XmlElement | undefined): { queue: string } | undefined {
  if (policy === undefined || booleanIn(policy, 'Enabled') === false) return undefined
  const queue = childText(policy, 'DeadLetterTargetQueue')?.trim() ?? ''
  if (queue === '') throw invalidArgument('DlqPolicy needs DeadLetterTargetQueue.')
  return { queue }
}

function subscriptionNodes(
  { services }: MnsContext,
  call: Call,
  subscription: { name: string; spec: SubscriptionSpec; createdAtMs: number; updatedAtMs: number },
): (XmlNode | undefined)[] {
  const { endpoint, strategy, format, filterTag, deadLetter, foreign } = subscription.spec
  const { account } = call
  const written = foreignOf(foreign)['endpoint']
  const shown =
    'url' in endpoint ? endpoint.url : queueEndpoint(services.node.region, account, endpoint.queue)
  return [
    node('SubscriptionName', subscription.name),
    node('Subscriber', account),
    node('TopicOwner', account),
    node('TopicName', nameOf(call)),
    node('Endpoint', typeof written === 'string' ? written : shown),
    node('NotifyStrategy', strategy),
    node('NotifyContentFormat', format),
    filterTag === undefined ? undefined : node('FilterTag', filterTag),
    deadLetter && node('DlqPolicy', [node('Enabled', true), node('DeadLetterTargetQueue', deadLetter.queue)]),
    node('CreateTime', seconds(subscription.createdAtMs)),
    node('LastModifyTime', seconds(subscription.updatedAtMs)),
  ]
}
