import type { RuleSpec, TargetSpec, TransformSpec } from '../resources.ts'
import type { StreamSpec } from '../streams.ts'
import type { EventPath } from './event-path.ts'
import type { PatternOf } from './pattern.ts'

/** A transform whose paths lead to something that the event has. */
export type TypedTransform<Event> =
  | Exclude<TransformSpec, { form: 'JSONPATH' | 'TEMPLATE' }>
  | { form: 'JSONPATH'; value: EventPath<Event> }
  | { form: 'TEMPLATE'; value: Record<string, EventPath<Event>>; template: string }

interface TypedTransforms<Event> {
  transform?: TypedTransform<Event>
  parameters?: Record<string, TypedTransform<Event>>
}

export type TypedTarget<Event> = Omit<TargetSpec, 'transform' | 'parameters' | 'orderBy'> &
  TypedTransforms<Event> & { orderBy?: EventPath<Event> }

/** A rule for events of the catalogue. Their types are in its pattern already; what is said of other fields comes on top. */
export type TypedRule<Event> = Omit<RuleSpec, 'pattern' | 'dialect' | 'targets'> & {
  pattern?: Omit<PatternOf<Event>, 'type'>
  targets?: TypedTarget<Event>[]
}

/** A stream of events of the catalogue: what it reads and is of another type is passed over. */
export type TypedStream<Event> = Omit<StreamSpec, 'pattern' | 'dialect' | 'transform' | 'parameters'> &
  TypedTransforms<Event> & { pattern?: Omit<PatternOf<Event>, 'type'> }
