import type { SinkSpec, TargetSpec } from '../../resources/index.ts'
import { foreignOf } from './foreign.ts'
import { busArn } from './names.ts'
import type { Call } from './operation.ts'
import { outerRole } from './role-arn.ts'

type Place = Pick<Call, 'region' | 'account' | 'owner'>

/**
 * A target as this interface shows it: what was written through it, or, of a target that another interface has written,
 * what can be said of it here.
 */
export function targetView(target: TargetSpec, place: Place): Record<string, unknown> {
  const { RoleArn: written, ...kept } = foreignOf(target.foreign)
  const arn = outerRole(place, target.role, written)
  const role = arn === undefined ? {} : { RoleArn: arn }
  if (typeof kept['Arn'] === 'string') return { ...kept, ...role, Id: target.id }
  const { deadLetter, retry } = target
  return {
    Id: target.id,
    Arn: sinkArn(target.sink, place),
    ...role,
    ...(deadLetter !== undefined && 'queue' in deadLetter
      ? { DeadLetterConfig: { Arn: sinkArn(deadLetter, place) } }
      : {}),
    ...(retry.strategy === 'CUSTOM'
      ? {
          RetryPolicy: {
            MaximumRetryAttempts: Math.min(retry.retriesMax, 185),
            MaximumEventAgeInSeconds: Math.round(retry.ageMsMax / 1_000),
          },
        }
      : {}),
  }
}

/** Connectors have no ARN elsewhere; here they have one, so that every target can be named. */
function sinkArn(sink: SinkSpec, { region, owner }: Place): string {
  const at = (service: string, resource: string): string =>
    `arn:aws:${service}:${region}:${owner}:${resource}`
  if ('function' in sink) {
    const { qualifier } = sink
    return at('lambda', `function:${sink.function}${qualifier === undefined ? '' : `:${qualifier}`}`)
  }
  if ('bus' in sink) return busArn({ region, owner }, sink.bus)
  if ('queue' in sink) return at('sqs', sink.queue)
  if ('topic' in sink) return at('sns', sink.topic)
  return at('events', `connector/${sink.connector}`)
}
