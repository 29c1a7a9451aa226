import { parseMnsArn } from '../arn.ts'
import { type Destination, given, type SinkMapping, type SourceMapping } from './destination.ts'
import type { Members } from './members.ts'

/** The parameters of queues name no instance; the document of this name stands for the service. */
export const mnsInstance = 'mns'

/** `SourceMNSParameters`. */
export const mnsSource: SourceMapping = members => ({
  connector: 'mns',
  instance: members.constant('InstanceId') || mnsInstance,
  options: given({
    queue: members.required('QueueName'),
    base64Decode: members.flag('IsBase64Decode'),
  }),
})

/** `SinkMNSParameters`: a built-in queue of the account when there is one of the name, else one of the instance. */
export const mnsSink: SinkMapping = (members, context) => {
  const queue = members.required('QueueName')
  const isEncoded = members.flag('IsBase64Encode') ?? false
  const transform = members.body('Body')
  const instance = members.constant('InstanceId')
  if (instance === '' && context.hasQueue(queue)) {
    return { sink: { queue, ...(isEncoded ? { encoding: 'base64' } : {}) }, transform } satisfies Destination
  }
  return {
    sink: {
      connector: 'mns',
      instance: instance || mnsInstance,
      options: { queue, base64Encode: isEncoded },
    },
    transform,
  }
}

/** The target `acs.mns.queue`: a built-in queue (section 7.3). */
export const queueTarget: SinkMapping = (members, context) => {
  const { name, encoding } = builtIn(members, context.account, 'queue')
  return { sink: { queue: name, ...encoding }, transform: members.body('Body') }
}

/** The target `acs.mns.topic`: a built-in topic. */
export const topicTarget: SinkMapping = (members, context) => {
  const { name, encoding } = builtIn(members, context.account, 'topic')
  return { sink: { topic: name, ...encoding }, transform: members.body('Body') }
}

function builtIn(
  members: Members,
  account: string,
  kind: 'queue' | 'topic',
): { name: string; encoding: { encoding?: 'base64' } } {
  const named = parseMnsArn(members.endpoint, `${kind}s`)
  const name = members.constant(kind) || named?.name || members.required(kind)
  if (named !== undefined && named.account !== '' && named.account !== account) {
    throw members.ineffective(`a ${kind} of another account cannot be a target here`)
  }
  return { name, encoding: members.flag('IsBase64Encode') === true ? { encoding: 'base64' } : {} }
}
