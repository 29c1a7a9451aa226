import type { EventInput } from './events.ts'

/** An event that is sent: it has an id from the start, so that a repetition is known for one. */
export type CompleteEvent = EventInput & { readonly id: string; readonly specversion: '1.0' }

/** Fills in what an event must have and people leave out. */
export function completeEvent(event: EventInput): CompleteEvent {
  return { ...event, specversion: '1.0', id: event.id ?? crypto.randomUUID() }
}
