import type { SinkSpec, TargetSpec, TransformSpec } from '../../resources/index.ts'
import { busArn, functionArn, queueArn, topicArn } from './arn.ts'
import { foreignOf } from './foreign.ts'
import type { Parameter } from './param-list.ts'

/** Region and account, for ARNs. */
export interface Place {
  readonly region: string
  readonly account: string
}

/**
 * A target as this interface shows it: what was written through it, completed by defaults; of a target that was written
 * through another interface, what can be said of it here.
 */
export function targetView(target: TargetSpec, place: Place): Record<string, unknown> {
  const kept = foreignOf(target.foreign)
  if (typeof kept['Type'] === 'string') return { PushRetryStrategy: 'BACKOFF_RETRY', ...kept, Id: target.id }
  const { retry, deadLetter } = target
  return {
    Id: target.id,
    ...destinationView(target, place),
    ...(retry.strategy === 'CUSTOM' ? {} : { PushRetryStrategy: retry.strategy }),
    ErrorsTolerance: target.onExhausted === 'block' ? 'NONE' : 'ALL',
    ConcurrentConfig: { Concurrency: target.concurrencyMax },
    ...deadLetterView(deadLetter, place),
  }
}

/** Where pushes of a target go, as traces show it. */
export function endpointOf(target: TargetSpec, place: Place): string {
  const kept = foreignOf(target.foreign)['Endpoint']
  return typeof kept === 'string' && kept !== '' ? kept : destinationView(target, place).Endpoint
}

function destinationView({ sink, transform }: TargetSpec, { region, account }: Place) {
  const body = bodyView(transform)
  if ('function' in sink) {
    const name = { ResourceKey: 'functionName', Form: 'CONSTANT', Value: sink.function }
    const Endpoint = functionArn(region, account, sink.function)
    return { Type: 'acs.fc.function', Endpoint, ParamList: [name, body] }
  }
  if ('bus' in sink) {
    const name = { ResourceKey: 'EventBusName', Form: 'CONSTANT', Value: sink.bus }
    return { Type: 'acs.eventbridge', Endpoint: busArn(region, account, sink.bus), ParamList: [name, body] }
  }
  if ('queue' in sink) {
    const name = { ResourceKey: 'queue', Form: 'CONSTANT', Value: sink.queue }
    const Endpoint = queueArn(region, account, sink.queue)
    return { Type: 'acs.mns.queue', Endpoint, ParamList: [name, body, ...encodingView(sink)] }
  }
  if ('topic' in sink) {
    const name = { ResourceKey: 'topic', Form: 'CONSTANT', Value: sink.topic }
    const Endpoint = topicArn(region, account, sink.topic)
    return { Type: 'acs.mns.topic', Endpoint, ParamList: [name, body, ...encodingView(sink)] }
  }
  const url = sink.options?.['url']
  const Endpoint = typeof url === 'string' ? url : ''
  const address = { ResourceKey: 'url', Form: 'CONSTANT', Value: Endpoint }
  const isHttp = sink.connector === 'http'
  const Type = isHttp && Endpoint.startsWith('https:') ? 'https' : sink.connector
  return { Type, Endpoint, ParamList: isHttp ? [address, body] : [body] }
}

function encodingView({ encoding }: { readonly encoding?: string }): Parameter[] {
  if (encoding === undefined) return []
  return [{ ResourceKey: 'IsBase64Encode', Form: 'CONSTANT', Value: 'true' }]
}

/** Only what this interface has words for. */
function deadLetterView(
  deadLetter: SinkSpec | undefined,
  { region, account }: Place,
): { DeadLetterQueue?: { Arn: string } } {
  if (deadLetter === undefined) return {}
  if ('bus' in deadLetter) return { DeadLetterQueue: { Arn: busArn(region, account, deadLetter.bus) } }
  if ('queue' in deadLetter) return { DeadLetterQueue: { Arn: queueArn(region, account, deadLetter.queue) } }
  return {}
}

function bodyView(transform: TransformSpec | undefined): Parameter {
  const ResourceKey = 'Body'
  if (transform === undefined || transform.form === 'ORIGINAL') return { ResourceKey, Form: 'ORIGINAL' }
  if (transform.form !== 'TEMPLATE') return { ResourceKey, Form: transform.form, Value: transform.value }
  const Value = JSON.stringify(transform.value)
  return { ResourceKey, Form: 'TEMPLATE', Value, Template: transform.template }
}
