import { createHash } from 'node:crypto'
import { type AppError, toAppError } from '@millrace/spi'
import { compilePath, compileTransform, type Transform } from '../bus/transform/index.ts'
import type { TargetSpec } from '../resources/index.ts'

/** A target's spec, compiled for use on every event. */
export interface TargetPlan {
  readonly spec: TargetSpec
  /** `undefined` sends the event as it is. */
  readonly transform: Transform | undefined
  readonly parameters: readonly (readonly [name: string, transform: Transform])[]
  /** The order key of an event; `undefined` where the target has no order. */
  readonly keyOf: ((event: Uint8Array) => string) | undefined
  /** Why the spec cannot be compiled; then every attempt fails with it. Rules are checked when they are written. */
  readonly error: AppError | undefined
}

/** Key of all events that have none at the path: they share one line. */
export const noKey = '(none)'

/** Bytes of a key that is kept as it is. A longer one is cut and completed with its hash, to bound names in storage. */
const keyBytesMax = 128

/** Compiles a target. Never throws: a target that cannot be compiled fails by itself and leaves the others alone. */
export function planTarget(spec: TargetSpec): TargetPlan {
  try {
    return compilePlan(spec)
  } catch (thrown) {
    return { spec, transform: undefined, parameters: [], keyOf: undefined, error: toAppError(thrown) }
  }
}

function compilePlan(spec: TargetSpec): TargetPlan {
  const isWhole = spec.transform === undefined || spec.transform.form === 'ORIGINAL'
  return {
    spec,
    transform: isWhole || spec.transform === undefined ? undefined : compileTransform(spec.transform),
    parameters: Object.entries(spec.parameters).map(
      ([name, value]) => [name, compileTransform(value)] as const,
    ),
    keyOf: spec.orderBy === undefined ? undefined : keyReader(spec.orderBy),
    error: undefined,
  }
}

function keyReader(orderBy: string): (event: Uint8Array) => string {
  const path = compilePath(orderBy, 'orderBy')
  return event => laneName(path.readText(event))
}

/** The name of a key's lane: the key itself where that is short. */
export function laneName(key: string | undefined): string {
  if (key === undefined || key === '') return noKey
  if (Buffer.byteLength(key) <= keyBytesMax) return key
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 32)
  return `${key.slice(0, 24).toWellFormed()}…${hash}`
}
