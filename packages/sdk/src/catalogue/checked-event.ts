import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MillraceError } from '../error.ts'
import type { EventInput } from '../events.ts'
import type { NewEvent, Schemas } from './event.ts'

/** Faults of one event that are named; more are only counted. */
const issuesShownMax = 5

/**
 * The event with its type, when its data are as the schema of that type has them.
 *
 * @throws MillraceError `client.event-invalid` that names the places and what their schema says, behind `place`
 */
export async function checkedEvent<
  All extends Schemas,
  Type extends keyof All & string,
  Extension extends string,
>(schemas: All, type: Type, event: NewEvent<All, Type, Extension>, place = ''): Promise<EventInput> {
  const schema = Object.hasOwn(schemas, type) ? schemas[type] : undefined
  if (schema === undefined) {
    const known = Object.keys(schemas).slice(0, 20).join(', ')
    throw invalid(`${place}there is no type ${type} in the catalogue; it has ${known}`)
  }
  const { issues } = await schema['~standard'].validate(event.data)
  if (issues !== undefined && issues.length > 0) throw invalid(`${place}${type}: ${issueText(issues)}`)
  return { ...(event as object), type } as unknown as EventInput
}

function issueText(issues: readonly StandardSchemaV1.Issue[]): string {
  const shown = issues.slice(0, issuesShownMax).map(issue => `data${pathText(issue)}: ${issue.message}`)
  const more = issues.length - shown.length
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '')
}

function pathText({ path = [] }: StandardSchemaV1.Issue): string {
  return path
    .map(step => (typeof step === 'object' ? step.key : step))
    .map(key => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
}

function invalid(message: string): MillraceError {
  return new MillraceError('client.event-invalid', message, 0)
}
