import type { QueueSpec } from '../../resources/index.ts'
import type { QueueStats } from '../../queues/index.ts'
import { foreignName, foreignOf } from './call.ts'
import { invalidArgument } from './refusal.ts'
import { booleanIn, numberIn, seconds } from './values.ts'
import { child, childText, type XmlElement } from './xml-in.ts'
import { node, type XmlNode } from './xml-out.ts'

/** Largest message that this interface lets a queue or topic take, in bytes. */
export const messageBytesMost = 65_536

/** Attributes of a queue as this interface knows them. */
export interface QueueAttributes {
  readonly delayMs: number
  readonly messageBytesMax: number
  readonly retentionMs: number
  readonly visibilityMs: number
  readonly pollingWaitMs: number
  readonly isLogged: boolean
  readonly deadLetter: QueueSpec['deadLetter']
}

/** What a new queue has where nothing is said (section 1.6.1). */
export const defaultAttributes: QueueAttributes = {
  delayMs: 0,
  messageBytesMax: messageBytesMost,
  retentionMs: 345_600_000,
  visibilityMs: 30_000,
  pollingWaitMs: 0,
  isLogged: false,
  deadLetter: undefined,
}

/** The attributes of a request, on top of others. Throws `InvalidArgument`. */
export function readAttributes(body: XmlElement | undefined, before: QueueAttributes): QueueAttributes {
  const ms = (name: string, low: number, high: number, otherwise: number): number => {
    const value = numberIn(body, name, low, high, 'seconds')
    return value === undefined ? otherwise : value * 1_000
  }
  return {
    delayMs: ms('DelaySeconds', 0, 604_800, before.delayMs),
    messageBytesMax:
      numberIn(body, 'MaximumMessageSize', 1_024, messageBytesMost, 'bytes') ?? before.messageBytesMax,
    retentionMs: ms('MessageRetentionPeriod', 60, 1_296_000, before.retentionMs),
    visibilityMs: ms('VisibilityTimeout', 1, 43_200, before.visibilityMs),
    pollingWaitMs: ms('PollingWaitSeconds', 0, 30, before.pollingWaitMs),
    isLogged: booleanIn(body, 'LoggingEnabled') ?? before.isLogged,
    deadLetter: readDeadLetter(child(body, 'DlqPolicy'), before.deadLetter),
  }
}

function readDeadLetter(
  policy: XmlElement | undefined,
  before: QueueSpec['deadLetter'],
): QueueSpec['deadLetter'] {
  if (policy === undefined) return before
  if (booleanIn(policy, 'Enabled') === false) return undefined
  const queue = childText(policy, 'DeadLetterTargetQueue')?.trim() ?? before?.queue ?? ''
  if (queue === '') throw invalidArgument('DlqPolicy needs DeadLetterTargetQueue.')
  const receivesMax = numberIn(policy, 'MaxReceiveCount', 1, 1_000, 'receives')
  return { queue, receivesMax: receivesMax ?? before?.receivesMax ?? 16 }
}

/** The attributes of a queue, whatever it was written through. */
export function attributesOf(spec: QueueSpec): QueueAttributes {
  const { delayMs, messageBytesMax, retentionMs, visibilityMs, pollingWaitMs, deadLetter, foreign } = spec
  return {
    delayMs,
    messageBytesMax,
    retentionMs,
    visibilityMs,
    pollingWaitMs,
    isLogged: foreignOf(foreign)['isLogged'] === true,
    deadLetter,
  }
}

/** The spec of a queue with these attributes; what this interface does not know of stays as it is. */
export function withAttributes(
  { deadLetter: _before, ...spec }: Partial<QueueSpec>,
  { isLogged, deadLetter, ...attributes }: QueueAttributes,
): Record<string, unknown> {
  return {
    ...spec,
    ...attributes,
    ...(deadLetter === undefined ? {} : { deadLetter }),
    ...(isLogged || spec.foreign !== undefined
      ? { foreign: { ...spec.foreign, [foreignName]: { isLogged } } }
      : {}),
  }
}

/** A queue as a response shows it (section 1.6.4). */
export function attributeNodes(
  name: string,
  { spec, createdAtMs, updatedAtMs }: { spec: QueueSpec; createdAtMs: number; updatedAtMs: number },
  { active, inactive, delayed }: QueueStats,
): (XmlNode | undefined)[] {
  const { delayMs, messageBytesMax, retentionMs, visibilityMs, pollingWaitMs, isLogged, deadLetter } =
    attributesOf(spec)
  return [
    node('QueueName', name),
    node('CreateTime', seconds(createdAtMs)),
    node('LastModifyTime', seconds(updatedAtMs)),
    node('VisibilityTimeout', seconds(visibilityMs)),
    node('MaximumMessageSize', messageBytesMax),
    node('MessageRetentionPeriod', seconds(retentionMs)),
    node('DelaySeconds', seconds(delayMs)),
    node('PollingWaitSeconds', seconds(pollingWaitMs)),
    node('ActiveMessages', active),
    node('InactiveMessages', inactive),
    node('DelayMessages', delayed),
    node('LoggingEnabled', isLogged),
    deadLetter &&
      node('DlqPolicy', [
        node('Enabled', true),
        node('DeadLetterTargetQueue', deadLetter.queue),
        node('MaxReceiveCount', deadLetter.receivesMax),
      ]),
  ]
}
