import { completeEvent } from './complete-event.ts'
import type { Page } from './resources.ts'
import type { Transport } from './transport.ts'

/** An event as people write it; `id` and `specversion` are filled in where they are missing. */
export interface EventInput {
  id?: string
  source: string
  type: string
  specversion?: '1.0'
  subject?: string
  time?: string
  datacontenttype?: string
  data?: unknown
  [extension: string]: unknown
}

/** Where an accepted event stands in its bus. */
export interface Accepted {
  id: string
  position: number
  /** True when an event with this source and id was accepted before and this one was not stored again. */
  duplicate: boolean
}

export type PublishOutcome = Accepted | { id?: string; error: PublishRefusal }

/** Why one event was not stored. */
export interface PublishRefusal {
  code: string
  detail: string
  /** The same event may be accepted later. */
  retryable?: boolean
}

export interface PublishResult {
  accepted: number
  failed: number
  outcomes: PublishOutcome[]
}

export interface PositionedEvent {
  position: number
  event: Record<string, unknown>
}

/** What the server knows of one event's way. */
export interface EventTrace {
  position: number
  acceptedAtMs: number
  event: Record<string, unknown>
  /** Every rule that was live at its position. */
  rules: {
    rule: string
    matched: boolean
    explanation: {
      summary: string
      fields: { path: string; wanted: unknown; found: unknown; verdict: string }[]
    }
  }[]
  /** Failed attempts and endings, oldest first. */
  journal: {
    rule: string
    target: string
    attempts: number
    atMs: number
    ending?: 'delivered' | 'dead-lettered' | 'dropped'
    code?: string
    detail?: string
  }[]
}

export interface TailOptions {
  /** Position to begin with; only what is published from now on unless told. */
  from?: number
  /** Only events that match this pattern. */
  pattern?: Record<string, unknown>
  signal?: AbortSignal
}

/** Publishing to a bus and reading from it. */
export class EventsClient {
  private readonly transport: Transport

  constructor(transport: Transport) {
    this.transport = transport
  }

  /** Resolves once the event is on stable storage (by the bus's policy). */
  publish(bus: string, event: EventInput, signal?: AbortSignal): Promise<Accepted> {
    const body = JSON.stringify(completeEvent(event))
    const headers = { 'content-type': 'application/cloudevents+json' }
    return this.transport.json('POST', eventsPath(bus), undefined, { body, headers, signal })
  }

  /** One outcome per event, in order. Rejects only when the request as a whole was refused. */
  publishBatch(bus: string, events: readonly EventInput[], signal?: AbortSignal): Promise<PublishResult> {
    return this.publishText(bus, JSON.stringify(events.map(completeEvent)), signal)
  }

  /** Publishes what is a list of complete events in JSON already; else as `publishBatch`. */
  publishText(bus: string, body: string, signal?: AbortSignal): Promise<PublishResult> {
    const headers = { 'content-type': batchMediaType }
    return this.transport.json('POST', eventsPath(bus), undefined, { body, headers, signal })
  }

  /** Retained events from a position on. */
  list(bus: string, options: { from?: number; limit?: number } = {}): Promise<Page<PositionedEvent>> {
    const query = new URLSearchParams()
    if (options.from !== undefined) query.set('from', String(options.from))
    if (options.limit !== undefined) query.set('limit', String(options.limit))
    return this.transport.json('GET', `${eventsPath(bus)}?${query.toString()}`)
  }

  /** Events as they come, until the signal aborts or the server goes away. */
  async *tail(bus: string, options: TailOptions = {}): AsyncGenerator<PositionedEvent> {
    const query = new URLSearchParams()
    if (options.from !== undefined) query.set('from', String(options.from))
    if (options.pattern !== undefined) query.set('pattern', JSON.stringify(options.pattern))
    const messages = this.transport.events(`${eventsPath(bus)}?${query.toString()}`, options.signal)
    for await (const { id, data } of messages) {
      yield { position: Number(id), event: JSON.parse(data) as Record<string, unknown> }
    }
  }

  /** Which rules saw an event, which matched, why the others did not, every attempt and ending. */
  trace(bus: string, position: number): Promise<EventTrace> {
    return this.transport.json('GET', `${eventsPath(bus)}/${position}/trace`)
  }
}

const batchMediaType = 'application/cloudevents-batch+json'

function eventsPath(bus: string): string {
  return `/api/v1/buses/${encodeURIComponent(bus)}/events`
}
