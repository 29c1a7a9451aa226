import { isDeepStrictEqual } from 'node:util'
import { AppError } from '@millrace/spi'
import type { QueueSpec } from '../../resources/index.ts'
import type { Answer, Call, MnsContext, Operation } from './call.ts'
import { pageOfNames } from './listing.ts'
import { checkNewName } from './names.ts'
import {
  attributeNodes,
  attributesOf,
  defaultAttributes,
  readAttributes,
  withAttributes,
} from './queue-attributes.ts'
import { Refusal } from './refusal.ts'
import { node } from './xml-out.ts'

/** Writes of the same queue at once are tried so often. */
const triesMax = 5

/** Create, change, read, list and delete queues (section 1.6). */
export const createQueue: Operation = {
  subject: 'queue',
  action: () => 'mns:CreateQueue',
  async run({ services }, call): Promise<Answer> {
    const name = nameOf(call)
    checkNewName('queue', name)
    checkRoot(call, 'Queue')
    const location = `${call.base}/queues/${name}`
    const attributes = readAttributes(call.body, defaultAttributes)
    try {
      await services.resources.queues.put(call.account, name, withAttributes({}, attributes), 0, 'mns')
      return { status: 201, location }
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'resource.conflict') throw thrown
    }
    const { spec } = services.resources.queues.get(call.account, name)
    if (isDeepStrictEqual(attributesOf(spec), attributes)) return { status: 204, location }
    throw new Refusal(
      'QueueAlreadyExist',
      'The queue you want to create is already exist with other attributes.',
      409,
    )
  },
}

export const setQueueAttributes: Operation = {
  subject: 'queue',
  action: () => 'mns:SetQueueAttributes',
  async run({ services }, call): Promise<Answer> {
    const name = nameOf(call)
    checkRoot(call, 'Queue')
    const { queues } = services.resources
    for (let tries = 1; ; tries++) {
      const { spec, revision } = queues.get(call.account, name)
      const changed = withAttributes(spec, readAttributes(call.body, attributesOf(spec)))
      try {
        await queues.put(call.account, name, changed, revision)
        return { status: 204 }
      } catch (thrown) {
        const isConflict = thrown instanceof AppError && thrown.code === 'resource.conflict'
        if (!isConflict || tries >= triesMax) throw thrown
      }
    }
  },
}

export const getQueueAttributes: Operation = {
  subject: 'queue',
  action: () => 'mns:GetQueueAttributes',
  async run(context, call): Promise<Answer> {
    const name = nameOf(call)
    const queue = context.services.resources.queues.get(call.account, name)
    return { status: 200, body: node('Queue', await nodesOf(context, call, name, queue)) }
  },
}

export const deleteQueue: Operation = {
  subject: 'queue',
  action: () => 'mns:DeleteQueue',
  async run({ services }, call): Promise<Answer> {
    await services.resources.queues.delete(call.account, nameOf(call))
    return { status: 204 }
  },
}

export const listQueues: Operation = {
  subject: 'queue',
  action: () => 'mns:ListQueue',
  async run(context, call): Promise<Answer> {
    const all = context.services.resources.snapshots.current().queues.values()
    const own = [...all].filter(queue => queue.account === call.account)
    const { items, isMetaWanted, nextMarker } = pageOfNames(call, own)
    const entries = items.map(async queue =>
      node('Queue', [
        node('QueueURL', `${call.base}/queues/${queue.name}`),
        ...(isMetaWanted ? await nodesOf(context, call, queue.name, queue) : []),
      ]),
    )
    return { status: 200, body: node('Queues', [...(await Promise.all(entries)), nextMarker]) }
  },
}

async function nodesOf(
  { services }: MnsContext,
  { account }: Call,
  name: string,
  queue: { spec: QueueSpec; createdAtMs: number; updatedAtMs: number },
) {
  return attributeNodes(name, queue, await services.queues.stats(account, name))
}

/** Name of the queue, topic or subscription that a path ends with. */
export function nameOf({ target }: Call): string {
  return target.path[1] ?? ''
}

/** An empty body stands for no attributes; another root is a mistake. */
export function checkRoot({ body }: Call, ...roots: readonly string[]): void {
  if (body === undefined || roots.includes(body.name)) return
  throw new Refusal('MalformedXML', `The root of the body should be ${roots.join(' or ')}.`, 400)
}
