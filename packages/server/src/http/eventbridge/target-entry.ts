import { type Static, Type } from 'typebox'
import { requestCheck } from '../validation.ts'
import { readParameters, type Parameter } from './param-list.ts'

const Entry = Type.Object({
  Id: Type.String(),
  Type: Type.String(),
  Endpoint: Type.Optional(Type.String({ maxLength: 2_048 })),
  PushRetryStrategy: Type.Optional(Type.String()),
  ErrorsTolerance: Type.Optional(Type.String()),
  DeadLetterQueue: Type.Optional(Type.Object({ Arn: Type.Optional(Type.String()) })),
  ConcurrentConfig: Type.Optional(Type.Object({ Concurrency: Type.Optional(Type.Integer()) })),
})

/** A `TargetEntry` (section 2.5) as it was sent, with its parameters read; members of other names are kept as they are. */
export interface TargetEntry extends Static<typeof Entry> {
  readonly [member: string]: unknown
  readonly ParamList: readonly Parameter[]
}

const check = requestCheck(Entry, 'body')

/** Reads one entry. Throws a Refusal, or the platform's error for a member of the wrong type. */
export function readTargetEntry(given: unknown): TargetEntry {
  const members =
    typeof given === 'object' && given !== null
      ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
      : given
  const checked = check(members)
  if ('error' in checked) throw checked.error
  const entry = checked.value as Static<typeof Entry> & Record<string, unknown>
  return { ...entry, ParamList: readParameters(entry['ParamList']) }
}

/** What to call an entry that may not be readable at all. */
export function entryIdOf(given: unknown): string {
  const id = typeof given === 'object' && given !== null && 'Id' in given ? given.Id : undefined
  return typeof id === 'string' ? id : ''
}
