import { compile, PatternError } from '@millrace/pattern'
import { compileTransform, type Transform } from '../bus/transform/index.ts'
import type { StreamSpec } from '../resources/index.ts'
import { patternInvalid } from './errors.ts'
import { listBytesMax } from './limits.ts'
import type { BatchLimits } from './window.ts'

/** A stream's spec, compiled for use on every record. */
export interface StreamPlan {
  readonly spec: StreamSpec
  /** `undefined` takes everything. */
  readonly matches: ((event: Uint8Array) => boolean) | undefined
  /** `undefined` sends the event as it is. */
  readonly transform: Transform | undefined
  readonly parameters: readonly (readonly [name: string, transform: Transform])[]
  /** Whether a batch is one body, a JSON array. */
  readonly isList: boolean
  /** Whether a batch may hold records of several partitions: not where one failure would be that of all of them. */
  readonly isMixed: boolean
  readonly batch: BatchLimits
  /** Records that one write to the sink carries at most. */
  readonly writeRecordsMax: number
}

/** Throws the AppError of a pattern or transform that does not compile. Both are checked when a stream is written. */
export function planStream(spec: StreamSpec, sinkRecordsMax: number): StreamPlan {
  const { functions, parameters, payload, pattern, transform, sink, batch, ratePerSecondMax } = spec
  const isList = (payload ?? ('function' in sink ? 'list' : 'each')) === 'list'
  const writeRecordsMax = isList ? Number.POSITIVE_INFINITY : Math.max(1, sinkRecordsMax)
  const hasFunctions = functions.length > 0
  const countMax = Math.min(
    batch.countMax,
    hasFunctions ? batch.countMax : writeRecordsMax,
    // One second's worth at most: a slow rate is not one large batch now and then.
    ratePerSecondMax === undefined ? batch.countMax : Math.max(1, Math.floor(ratePerSecondMax)),
  )
  // Brackets and commas of the array count as well.
  const roomBytes = isList || hasFunctions ? listBytesMax - countMax - 2 : batch.bytesMax
  return {
    spec,
    matches: Object.keys(pattern).length === 0 ? undefined : compilePattern(spec),
    transform:
      transform === undefined || transform.form === 'ORIGINAL' ? undefined : compileTransform(transform),
    parameters: Object.entries(parameters).map(([name, value]) => [name, compileTransform(value)] as const),
    isList,
    isMixed: !isList && !hasFunctions,
    batch: { countMax, bytesMax: Math.min(batch.bytesMax, roomBytes), windowMs: batch.windowMs },
    writeRecordsMax,
  }
}

function compilePattern({ pattern, dialect }: StreamSpec): (event: Uint8Array) => boolean {
  try {
    const matcher = compile([['', pattern]], { dialect })
    return event => matcher.match(event).length > 0
  } catch (thrown) {
    if (thrown instanceof PatternError) throw patternInvalid(thrown.message, thrown)
    throw thrown
  }
}
