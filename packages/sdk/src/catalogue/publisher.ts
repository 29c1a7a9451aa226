import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MillraceError } from '../error.ts'
import type { Accepted, EventInput, PublishResult } from '../events.ts'
import type { NewEvent, Schemas } from './event.ts'

/** The part of a client that publishes. */
export interface EventPublishing {
  publish(bus: string, event: EventInput, signal?: AbortSignal): Promise<Accepted>
  publishBatch(bus: string, events: readonly EventInput[], signal?: AbortSignal): Promise<PublishResult>
}

/** Faults of one event that are named; more are only counted. */
const issuesShownMax = 5

/** Publishes events of a catalogue to one bus, each checked against its schema before it is sent. */
export class Publisher<All extends Schemas, Extension extends string = never> {
  readonly #schemas: All
  readonly #events: EventPublishing
  readonly #bus: string

  constructor(schemas: All, events: EventPublishing, bus: string) {
    this.#schemas = schemas
    this.#events = events
    this.#bus = bus
  }

  /**
   * Resolves once the event is on stable storage (by the bus's policy). Sends `data` as it was given, also where the
   * schema would put out something else: consumers parse it again.
   *
   * @throws MillraceError `client.event-invalid` that names the places and what their schema says
   */
  async publish<const Type extends keyof All & string>(
    type: Type,
    event: NewEvent<All, Type, Extension>,
    signal?: AbortSignal,
  ): Promise<Accepted> {
    return await this.#events.publish(this.#bus, await this.#checked(type, event), signal)
  }

  /**
   * One outcome per event, in order; when one is not as its schema has it, none is sent.
   *
   * @throws MillraceError as `publish` does, with the place of the event in the list
   */
  async publishAll<const Type extends keyof All & string>(
    type: Type,
    events: readonly NewEvent<All, Type, Extension>[],
    signal?: AbortSignal,
  ): Promise<PublishResult> {
    const checked = await Promise.all(events.map((event, at) => this.#checked(type, event, `event ${at}: `)))
    return await this.#events.publishBatch(this.#bus, checked, signal)
  }

  async #checked<Type extends keyof All & string>(
    type: Type,
    event: NewEvent<All, Type, Extension>,
    place = '',
  ): Promise<EventInput> {
    const schema = Object.hasOwn(this.#schemas, type) ? this.#schemas[type] : undefined
    if (schema === undefined) {
      const known = Object.keys(this.#schemas).slice(0, 20).join(', ')
      throw invalid(`${place}there is no type ${type} in the catalogue; it has ${known}`)
    }
    const { issues } = await schema['~standard'].validate(event.data)
    if (issues !== undefined && issues.length > 0) throw invalid(`${place}${type}: ${issueText(issues)}`)
    return { ...(event as object), type } as unknown as EventInput
  }
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
