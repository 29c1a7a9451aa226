import {
  type Message,
  type MessageProperties,
  type MessageProperty,
  type NewMessage,
  originIdProperty,
  originQueueProperty,
  priorityMax,
  type ReceivedMessage,
} from '../../queues/index.ts'
import { invalidArgument } from './refusal.ts'
import { md5, numberIn, textOf } from './values.ts'
import { child, childrenOf, childText, type XmlElement } from './xml-in.ts'
import { node, type XmlNode } from './xml-out.ts'

/** Properties of one message at most, and the longest name and value (section 1.7.1). */
const propertiesMax = 50
const nameLengthMax = 256
const valueLengthMax = 4_096
const propertyName = /^(?!.*\.\.)[A-Za-z0-9_-][A-Za-z0-9_.-]*(?<!\.)$/
const propertyTypes = ['STRING', 'NUMBER', 'BOOLEAN', 'BINARY'] as const

/** Reads one `Message`. Throws `InvalidArgument`. */
export function readMessage(element: XmlElement): NewMessage {
  const body = childText(element, 'MessageBody')
  if (body === undefined || body === '') throw invalidArgument('MessageBody is required and not empty.')
  const delaySeconds = numberIn(element, 'DelaySeconds', 0, 604_800, 'seconds')
  const priority = numberIn(element, 'Priority', 1, priorityMax, 'levels')
  const properties = readProperties(element)
  return {
    body: Buffer.from(body),
    ...(delaySeconds === undefined ? {} : { delayMs: delaySeconds * 1_000 }),
    ...(priority === undefined ? {} : { priority }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  }
}

function readProperties(element: XmlElement): MessageProperties {
  const user = readList(child(element, 'UserProperties'), 'PropertyValue')
  const system = readList(child(element, 'SystemProperties'), 'SystemPropertyValue')
  const group = childText(element, 'MessageGroupId')
  return {
    ...(user.length === 0 ? {} : { user }),
    ...(system.length === 0 ? {} : { system }),
    ...(group === undefined || group === '' ? {} : { group: checkedLength('MessageGroupId', group, 64) }),
  }
}

export function readUserProperties(element: XmlElement): MessageProperty[] {
  return readList(child(element, 'UserProperties'), 'PropertyValue')
}

function readList(list: XmlElement | undefined, name: string): MessageProperty[] {
  const entries = childrenOf(list, name)
  if (entries.length > propertiesMax) {
    throw invalidArgument(`A message has at most ${propertiesMax} properties, not ${entries.length}.`)
  }
  const seen = new Set<string>()
  return entries.map(entry => {
    const property = readProperty(entry)
    if (seen.has(property.name)) throw invalidArgument('Two properties of a message have the same name.')
    seen.add(property.name)
    return property
  })
}

function readProperty(entry: XmlElement): MessageProperty {
  const name = childText(entry, 'Name') ?? ''
  const given = (childText(entry, 'Type') ?? 'STRING').toUpperCase()
  const type = propertyTypes.find(candidate => candidate === given)
  if (name.length > nameLengthMax || !propertyName.test(name)) {
    throw invalidArgument('The name of a property has letters, digits, "_", "." and "-" only.')
  }
  if (type === undefined)
    throw invalidArgument(`The Type of a property is one of ${propertyTypes.join(', ')}.`)
  const value = checkedLength('Value', childText(entry, 'Value') ?? '', valueLengthMax)
  if (type === 'BOOLEAN' && !/^(?:true|false)$/i.test(value)) {
    throw invalidArgument('The Value of a BOOLEAN property is true or false.')
  }
  return { name, value, type }
}

function checkedLength(name: string, value: string, max: number): string {
  if (value.length <= max) return value
  throw invalidArgument(`${name} has at most ${max} characters, not ${value.length}.`)
}

/** A message that was received, as a response shows it (section 1.7.4). */
export function receivedNodes(message: ReceivedMessage, arnOf: (queue: string) => string): XmlNode[] {
  return [
    node('ReceiptHandle', message.handle),
    ...messageNodes(message, arnOf),
    node('NextVisibleTime', message.visibleAtMs),
  ]
}

/** A message without what belongs to its receipt, as peeking shows it. */
export function messageNodes(message: Message, arnOf: (queue: string) => string): XmlNode[] {
  const { id, body, enqueuedAtMs, firstReceivedAtMs, receives, priority, properties } = message
  return [
    node('MessageId', id),
    node('MessageBody', textOf(body)),
    node('MessageBodyMD5', md5(body)),
    node('EnqueueTime', enqueuedAtMs),
    node('FirstDequeueTime', firstReceivedAtMs),
    node('DequeueCount', receives),
    node('Priority', priority),
    ...propertyNodes(properties, arnOf),
  ]
}

function propertyNodes(
  { user, system, group }: MessageProperties,
  arnOf: (queue: string) => string,
): XmlNode[] {
  const nodes: XmlNode[] = []
  if (group !== undefined) nodes.push(node('MessageGroupId', group))
  if (user !== undefined) nodes.push(node('UserProperties', listNodes('PropertyValue', user)))
  if (system !== undefined) {
    const named = system.map(property => systemProperty(property, arnOf))
    nodes.push(node('SystemProperties', listNodes('SystemPropertyValue', named)))
  }
  return nodes
}

/** Where a dead letter came from has other names here. */
function systemProperty(property: MessageProperty, arnOf: (queue: string) => string): MessageProperty {
  if (property.name === originQueueProperty) {
    return { ...property, name: 'DLQSourceArn', value: arnOf(property.value) }
  }
  return property.name === originIdProperty ? { ...property, name: 'DLQOriginMessageId' } : property
}

function listNodes(name: string, properties: readonly MessageProperty[]): XmlNode[] {
  return properties.map(property =>
    node(name, [node('Name', property.name), node('Value', property.value), node('Type', property.type)]),
  )
}
