import type { ErrorCatalogue } from '@millrace/spi'

/** Codes of schedules → HTTP status and a sentence for the reference page. */
export const calendarErrors: ErrorCatalogue = {
  'schedule.invalid': { status: 400, description: 'The schedule of a timer cannot be used.' },
}
