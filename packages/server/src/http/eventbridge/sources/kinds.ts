import type { SourceSpec } from '../../../resources/index.ts'
import { isObject } from '../action.ts'
import {
  type MappingContext,
  type MemberCodes,
  Members,
  ossEventSource,
  parametersOf,
  roleOf,
  sourceMapping,
} from '../mapping/index.ts'
import { Refusal } from '../refusal.ts'
import { webhookSource } from './webhook-source.ts'

const codes: MemberCodes = {
  missing: 'EventSourceMissingAttribute',
  ineffective: 'EventSourceIneffectiveAttribute',
}

/** What an event source reads, in the words of the engine; readers share the records where the source can have several. */
export interface SourcePart {
  readonly source: SourceSpec
  readonly tasksMax?: number
  /** By which role it is read. */
  readonly role?: string
}

/** The name and the members of the one parameter object; `undefined` for a source of one's own application, which has none. */
export function parameterObject(
  input: Readonly<Record<string, unknown>>,
): { readonly kind: string; readonly members: Record<string, unknown> } | undefined {
  const found = Object.entries(input).filter(
    ([name, value]) => /^Source\w+Parameters$/.test(name) && value !== null && value !== '',
  )
  const [first, second] = found
  if (second !== undefined) {
    throw new Refusal(
      'EventSourceTypeOrClassInvalid',
      `a source has one parameter object, this one ${found.length}`,
    )
  }
  if (first === undefined) return linkedSource(input)
  const [kind, members] = first
  if (!isObject(members)) {
    throw new Refusal('EventSourceTypeOrClassInvalid', `${kind.slice(0, 64)} is an object`)
  }
  return { kind, members }
}

/** The older form: a type and a configuration. */
function linkedSource({
  ExternalSourceType: type,
  ExternalSourceConfig: config,
}: Readonly<Record<string, unknown>>): { kind: string; members: Record<string, unknown> } | undefined {
  if (typeof type !== 'string' || type === '') return undefined
  if (!isObject(config)) {
    throw new Refusal('EventSourceMissingAttribute', 'ExternalSourceConfig is an object')
  }
  return { kind: `Source${type}Parameters`, members: config }
}

/** Refuses kinds that have no connector, with those that have. `token` is that of webhooks. */
export function sourcePart(
  { kind, members }: { readonly kind: string; readonly members: Readonly<Record<string, unknown>> },
  context: MappingContext,
  token: string,
): SourcePart {
  if (kind === 'SourceHttpEventParameters') return { source: webhookSource(members, token) }
  if (kind === 'SourceOSSEventParameters') return { source: ossEventSource(members, token) }
  if (kind === 'SourceScheduledEventParameters') return { source: scheduleSource(members) }
  const given = new Members(kind, parametersOf(members), codes)
  const source = sourceMapping(kind, 'EventSourceTypeInvalid')(given, context)
  const tasks = Number(given.constant('MaximumTasks') || '1')
  const role = roleOf(given, context.account)
  return {
    source,
    ...(Number.isInteger(tasks) && tasks > 1 ? { tasksMax: Math.min(tasks, 64) } : {}),
    ...(role === undefined ? {} : { role }),
  }
}

/** Firings of a schedule (section 9.3); `UserData` is a map, or the text of one. */
function scheduleSource(members: Readonly<Record<string, unknown>>): SourceSpec {
  const given = new Members('SourceScheduledEventParameters', parametersOf(members), codes)
  const userData = members['UserData']
  const text = isObject(userData) ? JSON.stringify(userData) : typeof userData === 'string' ? userData : ''
  return {
    connector: 'schedule',
    options: {
      schedule: given.required('Schedule'),
      timeZone: given.required('TimeZone'),
      ...(text === '' ? {} : { userData: text }),
    },
  }
}
