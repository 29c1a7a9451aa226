import type { RetrySpec, SinkSpec, TargetSpec, TransformSpec } from '../../resources/index.ts'
import { parseJson } from '../json-body.ts'
import { AppError } from '@millrace/spi'
import { apiDestinationSink } from './api-destination-sink.ts'
import { withForeign } from './foreign.ts'
import { busName, checkedName, parseArn, ruleArn } from './names.ts'
import type { Call } from './operation.ts'
import { invalid } from './refusal.ts'
import { innerRole } from './role-arn.ts'
import type { TargetEntry } from './target-entry.ts'

/** A target as this folder writes it; what is not named gets the platform's defaults. */
export type WrittenTarget = Pick<TargetSpec, 'id' | 'sink' | 'retry'> &
  Partial<Omit<TargetSpec, 'id' | 'sink' | 'retry'>>

/** The destination of a target, and what it sets beside the sink. */
export interface Destination
  extends Partial<Pick<TargetSpec, 'parameters' | 'ratePerSecondMax' | 'timeoutMs'>> {
  readonly sink: SinkSpec
}

/**
 * A target of this interface in the words of the engine (section 10.5 of the AWS protocol); the entry is kept beside it, so that
 * reading gives back what was written. Throws `ValidationException` for what the engine could not honour.
 */
export async function targetSpec(
  call: Call,
  bus: string,
  rule: string,
  entry: TargetEntry,
): Promise<WrittenTarget> {
  const destination = await destinationOf(call, entry)
  const transform = transformOf(call, entry, ruleArn(call, bus, rule))
  const isForwarded = 'bus' in destination.sink
  if (isForwarded && transform !== undefined) {
    throw invalid(
      `Target ${entry.Id}: an event bus gets the event as it is, without Input, InputPath and InputTransformer.`,
    )
  }
  const deadLetter = deadLetterOf(call, entry)
  const role = innerRole(call, entry.RoleArn)
  const whole = { form: 'AWS', value: '$', variables: {}, account: call.owner, region: call.region } as const
  return {
    id: checkedName('a target', entry.Id),
    ...destination,
    ...(isForwarded ? {} : { transform: transform ?? whole }),
    retry: retryOf(entry),
    ...(deadLetter === undefined ? {} : { deadLetter }),
    ...(role === undefined ? {} : { role }),
    ...withForeign(undefined, entry),
  }
}

async function destinationOf(call: Call, entry: TargetEntry): Promise<Destination> {
  const parsed = parseArn(entry.Arn)
  if (parsed === undefined) throw invalid(`Target ${entry.Id}: Provided Arn is not in correct format.`)
  const { service, account, resource } = parsed
  if (account !== '' && account !== call.owner) {
    throw invalid(`Target ${entry.Id}: the account of the Arn is not ${call.owner}, which is this server's.`)
  }
  if (service === 'lambda') return { sink: functionSink(resource, entry.Id) }
  if (service === 'sqs') return { sink: { queue: resource } }
  if (service === 'sns') return { sink: { topic: resource } }
  if (service === 'events' && resource.startsWith('event-bus/')) {
    return { sink: { bus: busName(call, entry.Arn) } }
  }
  if (service === 'events' && resource.startsWith('api-destination/')) {
    return await apiDestinationSink(call, entry)
  }
  throw invalid(
    `Target ${entry.Id}: this server has no targets of ${service}; it has functions (lambda), event buses and API destinations (events), queues (sqs) and topics (sns).`,
  )
}

function functionSink(resource: string, id: string): SinkSpec {
  const [, name, qualifier] = /^function:([^:]+)(?::([^:]+))?$/.exec(resource) ?? []
  if (name === undefined) throw invalid(`Target ${id}: Provided Arn is not in correct format.`)
  const isLatest = qualifier === undefined || qualifier === '$LATEST'
  return isLatest ? { function: name } : { function: name, qualifier }
}

function transformOf(
  call: Call,
  { Id, Input, InputPath, InputTransformer }: TargetEntry,
  rule: string,
): TransformSpec | undefined {
  const given = [Input, InputPath, InputTransformer].filter(value => value !== undefined)
  if (given.length > 1) {
    throw invalid(`Target ${Id}: Only one of Input, InputPath, or InputTransformer must be provided.`)
  }
  const place = { form: 'AWS', account: call.owner, region: call.region, rule } as const
  if (Input !== undefined) {
    if (parseJson(Buffer.from(Input)) instanceof AppError)
      throw invalid(`Target ${Id}: Input is not valid JSON.`)
    return { form: 'CONSTANT', value: Input }
  }
  if (InputPath !== undefined) return { ...place, value: InputPath, variables: {} }
  if (InputTransformer === undefined) return undefined
  const { InputPathsMap = {}, InputTemplate } = InputTransformer
  return { ...place, value: '$', variables: InputPathsMap, template: InputTemplate }
}

/** Without a word of the client an event is tried for a day. */
function retryOf({ RetryPolicy = {} }: TargetEntry): RetrySpec {
  const { MaximumRetryAttempts = 185, MaximumEventAgeInSeconds = 86_400 } = RetryPolicy
  return {
    strategy: 'CUSTOM',
    retriesMax: MaximumRetryAttempts,
    ageMsMax: MaximumEventAgeInSeconds * 1_000,
    delayMsMin: 1_000,
    delayMsMax: 512_000,
  }
}

function deadLetterOf(call: Call, { Id, DeadLetterConfig }: TargetEntry): SinkSpec | undefined {
  const arn = DeadLetterConfig?.Arn
  if (arn === undefined) return undefined
  const parsed = parseArn(arn)
  if (parsed?.service !== 'sqs' || parsed.account !== call.owner) {
    throw invalid(`Target ${Id}: the Arn of DeadLetterConfig must be that of a queue of this account.`)
  }
  return { queue: parsed.resource }
}
