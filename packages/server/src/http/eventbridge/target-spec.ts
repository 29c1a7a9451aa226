import type { RetrySpec, SinkSpec, TargetSpec, TransformSpec } from '../../resources/index.ts'
import { parseBusArn, parseFunctionArn, parseMnsArn } from './arn.ts'
import { keptMembers } from './foreign.ts'
import { bodyTransform, constantOf, findParameter, listOf } from './param-list.ts'
import { Refusal } from './refusal.ts'
import type { TargetEntry } from './target-entry.ts'

/** What the mapping must know of the account it works for. */
export interface TargetContext {
  readonly account: string
  hasFunction(name: string): boolean
}

/** Header that carries the `Token` of an HTTP target (section 7.3). */
export const tokenHeader = 'x-eventbridge-signature-token'

interface Destination {
  readonly sink: SinkSpec
  readonly transform: TransformSpec | undefined
}

/**
 * A target of this interface in the words of the engine (section 7). The entry itself is kept beside it, whole, so that
 * reading it gives back what was written. Refuses what the engine could not honour; whether function and bus exist and
 * whether transforms compile is judged when the rule is written.
 */
export function targetSpec(
  entry: TargetEntry,
  context: TargetContext,
): Omit<TargetSpec, 'parameters' | 'paused' | 'timeoutMs' | 'concurrencyMax'> & { concurrencyMax?: number } {
  const { sink, transform } = destination(entry, context)
  const deadLetter = deadLetterOf(entry, context)
  const concurrency = entry.ConcurrentConfig?.Concurrency
  return {
    id: entry.Id,
    sink,
    ...(transform === undefined ? {} : { transform }),
    retry: retryOf(entry.PushRetryStrategy),
    ...(deadLetter === undefined ? {} : { deadLetter }),
    onExhausted: toleranceOf(entry.ErrorsTolerance),
    ...(concurrency === undefined ? {} : { concurrencyMax: concurrency }),
    ...keptMembers(entry, []),
  }
}

/** The types of targets that are offered. */
export const targetTypes = [
  'http',
  'https',
  'acs.fc.function',
  'acs.eventbridge',
  'acs.mns.queue',
  'acs.mns.topic',
] as const

function destination(entry: TargetEntry, context: TargetContext): Destination {
  switch (entry.Type) {
    case 'http':
    case 'https':
      return httpDestination(entry)
    case 'acs.fc.function':
      return functionDestination(entry, context)
    case 'acs.eventbridge':
      return busDestination(entry, context)
    case 'acs.mns.queue':
      return mnsDestination(entry, context, 'queue')
    case 'acs.mns.topic':
      return mnsDestination(entry, context, 'topic')
    default:
      throw new Refusal(
        'EventTargetClassNotExist',
        `this server has no targets of type ${entry.Type.slice(0, 64)}; it has ${targetTypes.join(', ')}`,
      )
  }
}

function httpDestination({ Type, Endpoint, ParamList }: TargetEntry): Destination {
  const url = constantOf(ParamList, 'url') ?? Endpoint ?? ''
  if (url === '') throw new Refusal('EventTargetMissingAttribute', `a target of type ${Type} needs the url`)
  const token = constantOf(ParamList, 'Token') ?? ''
  const headers = token === '' ? {} : { headers: { [tokenHeader]: token } }
  return {
    sink: { connector: 'http', options: { url, ...headers } },
    transform: bodyTransform(findParameter(ParamList, 'Body')),
  }
}

/** A function `service.name` goes before a function `name`: services exist for those who came with them. */
function functionDestination({ Endpoint, ParamList }: TargetEntry, context: TargetContext): Destination {
  const named = parseFunctionArn(Endpoint ?? '')
  const name = constantOf(ParamList, 'functionName') ?? named?.function ?? ''
  const service = constantOf(ParamList, 'serviceName') ?? named?.service ?? ''
  if (name === '') {
    throw new Refusal('EventTargetMissingAttribute', 'a target of type acs.fc.function needs functionName')
  }
  const invocation = constantOf(ParamList, 'InvocationType') ?? 'Sync'
  if (!['sync', 'async'].includes(invocation.toLowerCase())) {
    throw new Refusal('EventTargetIneffectiveAttribute', 'InvocationType is Sync or Async')
  }
  const format = (constantOf(ParamList, 'DataFormat') ?? 'Object').toLowerCase()
  if (format !== 'object' && format !== 'objectlist') {
    throw new Refusal('EventTargetIneffectiveAttribute', 'DataFormat is Object or ObjectList')
  }
  const body = bodyTransform(findParameter(ParamList, 'Body'))
  const qualified = `${service}.${name}`
  return {
    sink: { function: service !== '' && context.hasFunction(qualified) ? qualified : name },
    transform: format === 'object' ? body : listOf(body),
  }
}

function busDestination({ Endpoint, ParamList }: TargetEntry, context: TargetContext): Destination {
  const named = parseBusArn(Endpoint ?? '')
  const bus = constantOf(ParamList, 'EventBusName') ?? named?.bus ?? ''
  if (bus === '') {
    throw new Refusal('EventTargetMissingAttribute', 'a target of type acs.eventbridge needs EventBusName')
  }
  const owner = constantOf(ParamList, 'AccountId') || named?.account || context.account
  if (owner !== context.account || constantOf(ParamList, 'AccountType') === 'AnotherAccount') {
    throw new Refusal('EventTargetIneffectiveAttribute', 'a bus of another account cannot be a target here')
  }
  if (bodyTransform(findParameter(ParamList, 'Body')) !== undefined) {
    throw new Refusal('EventTargetIneffectiveAttribute', 'the Body for another bus can only be ORIGINAL')
  }
  return { sink: { bus }, transform: undefined }
}

/** A built-in queue or topic (section 7.3, acs.mns.queue). */
function mnsDestination(
  { Type, Endpoint, ParamList }: TargetEntry,
  context: TargetContext,
  kind: 'queue' | 'topic',
): Destination {
  const named = parseMnsArn(Endpoint ?? '', `${kind}s`)
  const name = constantOf(ParamList, kind) ?? named?.name ?? ''
  if (name === '') {
    throw new Refusal('EventTargetMissingAttribute', `a target of type ${Type} needs the ${kind}`)
  }
  if (named !== undefined && named.account !== '' && named.account !== context.account) {
    throw new Refusal(
      'EventTargetIneffectiveAttribute',
      `a ${kind} of another account cannot be a target here`,
    )
  }
  const isBase64 = (constantOf(ParamList, 'IsBase64Encode') ?? 'false').toLowerCase()
  if (isBase64 !== 'true' && isBase64 !== 'false') {
    throw new Refusal('EventTargetIneffectiveAttribute', 'IsBase64Encode is true or false')
  }
  const encoding = isBase64 === 'true' ? ({ encoding: 'base64' } as const) : {}
  return {
    sink: kind === 'queue' ? { queue: name, ...encoding } : { topic: name, ...encoding },
    transform: bodyTransform(findParameter(ParamList, 'Body')),
  }
}

function retryOf(strategy: string | undefined): RetrySpec {
  switch (strategy) {
    case undefined:
    case '':
    case 'BACKOFF_RETRY':
      return { strategy: 'BACKOFF_RETRY' }
    case 'EXPONENTIAL_DECAY_RETRY':
      return { strategy: 'EXPONENTIAL_DECAY_RETRY' }
    default:
      throw new Refusal(
        'RequestParameterInvalid',
        'PushRetryStrategy is BACKOFF_RETRY or EXPONENTIAL_DECAY_RETRY',
      )
  }
}

function toleranceOf(tolerance: string | undefined): 'continue' | 'block' {
  switch (tolerance) {
    case undefined:
    case '':
    case 'ALL':
      return 'continue'
    case 'NONE':
      return 'block'
    default:
      throw new Refusal('RequestParameterInvalid', 'ErrorsTolerance is ALL or NONE')
  }
}

/** A built-in queue or a bus of the account takes dead letters (section 7.2). */
function deadLetterOf({ DeadLetterQueue }: TargetEntry, context: TargetContext): SinkSpec | undefined {
  const arn = DeadLetterQueue?.Arn
  if (arn === undefined || arn === '') return undefined
  const isOwn = (account: string): boolean => account === '' || account === context.account
  const queue = parseMnsArn(arn, 'queues')
  if (queue !== undefined && isOwn(queue.account)) return { queue: queue.name }
  const named = parseBusArn(arn)
  if (named !== undefined && isOwn(named.account)) return { bus: named.bus }
  throw new Refusal(
    'EventTargetIneffectiveAttribute',
    'the Arn of DeadLetterQueue must be that of a queue or an event bus of this account: acs:mns:…:/queues/<name> or acs:eventbridge:…:eventbus/<name>',
  )
}
