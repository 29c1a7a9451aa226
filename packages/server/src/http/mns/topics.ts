import { isDeepStrictEqual } from 'node:util'
import { AppError } from '@millrace/spi'
import type { TopicSpec } from '../../resources/index.ts'
import { tagLengthMax } from '../../topics/index.ts'
import { type Answer, type Call, foreignName, foreignOf, type MnsContext, type Operation } from './call.ts'
import { pageOfNames } from './listing.ts'
import { readUserProperties } from './message-xml.ts'
import { checkNewName } from './names.ts'
import { messageBytesMost } from './queue-attributes.ts'
import { checkRoot, nameOf } from './queues.ts'
import { invalidArgument, Refusal } from './refusal.ts'
import { booleanIn, md5, numberIn, seconds } from './values.ts'
import { childText, type XmlElement } from './xml-in.ts'
import { node, type XmlNode } from './xml-out.ts'

interface TopicAttributes {
  readonly messageBytesMax: number
  readonly isLogged: boolean
}

/** How long a message that cannot be pushed is kept, in seconds; nobody can set it. */
const retentionSeconds = 86_400

/** Create, change, read, list and delete topics (section 1.9). */
export const createTopic: Operation = {
  subject: 'topic',
  action: () => 'mns:CreateTopic',
  async run({ services }, call): Promise<Answer> {
    const name = nameOf(call)
    checkNewName('topic', name)
    checkRoot(call, 'Topic')
    const location = `${call.base}/topics/${name}`
    const attributes = readAttributes(call.body, { messageBytesMax: messageBytesMost, isLogged: false })
    try {
      await services.resources.topics.put(call.account, name, withAttributes({}, attributes), 0, 'mns')
      return { status: 201, location }
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'resource.conflict') throw thrown
    }
    const { spec } = services.resources.topics.get(call.account, name)
    if (isDeepStrictEqual(attributesOf(spec), attributes)) return { status: 204, location }
    throw new Refusal(
      'TopicAlreadyExist',
      'The topic you want to create is already exist with other attributes.',
      409,
    )
  },
}

export const setTopicAttributes: Operation = {
  subject: 'topic',
  action: () => 'mns:SetTopicAttributes',
  async run({ services }, call): Promise<Answer> {
    checkRoot(call, 'Topic')
    const name = nameOf(call)
    const { spec, revision } = services.resources.topics.get(call.account, name)
    const changed = withAttributes(spec, readAttributes(call.body, attributesOf(spec)))
    await services.resources.topics.put(call.account, name, changed, revision)
    return { status: 204 }
  },
}

export const getTopicAttributes: Operation = {
  subject: 'topic',
  action: () => 'mns:GetTopicAttributes',
  async run(context, call): Promise<Answer> {
    const topic = context.services.resources.topics.get(call.account, nameOf(call))
    return { status: 200, body: node('Topic', await topicNodes(context, call, topic)) }
  },
}

export const deleteTopic: Operation = {
  subject: 'topic',
  action: () => 'mns:DeleteTopic',
  async run({ services }, call): Promise<Answer> {
    await services.resources.topics.delete(call.account, nameOf(call))
    return { status: 204 }
  },
}

export const listTopics: Operation = {
  subject: 'topic',
  action: () => 'mns:ListTopic',
  async run(context, call): Promise<Answer> {
    const all = context.services.resources.snapshots.current().topics.values()
    const own = [...all].filter(topic => topic.account === call.account)
    const { items, isMetaWanted, nextMarker } = pageOfNames(call, own)
    const entries = items.map(async topic =>
      node('Topic', [
        node('TopicURL', `${call.base}/topics/${topic.name}`),
        ...(isMetaWanted ? await topicNodes(context, call, topic) : []),
      ]),
    )
    return { status: 200, body: node('Topics', [...(await Promise.all(entries)), nextMarker]) }
  },
}

/** PublishMessage (section 1.11). Attributes for mail and short messages have no effect here. */
export const publishMessage: Operation = {
  subject: 'topic',
  action: () => 'mns:PublishMessage',
  async run({ services }, call): Promise<Answer> {
    const name = nameOf(call)
    services.resources.topics.get(call.account, name)
    checkRoot(call, 'Message')
    const text = childText(call.body, 'MessageBody')
    if (call.body === undefined || text === undefined || text === '') {
      throw invalidArgument('MessageBody is required and not empty.')
    }
    const tag = childText(call.body, 'MessageTag') ?? ''
    if (tag.length > tagLengthMax) {
      throw invalidArgument(`The length of MessageTag should between 1 and ${tagLengthMax}.`)
    }
    const properties = readUserProperties(call.body)
    const { id } = await services.topics.publish(call.account, name, {
      body: Buffer.from(text),
      ...(tag === '' ? {} : { tag }),
      ...(properties.length === 0 ? {} : { properties }),
    })
    return { status: 201, body: node('Message', [node('MessageId', id), node('MessageBodyMD5', md5(text))]) }
  },
}

function readAttributes(body: XmlElement | undefined, before: TopicAttributes): TopicAttributes {
  return {
    messageBytesMax:
      numberIn(body, 'MaximumMessageSize', 1_024, messageBytesMost, 'bytes') ?? before.messageBytesMax,
    isLogged: booleanIn(body, 'LoggingEnabled') ?? before.isLogged,
  }
}

function attributesOf({ messageBytesMax, foreign }: TopicSpec): TopicAttributes {
  return { messageBytesMax, isLogged: foreignOf(foreign)['isLogged'] === true }
}

function withAttributes(
  spec: Partial<TopicSpec>,
  { messageBytesMax, isLogged }: TopicAttributes,
): Record<string, unknown> {
  const isKept = isLogged || spec.foreign !== undefined
  return {
    ...spec,
    messageBytesMax,
    ...(isKept ? { foreign: { ...spec.foreign, [foreignName]: { isLogged } } } : {}),
  }
}

async function topicNodes(
  { services }: MnsContext,
  { account }: Call,
  topic: { name: string; spec: TopicSpec; createdAtMs: number; updatedAtMs: number },
): Promise<XmlNode[]> {
  const { messageBytesMax, isLogged } = attributesOf(topic.spec)
  return [
    node('TopicName', topic.name),
    node('CreateTime', seconds(topic.createdAtMs)),
    node('LastModifyTime', seconds(topic.updatedAtMs)),
    node('MaximumMessageSize', messageBytesMax),
    node('MessageRetentionPeriod', retentionSeconds),
    node('MessageCount', await services.topics.pending(account, topic.name)),
    node('LoggingEnabled', isLogged),
  ]
}
