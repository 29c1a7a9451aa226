import { AppError, type ErrorCatalogue, retryNever } from '@millrace/spi'
import type { BusView } from '../resources/index.ts'

/** Codes of this folder, for the server's catalogue. */
export const ingestErrors: ErrorCatalogue = {
  'event.too-large': { status: 413, description: 'The event has more bytes than its bus takes.' },
  'bus.read-only': { status: 403, description: 'Only the platform itself publishes to the built-in bus.' },
  'bus.log-full': {
    status: 429,
    description:
      'The log of the bus is full of events that are still to be delivered. Nothing was stored; the answer says when to try again.',
  },
  'ingest.closed': { status: 503, description: 'The server is stopping and takes no more events.' },
}

/** What a producer is told to wait when the log is full: about as long as a pass of retention takes to be worth it. */
export const logFullRetryMs = 1_000

export function tooLarge(bus: BusView, bytes: number): AppError {
  const limit = bus.spec.eventBytesMax
  return new AppError(
    'event.too-large',
    `The event has ${bytes} bytes; bus ${bus.name} takes at most ${limit}.`,
    retryNever,
    { details: { limit, seen: bytes } },
  )
}

export function readOnly(bus: BusView): AppError {
  return new AppError('bus.read-only', `Bus ${bus.name} belongs to the platform; publish to one of your own.`)
}

export function logFull(bus: BusView, bytes: number): AppError {
  const limit = bus.spec.retentionBytesMax
  return new AppError(
    'bus.log-full',
    `Bus ${bus.name} holds ${bytes} bytes of events, at most ${limit} are kept, and none can be removed before it is delivered.`,
    { kind: 'after', delayMs: logFullRetryMs },
    { details: { limit, seen: bytes } },
  )
}

export function closed(): AppError {
  return new AppError('ingest.closed', 'The server is stopping and takes no more events.', {
    kind: 'after',
    delayMs: 1_000,
  })
}
