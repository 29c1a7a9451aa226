import type { TargetSpec, TransformSpec } from '../../resources/index.ts'
import { busArn, functionArn } from './arn.ts'
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
    ...(deadLetter !== undefined && 'bus' in deadLetter
      ? { DeadLetterQueue: { Arn: busArn(place.region, place.account, deadLetter.bus) } }
      : {}),
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
  const url = sink.options?.['url']
  const Endpoint = typeof url === 'string' ? url : ''
  const address = { ResourceKey: 'url', Form: 'CONSTANT', Value: Endpoint }
  const isHttp = sink.connector === 'http'
  const Type = isHttp && Endpoint.startsWith('https:') ? 'https' : sink.connector
  return { Type, Endpoint, ParamList: isHttp ? [address, body] : [body] }
}

function bodyView(transform: TransformSpec | undefined): Parameter {
  const ResourceKey = 'Body'
  if (transform === undefined || transform.form === 'ORIGINAL') return { ResourceKey, Form: 'ORIGINAL' }
  if (transform.form !== 'TEMPLATE') return { ResourceKey, Form: transform.form, Value: transform.value }
  const Value = JSON.stringify(transform.value)
  return { ResourceKey, Form: 'TEMPLATE', Value, Template: transform.template }
}
