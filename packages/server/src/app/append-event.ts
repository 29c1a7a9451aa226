import type { EventText } from '@millrace/cloudevents'
import { AppError, retryBackoff } from '@millrace/spi'
import type { Ingest } from '../ingest/index.ts'
import type { BusView } from '../resources/index.ts'

/** Appends one event of the platform's own making by the door for all events; rejects with why it was not taken. */
export async function appendEvent(
  ingest: Pick<Ingest, 'accept'>,
  bus: BusView,
  event: EventText,
): Promise<void> {
  const [outcome] = await ingest.accept(bus, [event])
  if (outcome?.status === 'accepted') return
  if (outcome?.status === 'refused') throw outcome.error
  throw new AppError('internal.unexpected', 'an event was neither accepted nor refused', retryBackoff)
}
