import type { SinkSpec, SourceSpec, TransformSpec } from '../../../resources/index.ts'
import type { Members } from './members.ts'

/** What mappings must know of the account that they work for. */
export interface MappingContext {
  readonly account: string
  hasFunction(name: string): boolean
  hasQueue(name: string): boolean
  /** Requests per second that an API destination takes; `undefined` for no limit, or no such destination. */
  rateOf(apiDestination: string): number | undefined
}

/** A sink in the words of the engine, with what else its parameters say. */
export interface Destination {
  readonly sink: SinkSpec
  /** `undefined` for the whole event. */
  readonly transform?: TransformSpec | undefined
  readonly parameters?: Readonly<Record<string, TransformSpec>>
  readonly payload?: 'each' | 'list'
  /** How batches are made, unless the stream says so itself. */
  readonly batch?: { readonly countMax?: number; readonly windowMs?: number; readonly bytesMax?: number }
  readonly concurrencyMax?: number
  readonly timeoutMs?: number
  readonly ratePerSecondMax?: number
}

/** One kind of target or sink. Refuses what the engine could not honour; whether what is named is there is judged on writing. */
export type SinkMapping = (members: Members, context: MappingContext) => Destination

/** One kind of source. */
export type SourceMapping = (members: Members, context: MappingContext) => SourceSpec

/** Options of a connector, without those that were not given. */
export function given(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== ''),
  )
}

/** How bodies stand in events: `ValueDataType`, `BodyDataType` (section 8.6). */
export const bodyForms = { Json: 'json', Text: 'text', Binary: 'binary' } as const

export function bodyForm(members: Members, key: string): 'json' | 'text' | 'binary' | undefined {
  const word = members.word(key, ['Json', 'Text', 'Binary'])
  return word === undefined ? undefined : bodyForms[word]
}
