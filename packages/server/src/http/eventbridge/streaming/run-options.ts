import { type Static, Type } from 'typebox'
import type { RetrySpec, StreamSpec } from '../../../resources/index.ts'
import { deadLetterForms, deadLetterSink, type MappingContext } from '../mapping/index.ts'
import { Refusal } from '../refusal.ts'
import { retryOf, toleranceOf } from '../target-spec.ts'

const whole = Type.Optional(Type.Integer({ minimum: 0 }))

/** `RunOptions` (section 8.1). */
export const RunOptions = Type.Object({
  MaximumTasks: whole,
  ErrorsTolerance: Type.Optional(Type.String()),
  RetryStrategy: Type.Optional(
    Type.Object({
      PushRetryStrategy: Type.Optional(Type.String()),
      MaximumEventAgeInSeconds: whole,
      MaximumRetryAttempts: whole,
    }),
  ),
  DeadLetterQueue: Type.Optional(Type.Object({ Arn: Type.Optional(Type.String()) })),
  BatchWindow: Type.Optional(Type.Object({ CountBasedWindow: whole, TimeBasedWindow: whole })),
  Throttling: whole,
  BusinessOption: Type.Optional(Type.Unknown()),
})
export type RunOptions = Static<typeof RunOptions>

type Part = Partial<
  Pick<StreamSpec, 'tasksMax' | 'onExhausted' | 'deadLetter' | 'ratePerSecondMax'> & {
    retry: Partial<RetrySpec>
    batch: Partial<StreamSpec['batch']>
  }
>

/** What the options are in the words of the engine, whose own limits are judged on writing. */
export function runOptions(options: RunOptions, context: Pick<MappingContext, 'account'>): Part {
  const { MaximumTasks, ErrorsTolerance, RetryStrategy, DeadLetterQueue, BatchWindow, Throttling } = options
  const arn = DeadLetterQueue?.Arn ?? ''
  return {
    ...(positive(MaximumTasks) ? { tasksMax: MaximumTasks } : {}),
    onExhausted: toleranceOf(ErrorsTolerance),
    retry: retry(RetryStrategy ?? {}),
    ...(arn === '' ? {} : { deadLetter: deadLetter(arn, context) }),
    batch: {
      ...(positive(BatchWindow?.CountBasedWindow) ? { countMax: BatchWindow.CountBasedWindow } : {}),
      ...(positive(BatchWindow?.TimeBasedWindow) ? { windowMs: BatchWindow.TimeBasedWindow * 1_000 } : {}),
    },
    ...(positive(Throttling) ? { ratePerSecondMax: Throttling } : {}),
  }
}

/** What a named strategy does by itself: pauses, and for how long it goes on at most. */
const named = {
  BACKOFF_RETRY: { retries: 3, spanSeconds: 60, delayMsMin: 10_000, delayMsMax: 20_000 },
  EXPONENTIAL_DECAY_RETRY: { retries: 176, spanSeconds: 86_400, delayMsMin: 1_000, delayMsMax: 512_000 },
} as const

/** Longest age that the engine takes. */
const ageSecondsMax = 30 * 86_400

/** Explicit limits cap the named strategy; those that it would not reach leave it as it is. */
function retry(given: NonNullable<RunOptions['RetryStrategy']>): Partial<RetrySpec> {
  const { strategy } = retryOf(given.PushRetryStrategy)
  const { retries, spanSeconds, delayMsMin, delayMsMax } = named[strategy]
  const attempts = Math.min(given.MaximumRetryAttempts ?? retries, retries)
  const ageSeconds = given.MaximumEventAgeInSeconds
  if (attempts === retries && (!positive(ageSeconds) || ageSeconds >= spanSeconds)) return { strategy }
  return {
    strategy: 'CUSTOM',
    retriesMax: attempts,
    ...(positive(ageSeconds) ? { ageMsMax: Math.min(ageSeconds, ageSecondsMax) * 1_000 } : {}),
    delayMsMin,
    delayMsMax,
  }
}

function deadLetter(
  arn: string,
  context: Pick<MappingContext, 'account'>,
): StreamSpec['deadLetter'] & object {
  const sink = deadLetterSink(arn, context)
  if (sink !== undefined) return sink
  throw new Refusal('RequestParameterInvalid', `the Arn of DeadLetterQueue must be one of ${deadLetterForms}`)
}

/** Clients send 0 for what they leave to the service. */
function positive(value: number | undefined): value is number {
  return value !== undefined && value > 0
}
