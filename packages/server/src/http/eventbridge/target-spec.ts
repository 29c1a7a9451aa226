import type { RetrySpec, SinkSpec, TargetSpec } from '../../resources/index.ts'
import { keptMembers } from './foreign.ts'
import {
  deadLetterForms,
  deadLetterSink,
  type MappingContext,
  Members,
  roleOf,
  targetCodes,
  targetMapping,
} from './mapping/index.ts'
import { masked } from './masks.ts'
import { Refusal } from './refusal.ts'
import type { TargetEntry } from './target-entry.ts'

/**
 * A target of this interface in the words of the engine (section 7). The entry itself is kept beside it, whole, so that
 * reading it gives back what was written. Refuses what the engine could not honour; whether function and bus exist and
 * whether transforms compile is judged when the rule is written.
 */
export function targetSpec(
  entry: TargetEntry,
  context: MappingContext,
): Omit<TargetSpec, 'parameters' | 'paused' | 'timeoutMs' | 'concurrencyMax'> & Partial<TargetSpec> {
  const members = membersOf(entry)
  const { sink, transform, parameters, timeoutMs, ratePerSecondMax } = targetMapping(entry.Type)(
    members,
    context,
  )
  const deadLetter = deadLetterOf(entry, context)
  const role = roleOf(members, context.account)
  const concurrency = entry.ConcurrentConfig?.Concurrency
  return {
    id: entry.Id,
    sink,
    ...(transform === undefined ? {} : { transform }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(ratePerSecondMax === undefined ? {} : { ratePerSecondMax }),
    retry: retryOf(entry.PushRetryStrategy),
    ...(deadLetter === undefined ? {} : { deadLetter }),
    ...(role === undefined ? {} : { role }),
    onExhausted: toleranceOf(entry.ErrorsTolerance),
    ...(concurrency === undefined ? {} : { concurrencyMax: concurrency }),
    ...keptMembers(masked(entry), []),
  }
}

/** The role that a target names; `undefined` without one. */
export function targetRole(entry: TargetEntry, account: string): string | undefined {
  return roleOf(membersOf(entry), account)
}

function membersOf({ Type, ParamList, Endpoint = '' }: TargetEntry): Members {
  return new Members(`a target of type ${Type.slice(0, 64)}`, ParamList, targetCodes, Endpoint)
}

/** The named strategies (section 7.2). */
export function retryOf(
  strategy: string | undefined,
): RetrySpec & { strategy: 'BACKOFF_RETRY' | 'EXPONENTIAL_DECAY_RETRY' } {
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

export function toleranceOf(tolerance: string | undefined): 'continue' | 'block' {
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

function deadLetterOf({ DeadLetterQueue }: TargetEntry, context: MappingContext): SinkSpec | undefined {
  const arn = DeadLetterQueue?.Arn
  if (arn === undefined || arn === '') return undefined
  const sink = deadLetterSink(arn, context)
  if (sink !== undefined) return sink
  throw new Refusal(
    'EventTargetIneffectiveAttribute',
    `the Arn of DeadLetterQueue must be one of ${deadLetterForms}`,
  )
}
